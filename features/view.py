"""The view: what is known of a block of customers at one moment. The only place where time is cut.

A view holds nothing at or after its `as_of`. Windows are multiples of the horizon, so that a business that is
bought from daily and one that is bought from yearly are seen with the same eyes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from features.clock import DAY_US
from features.history import History
from features.purchases import Purchases
from features.stream import Stream
from features.timeline import UNKNOWN, FloatArray, IntArray
from features.totals import CORE, DETAILS, MARKS, UNITS


@dataclass(frozen=True)
class Window:
    """A stretch of time that ends at `as_of`: its name, its length in horizons, and its words."""

    name: str
    horizons: float
    words: str


WINDOWS = (
    Window("h1_4", 0.25, "in the last {days} days"),
    Window("h1_2", 0.5, "in the last {days} days"),
    Window("h1", 1.0, "in the last {days} days"),
    Window("h2", 2.0, "in the last {days} days"),
    Window("h4", 4.0, "in the last {days} days"),
    Window("ever", np.inf, "so far"),
)
"""Windows of the `CORE` totals: a quarter, half, one, two and four horizons, and all of the past."""

RECENT_WINDOWS = tuple(window for window in WINDOWS if window.name in ("h1", "ever"))
"""Windows of everything else."""

YEAR_DAYS = 365

_CORE = np.arange(len(CORE))
_MARK = {name: row for row, name in enumerate(MARKS)}
_CORE_KEYS = tuple((name, window) for name in CORE for window in (*(w.name for w in WINDOWS), "year_ago"))
_HORIZON = 1 + [window.name for window in WINDOWS].index("h1")  # among the moments of a view


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
    Every figure is a float64 array of shape (customers,), or (windows, customers) from `windows`. What can't
    be known, because no table tells of it or nothing has happened yet, is NaN.
    """

    def __init__(self, history: History, as_of: int, horizon_days: int, customers: IntArray) -> None:
        self.as_of = as_of
        self.horizon_days = horizon_days
        self._history = history
        self._customers = customers
        self._unknown = np.full(len(customers), np.nan)
        self._sums: dict[tuple[str, str], FloatArray] = {}
        self._shared: dict[object, FloatArray] = {}
        self._read_purchases(history.purchases)
        for table, stream in (("events", history.events), ("contacts", history.contacts)):
            if stream is not None:
                self._read_stream(table, stream)

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self._customers)

    def windows(self, name: str) -> FloatArray:
        """Return a total over each of `WINDOWS`, shape (windows, customers)."""
        return self._core[CORE.index(name), : len(WINDOWS)]

    def sum(self, name: str, window: str = "ever") -> FloatArray:
        """Return a total over a window.

        Parameters
        ----------
        name : str
            One of the `TOTALS` of purchases, or ``table:kind`` for events and contacts.
        window : str
            ``h1`` or ``ever``; for `CORE` totals any of `WINDOWS`, or ``year_ago``: the coming
            horizon a year before.
        """
        found = self._sums.get((name, window))
        if found is None:
            if (name, "ever") in self._sums:
                raise KeyError(window)
            return self._unknown
        return found

    def shared(self, figure: Callable[[View], FloatArray]) -> FloatArray:
        """Return a figure that several features are made of; it is worked out once."""
        found = self._shared.get(figure)
        if found is None:
            found = self._shared[figure] = figure(self)
        return found

    def days_since(self, mark: str) -> FloatArray:
        """Return the days from a time among the marks to `as_of`."""
        time = self._marks[_MARK[mark]]
        return np.where(time == UNKNOWN, np.nan, (self.as_of - time) / DAY_US)

    def mark(self, name: str, unit: float = 1.0) -> FloatArray:
        """Return a figure among the marks, divided by `unit`."""
        found = self._shared.get(name)
        if found is None:
            figure = self._marks[_MARK[name]]
            found = self._shared[name] = np.where(figure == UNKNOWN, np.nan, figure / unit)
        return found

    @cached_property
    def days_since_last_order(self) -> FloatArray:
        """Days since the latest purchase."""
        return self.days_since("last_bought")

    @cached_property
    def tenure_days(self) -> FloatArray:
        """Days since the first purchase."""
        return self.days_since("first_bought")

    @property
    def days_since_last_event(self) -> FloatArray:
        """Days since the latest event of any kind."""
        return self._days_since_latest(self._history.events)

    @property
    def days_since_last_contact(self) -> FloatArray:
        """Days since the business last contacted the customer."""
        return self._days_since_latest(self._history.contacts)

    @property
    def attributes(self) -> FloatArray:
        """Attributes, shape (attributes, customers); a date is the days since it, NaN if yet to come."""
        attributes = self._history.attributes
        values = attributes.values[self._customers].T
        for row, attribute in zip(values, attributes.vocabulary.attributes, strict=True):
            if attribute.kind == "date":
                row[:] = np.where(row < self.as_of, (self.as_of - row) / DAY_US, np.nan)
        return values

    def _read_purchases(self, purchases: Purchases) -> None:
        horizon, year_ago = self.horizon_days * DAY_US, self.as_of - YEAR_DAYS * DAY_US
        starts = [self.as_of - round(window.horizons * horizon) for window in WINDOWS[:-1]]
        moments = np.array([self.as_of, *starts, year_ago, min(year_ago + horizon, self.as_of)])
        timeline = purchases.timeline
        rows = timeline.rows_before(self._customers, moments)
        first, now = timeline.offsets[self._customers], rows[0]
        self._core = timeline.sums(
            self._customers,
            np.stack([*rows[1 : len(WINDOWS)], first, rows[-2]]),
            np.stack([now] * len(WINDOWS) + [rows[-1]]),
            _CORE,
            UNITS,
        )
        keys, columns = _find_rest(purchases.known)
        since, until = np.stack([rows[_HORIZON], first]), np.stack([now, now])
        rest = purchases.details.sums(self._customers, since, until, columns, UNITS[len(CORE) :])
        self._sums |= zip(_CORE_KEYS, self._core.reshape(len(_CORE_KEYS), -1), strict=True)
        self._sums |= zip(keys, rest.reshape(len(keys), -1), strict=True)
        self._marks = timeline.figures(self._customers, now, purchases.marks)

    def _read_stream(self, table: str, stream: Stream) -> None:
        timeline = stream.timeline
        moments = np.array([self.as_of, self.as_of - self.horizon_days * DAY_US])
        now, start = timeline.rows_before(self._customers, moments)
        starts = np.stack([start, timeline.offsets[self._customers]])
        columns = np.arange(len(stream.names))
        sums = timeline.sums(self._customers, starts, np.stack([now, now]), columns, stream.units)
        keys = _recent_keys(tuple(f"{table}:{name}" for name in stream.names))
        self._sums |= zip(keys, sums.reshape(len(keys), -1), strict=True)

    def _days_since_latest(self, stream: Stream | None) -> FloatArray:
        if stream is None or not len(stream.timeline.time):
            return self._unknown
        timeline = stream.timeline
        now = timeline.rows_before(self._customers, np.array([self.as_of]))[0]
        known = now > timeline.offsets[self._customers]
        return np.where(known, (self.as_of - timeline.time[np.where(known, now - 1, 0)]) / DAY_US, np.nan)


Keys = tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def _find_rest(known: frozenset[str]) -> tuple[Keys, IntArray]:
    """Return the totals that are known besides the `CORE`: their keys in a view, and their columns."""
    names = tuple(name for name in DETAILS if name in known)
    return _recent_keys(names), np.array([DETAILS.index(name) for name in names])


@lru_cache(maxsize=64)
def _recent_keys(names: tuple[str, ...]) -> Keys:
    return tuple((name, window.name) for name in names for window in RECENT_WINDOWS)
