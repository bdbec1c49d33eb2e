"""Progress of long work: a bar on stderr, silent where nobody watches."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


class StepProgress:
    """A bar that moves on with every step; use it as a context.

    Parameters
    ----------
    steps : int
        How many there are.
    silent : bool
        Show nothing; so it is where stderr is no terminal.
    """

    def __init__(self, steps: int, *, silent: bool = False) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=silent or not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=steps)
        self._begun = 0

    def __enter__(self) -> StepProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, words: str) -> None:
        """Say what is done now; what was done before is done."""
        self._bar.update(self._task, description=words, completed=self._begun)
        self._begun += 1
