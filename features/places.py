"""Places: where a history keeps each total and mark."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from features.history import History
from features.stream import Stream
from features.timeline import IntArray, Timeline
from features.totals import CORE, DETAILS, MARKS, UNITS

CORE_AT, DETAILS_AT, MARKS_AT = range(3)
STREAMS_AT = {"events": 3, "contacts": 5}
"""Which of the matrices of a history hold what; the times of a stream come right after its totals."""

TIMELINE_OF = (0, 0, 0, 1, 1, 2, 2)
"""Whose rows each of the matrices has: those of purchases, events or contacts."""

Matrices = tuple[IntArray, ...]
StreamTotals = tuple[tuple[str, float], ...] | None

_NOTHING = Timeline(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros((0, 1), np.int64))


@dataclass(frozen=True)
class Place:
    """A column of a matrix, and what its numbers are divided by."""

    matrix: int
    column: int
    unit: float

    @property
    def at(self) -> tuple[int, int]:
        """Return matrix and column."""
        return self.matrix, self.column


@dataclass(frozen=True)
class Places:
    """Where histories of one kind keep things.

    Attributes
    ----------
    totals : dict of str to Place
        What the tables tell of, by name.
    times : dict of str to Place
        Marks that are times, and the latest of ``events`` and ``contacts``.
    """

    totals: dict[str, Place]
    times: dict[str, Place]


def find_places(history: History) -> Places:
    """Return where a history keeps things."""
    return _place(history.purchases.known, _totals_of(history.events), _totals_of(history.contacts))


def timelines_of(history: History) -> tuple[Timeline, Timeline, Timeline]:
    """Return the timelines of purchases, events and contacts; one without a row where there is no table."""
    events, contacts = (
        _NOTHING if stream is None else stream.timeline for stream in (history.events, history.contacts)
    )
    return history.purchases.timeline, events, contacts


def matrices_of(history: History) -> Matrices:
    """Return the matrices that places speak of, each of shape (rows of its timeline, columns)."""
    purchases = history.purchases
    _, events, contacts = timelines_of(history)
    streams = (table for line in (events, contacts) for table in (line.totals, line.time.reshape(-1, 1)))
    return purchases.timeline.totals, purchases.details.totals, purchases.marks, *streams


def _totals_of(stream: Stream | None) -> StreamTotals:
    return None if stream is None else tuple(zip(stream.names, stream.units.tolist(), strict=True))


@lru_cache(maxsize=64)
def _place(known: frozenset[str], events: StreamTotals, contacts: StreamTotals) -> Places:
    totals = {name: Place(CORE_AT, i, float(UNITS[i])) for i, name in enumerate(CORE)}
    for i, name in enumerate(DETAILS, start=len(CORE)):
        if name in known:
            totals[name] = Place(DETAILS_AT, i - len(CORE), float(UNITS[i]))
    times = {name: Place(MARKS_AT, i, 1.0) for i, name in enumerate(MARKS)}
    for table, found in (("events", events), ("contacts", contacts)):
        if found is not None:
            times[table] = Place(STREAMS_AT[table] + 1, 0, 1.0)
            for column, (name, unit) in enumerate(found):
                totals[f"{table}:{name}"] = Place(STREAMS_AT[table], column, unit)
    return Places(totals, times)
