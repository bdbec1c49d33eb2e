"""Warming up: what the first page of a process, or of a publication, would wait for is done beforehand."""

from __future__ import annotations

import logging
from importlib import import_module

from features.errors import UptierError
from models.candidates import Wanted
from models.score_store.store import ScoreStore
from serving.console.candidate_list import show_candidates
from serving.console.candidates_page import CHOICES
from serving.console.overview_page import DRAWN
from serving.watch import Watch

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
        self._number = 0
        self.watch = Watch(self.look, interval_s, "console-warm-up")

    def prepare(self) -> None:
        """Do at once what the first pages need."""
        for name in _CHARTS:
            import_module(name)
        self.look()

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
