"""The view: what is known of a block of customers at one moment, for what is no formula.

A view holds nothing at or after its `as_of`; it reads what it is asked for.
"""

from __future__ import annotations

import numpy as np

from features.clock import DAY_US
from features.history import History
from features.places import TIMELINE_OF, Place, find_places, matrices_of, timelines_of
from features.timeline import UNKNOWN, FloatArray, IntArray, Timeline
from features.windows import BEGINNING, NOW, RECENT_WINDOWS, SPANS, WINDOWS, YEAR_DAYS, Window, cut

__all__ = ["RECENT_WINDOWS", "WINDOWS", "YEAR_DAYS", "View", "Window"]


class View:
    """What is known of some customers of a history at one moment.

    Parameters
    ----------
    history : History
    as_of : int
        Microseconds since 1970 UTC; only what is earlier exists.
    horizon_days : int
    customers : int64 array, shape (customers,)
        Positions in the history, ascending. Positions close together are read faster.

    Notes
    -----
    Every figure is a float64 array of shape (customers,). What can't be known, because no table tells of it
    or nothing has happened yet, is NaN.
    """

    def __init__(self, history: History, as_of: int, horizon_days: int, customers: IntArray) -> None:
        self.as_of = as_of
        self.horizon_days = horizon_days
        self._history = history
        self._customers = customers
        self._places = find_places(history)
        self._matrices = matrices_of(history)
        self._rows: dict[int, IntArray] = {}

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self._customers)

    def sum(self, name: str, window: str = "ever") -> FloatArray:
        """Return a total over a window; see `features.figures.Known.sum`."""
        place = self._places.totals.get(name)
        if place is None:
            return np.full(len(self), np.nan)
        timeline, rows = self._read(place)
        end, start = SPANS[window]
        starts = timeline.offsets[self._customers] if start == BEGINNING else rows[start]
        units = np.full(timeline.totals.shape[1], place.unit)
        column = np.array([place.column])
        found: FloatArray = timeline.sums(self._customers, starts[None], rows[end][None], column, units)[0, 0]
        return found

    def days_since(self, name: str) -> FloatArray:
        """Return the days from a time to `as_of`; see `features.figures.Known.days_since`."""
        place = self._places.times.get(name)
        if place is None:
            return np.full(len(self), np.nan)
        timeline, rows = self._read(place)
        time = timeline.figures(self._customers, rows[NOW], timeline.totals)[place.column]
        return np.where(time == UNKNOWN, np.nan, (self.as_of - time) / DAY_US)

    @property
    def attributes(self) -> FloatArray:
        """Attributes, shape (attributes, customers); a date is the days since it, NaN if yet to come."""
        attributes = self._history.attributes
        values = attributes.values[self._customers].T
        for row, attribute in zip(values, attributes.vocabulary.attributes, strict=True):
            if attribute.kind == "date":
                row[:] = np.where(row < self.as_of, (self.as_of - row) / DAY_US, np.nan)
        return values

    def _read(self, place: Place) -> tuple[Timeline, IntArray]:
        """Return the timeline with what is in a place, and its rows before each moment."""
        owner = TIMELINE_OF[place.matrix]
        timeline = timelines_of(self._history)[owner]
        if owner not in self._rows:
            moments = cut(self.as_of, self.horizon_days)
            self._rows[owner] = timeline.rows_before(self._customers, moments)
        return Timeline(timeline.offsets, timeline.time, self._matrices[place.matrix]), self._rows[owner]
