"""Warming up: what the first page of a process would wait for, done beside the first requests."""

from __future__ import annotations

import logging
import threading
from importlib import import_module

from features.errors import UptierError
from models.candidates import Wanted
from models.score_store.store import ScoreStore
from serving.console.candidate_list import show_candidates
from serving.console.candidates_page import CHOICES
from serving.console.overview_page import DRAWN

logger = logging.getLogger(__name__)

_CHARTS = tuple(
    f"serving.console.charts.{name}_charts" for name in ("overview", "candidate", "customer", "model")
)


class WarmUp:
    """Loads the charts once; draws the overview of every new publication, and puts its candidates into order.

    Parameters
    ----------
    store : ScoreStore
    interval_s : float
        Between two looks at the store, in seconds.
    """

    def __init__(self, store: ScoreStore, interval_s: float = 2.0) -> None:
        self._store = store
        self._interval_s = interval_s
        self._number = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="console-warm-up", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def look(self) -> bool:
        """Look at the store once; return whether there was a new publication."""
        try:
            publication = self._store.current()
        except UptierError:  # the store is down, which readiness and metrics tell
            return False
        if publication is None or publication.number == self._number:
            return False
        try:
            DRAWN.get(self._store, publication)
            CHOICES.get(self._store, publication)
            show_candidates(self._store, Wanted(), 1)
        except UptierError:
            return False
        except Exception:
            logger.exception("publication %d can't be drawn beforehand", publication.number)
        self._number = publication.number
        return True

    def _run(self) -> None:
        for name in _CHARTS:
            import_module(name)
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._interval_s)
