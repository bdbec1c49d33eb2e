"""The edge of the command line: options that commands share, one-line errors, what is printed.

What is no command and yet needs a terminal lies here, so that `uptier.py` is the list of commands.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from features.errors import ConfigError, UptierError

DONE, REFUSED, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; refused, with the reason; wrong use or bad data; Ctrl-C."""


class OneLineErrors(TyperGroup):
    """Answers a user's mistake or a failing machine with one line on stderr and exit code 2, no traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; leave the process as its exit code says."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
            sys.stdout.flush()
            if code == INTERRUPTED:
                complain("interrupted; what was there stays as it was")
        except typer.TyperException as error:
            code = complain(error.format_message())
        except UptierError as error:
            code = complain(str(error))
        except OSError as error:
            code = complain(_describe_failure(error))
            _abandon_stdout()
        except _polars_errors() as error:
            code = complain(f"the data can't be worked on: {_first_line(error)}")
        sys.exit(code if isinstance(code, int) else DONE)


def complain(message: str) -> int:
    """Say what is wrong in one line on stderr; return the exit code for it."""
    with suppress(OSError):
        typer.echo(f"uptier: {' '.join(message.split())}", err=True)
    return WRONG


@contextmanager
def naming_options(options: Mapping[str, str]) -> Iterator[None]:
    """Let errors name what a person typed.

    Parameters
    ----------
    options
        By the name that the layer below has for it.
    """
    try:
        yield
    except ConfigError as error:
        names = re.compile(r"\b(?:" + "|".join(options) + r")\b")
        raise ConfigError(names.sub(lambda found: options[found[0]], str(error))) from error


def warn(doubts: Iterable[str]) -> list[str]:
    """Say on stderr what a person should know before believing what is printed; return it."""
    said = list(doubts)
    for each in said:
        typer.echo(f"warning: {each}", err=True)
    return said


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _describe_failure(error: OSError) -> str:
    """Return what the system refused: a full disk, a folder that can't be written to, a closed pipe."""
    what = error.strerror or _first_line(error)
    return f"{error.filename}: {what}" if error.filename else f"reading or writing failed: {what}"


def _abandon_stdout() -> None:
    """Let what is still to be written vanish, for Python would fail on it once more when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _polars_errors() -> tuple[type[BaseException], ...]:
    """Return what polars raises, without importing it for commands that do not need it."""
    errors = getattr(sys.modules.get("polars"), "exceptions", None)
    return (errors.PolarsError, errors.PanicException) if errors else ()


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="The config file, ./uptier.toml if not given.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]

AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="MOMENT",
        help="ISO 8601, such as 2026-01-31; the midnight after the newest line if not given.",
    ),
]


def print_json(content: object) -> None:
    """Print JSON for programs."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
