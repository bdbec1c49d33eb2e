"""The upgrade candidates as a page shows them: the first rows, what the budget buys, what more would buy."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from features.timeline import FloatArray, IntArray
from models.candidates import Summary, Wanted
from models.score_store.chosen import choose
from models.score_store.reader import PublicationReader
from models.score_store.store import ScoreStore

_POINTS = 60
_KEPT = 4


@dataclass(frozen=True)
class Shown:
    """What a page shows of candidates.

    Attributes
    ----------
    rows : list of dict
        The first of them, whole.
    summary : Summary
        Of all that limit and budget allow.
    curve : list of (int, float, float)
        Contacts, and the upgrades and the value that are expected of them.
    """

    rows: list[dict[str, Any]]
    summary: Summary
    curve: list[tuple[int, float, float]]


@dataclass(frozen=True)
class Ordered:
    """Everybody who fits, the first to contact first, and what so many of them come to.

    Attributes
    ----------
    places : int array, shape (customers,)
    priority : float64 array, shape (customers,)
    upgrades, value : float64 array, shape (customers + 1,)
        What is expected of none, of the first, of the first two and so on.
    """

    places: IntArray
    priority: FloatArray
    upgrades: FloatArray
    value: FloatArray


def show_candidates(store: ScoreStore, wanted: Wanted, rows: int) -> Shown:
    """Return the candidates for a page: exactly those of `ScoreStore.candidates`, but few of them whole.

    Parameters
    ----------
    store : ScoreStore
    wanted : Wanted
    rows : int
        At most so many whole rows.
    """
    reader = store.reader()
    found = _ORDERS.get(reader, replace(wanted, limit=None, budget=None, cost_per_contact=None))
    eligible = len(found.places)
    contacts = eligible if wanted.most is None else min(wanted.most, eligible)
    first = min(rows, contacts)
    whole = [
        {**row, "priority": priority}
        for row, priority in zip(
            reader.fetch(found.places[:first].tolist()), found.priority[:first].tolist(), strict=True
        )
    ]
    upgrades, value = float(found.upgrades[contacts]), float(found.value[contacts])
    cost = None if wanted.cost_per_contact is None else contacts * wanted.cost_per_contact
    summary = Summary(eligible, contacts, cost, upgrades, value, contacts - upgrades)
    return Shown(whole, summary, _trace(found))


def _trace(found: Ordered) -> list[tuple[int, float, float]]:
    size = len(found.places)
    at = np.unique(np.linspace(0, size, min(_POINTS, size + 1)).astype(np.int64))
    return list(zip(at.tolist(), found.upgrades[at].tolist(), found.value[at].tolist(), strict=True))


class _Orders:
    """Keeps the last few orders: while a budget is moved to and fro, nobody has to be put in order again."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[PublicationReader, dict[Wanted, Ordered]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self, reader: PublicationReader, wanted: Wanted) -> Ordered:
        """Return everybody who fits, in order."""
        with self._lock:
            known = self._known.setdefault(reader, {})
            if wanted not in known:
                known[wanted] = _order(reader, wanted)
                for oldest in list(known)[:-_KEPT]:
                    del known[oldest]
            return known[wanted]


def _order(reader: PublicationReader, wanted: Wanted) -> Ordered:
    chosen = choose(reader, wanted).ranked
    priority = chosen["priority"].to_numpy()
    upgrades, value = (
        np.concatenate([[0.0], np.cumsum(each)])
        for each in (chosen["upgrade_probability"].to_numpy(), priority)
    )
    return Ordered(chosen["customer_id"].to_numpy().astype(np.int64), priority, upgrades, value)


_ORDERS = _Orders()
