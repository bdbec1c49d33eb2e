"""Remembered: what is worked out of a publication once, and kept for as long as it is among the newest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from models.score_store.publication import Publication
from models.score_store.store import ScoreStore

T = TypeVar("T")


class Remembered(Generic[T]):
    """Keeps what a function makes of the last few publications of a store; a publication never changes.

    Parameters
    ----------
    make : callable
    """

    _KEPT = 2

    def __init__(self, make: Callable[[Publication], T]) -> None:
        self._make = make
        self._known: WeakKeyDictionary[ScoreStore, dict[int, T]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self, store: ScoreStore, publication: Publication) -> T:
        """Return what was made of a store's publication."""
        with self._lock:
            known = self._known.setdefault(store, {})
            if publication.number not in known:
                known[publication.number] = self._make(publication)
                for number in sorted(known)[: -self._KEPT]:
                    del known[number]
            return known[publication.number]
