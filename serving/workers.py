"""Workers: processes that answer from one socket; one that dies is replaced.

They are started afresh and not forked from a loaded process: polars runs threads from the moment it is
imported, and a fork would lack them. The pages of all libraries are shared all the same, for they are files.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from features.errors import ConfigError
from serving.exit_codes import UNABLE

logger = logging.getLogger(__name__)

QUICK_S = 5.0
"""A worker that dies sooner is replaced later each time, in seconds."""

LONGEST_PAUSE_S = 10.0
_TICK_S = 0.1

Worker = subprocess.Popen[bytes]


class Workers:
    """Keeps a number of workers running.

    Parameters
    ----------
    number : int
    config : Path
        ``uptier.toml``, which each of them reads.
    listener : socket
        All of them accept from it.
    patience_s : float
        How long a worker may take to finish what it has accepted, in seconds.
    """

    def __init__(self, number: int, config: Path, listener: socket.socket, patience_s: float) -> None:
        self._command = [sys.executable, "-m", "serving.worker", str(config), str(listener.fileno())]
        self._listener = listener
        self._number = number
        self._patience_s = patience_s
        self._running: dict[Worker, float] = {}
        self._quick_deaths = 0
        self._next_start = 0.0
        self._stopping = False

    def run(self) -> None:
        """Run until the process is told to stop, then let the workers finish what they have accepted.

        Raises
        ------
        ConfigError
            When a worker can't serve at all.
        """
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._stop)
        try:
            while not self._stopping:
                if len(self._running) < self._number and time.monotonic() >= self._next_start:
                    self._start()
                else:
                    time.sleep(_TICK_S)
                self._bury()
        finally:
            self._listener.close()
            self._end()

    def _start(self) -> None:
        # A group of its own: a Ctrl-C in the terminal reaches this process, which tells the workers.
        worker = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            pass_fds=[self._listener.fileno()],
            env={**os.environ, "PYTHONSAFEPATH": "1"},
            start_new_session=True,
        )
        self._running[worker] = time.monotonic()

    def _bury(self) -> None:
        for worker, started in list(self._running.items()):
            code = worker.poll()
            if code is None:
                continue
            del self._running[worker]
            if code == UNABLE:
                raise ConfigError("a worker can't serve; its reason is above")
            quick = time.monotonic() - started < QUICK_S
            self._quick_deaths = self._quick_deaths + 1 if quick else 0
            pause = min(LONGEST_PAUSE_S, 0.1 * 2.0**self._quick_deaths) if quick else 0.0
            self._next_start = time.monotonic() + pause
            logger.error("a worker ended with code %s; another takes its place", code)

    def _end(self) -> None:
        for worker in self._running:
            worker.terminate()
        until = time.monotonic() + self._patience_s
        for worker in self._running:
            try:
                worker.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _stop(self, *_: object) -> None:
        self._stopping = True
