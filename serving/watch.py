"""A watch: looks at something again and again, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

LONGEST_STOP_S = 30.0
"""How long a look that goes on is waited for at the end, in seconds: longer than any should take."""


class Watch:
    """Calls a function at once and then at intervals, until it is stopped.

    Parameters
    ----------
    look : callable
        Must not raise what it can expect: that ends the watch.
    interval_s : float
        Between the end of a look and the next one, in seconds.
    name : str
        Of the thread.

    Examples
    --------
    >>> looked = threading.Event()
    >>> watch = Watch(looked.set, 60, "example")
    >>> watch.start()
    >>> looked.wait(5)
    True
    >>> watch.stop()
    """

    def __init__(self, look: Callable[[], object], interval_s: float, name: str) -> None:
        self._look = look
        self._interval_s = interval_s
        self._name = name
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that goes on has ended when this returns, and with it what it had open."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(LONGEST_STOP_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._look()
            self._stop.wait(self._interval_s)
