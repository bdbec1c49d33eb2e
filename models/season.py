"""Season: how busy the business is around the year, and time counted in busy days.

Purchase processes assume that customers buy at an even pace. They do in *busy time*: a clock that runs fast
before Christmas and slow in January. Telling every age and every horizon on that clock makes a stationary
process seasonal, its chances of an order included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor
from typing import Any

import numpy as np

from features.clock import DAY_US
from features.compiled import compiled
from features.timeline import FloatArray

YEAR_DAYS = 365.2425
_GRID = np.arange(0.0, 367.0)
_PRIOR_SD = 0.4  # of the first harmonic, on the log scale
_TREND_SD = 0.6
_FULL_WEIGHT = 200.0  # expected orders from which a stretch of time weighs no more
_ROUNDS = 6


@dataclass(frozen=True)
class Season:
    """Pace of the business around the year, as harmonics of its logarithm; none is an even pace.

    Attributes
    ----------
    cosines, sines : tuple of float
        One for each harmonic, the first with a period of a year.
    """

    cosines: tuple[float, ...] = ()
    sines: tuple[float, ...] = ()
    busy: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pace = np.exp(_waves(_GRID + 0.5, len(self.cosines)) @ np.r_[self.cosines, self.sines])
        busy = np.concatenate([[0.0], np.cumsum(pace[:-1])])
        object.__setattr__(self, "busy", busy / np.interp(YEAR_DAYS, _GRID, busy) * YEAR_DAYS)

    def busy_days(self, moments: FloatArray) -> FloatArray:
        """Return moments, in microseconds since 1970 UTC, as days of busy time."""
        found = np.empty(len(moments))
        _write(self.busy, np.ascontiguousarray(moments, dtype=np.float64), found)
        return found

    def span(self, start: int, days: float) -> float:
        """Return how many busy days there are in the `days` from a moment on."""
        ends = self.busy_days(np.array([start, start + days * DAY_US], dtype=np.float64))
        return float(ends[1] - ends[0])

    def to_json(self) -> dict[str, Any]:
        """Return the season as plain data."""
        return {"cosines": list(self.cosines), "sines": list(self.sines)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Season:
        """Return the season that `to_json` wrote."""
        return cls(tuple(data["cosines"]), tuple(data["sines"]))


@compiled
def _write(busy: FloatArray, moments: FloatArray, found: FloatArray) -> None:
    for i in range(len(found)):
        found[i] = to_busy_days(busy, moments[i])


@compiled
def to_busy_days(busy: FloatArray, moment: float) -> float:
    """Return a moment as days of busy time; `busy` is the busy time by day of the year."""
    if np.isnan(moment):
        return np.nan
    days = moment / DAY_US
    years = floor(days / YEAR_DAYS)
    day = days - years * YEAR_DAYS
    start = min(max(int(day), 0), len(busy) - 2)
    within = busy[start] + (busy[start + 1] - busy[start]) * (day - start)
    return float(years * YEAR_DAYS + within)


@compiled
def to_calendar_days(busy: FloatArray, moment: float) -> float:
    """Return a moment in days of busy time as days since 1970: what `to_busy_days` undoes."""
    years = floor(moment / YEAR_DAYS)
    rest = moment - years * YEAR_DAYS
    low, high = 0, len(busy) - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if busy[middle] <= rest:
            low = middle
        else:
            high = middle
    return float(years * YEAR_DAYS + low + (rest - busy[low]) / (busy[low + 1] - busy[low]))


def refine_season(
    season: Season,
    days: FloatArray,
    age_days: FloatArray,
    orders: FloatArray,
    expected: FloatArray,
    harmonics: int,
) -> Season:
    """Return a season corrected by what happened against what was expected under it.

    A robust regression of log(orders / expected) on the harmonics and on the age of the history, as young
    histories know only their best customers. Harmonics have normal priors that narrow with their number, so
    that noise is not taken for a season.

    Parameters
    ----------
    season : Season
        Under which `expected` was worked out.
    days : ndarray of shape (stretches,)
        Middle of each stretch of time, in days since 1970.
    age_days : ndarray of shape (stretches,)
        Age of the history at that time.
    orders, expected : ndarray of shape (stretches,)
        What happened and what was expected.
    harmonics : int
    """
    log_ratio = np.log((orders + 1) / (expected + 1))
    X = np.column_stack([np.ones(len(days)), np.log1p(age_days / 90), _waves(days % YEAR_DAYS, harmonics)])
    order = np.tile(np.arange(1, harmonics + 1), 2)
    precision = np.diag(1 / np.r_[9.0, _TREND_SD**2, _PRIOR_SD**2 / order**1.5])
    base = np.sqrt(np.minimum(expected, _FULL_WEIGHT) / _FULL_WEIGHT) + 1e-6
    weight, variance, found = base, 0.02, np.zeros(X.shape[1])
    for _ in range(_ROUNDS):
        weighted = X * weight[:, None]
        found = np.linalg.solve(weighted.T @ X / variance + precision, weighted.T @ log_ratio / variance)
        error = log_ratio - X @ found
        freedom = max(float(weight.sum()) - len(found) / 2, 1.0)
        variance = max(float((weight * error**2).sum()) / freedom, 1e-4)
        weight = base / np.maximum(1, np.abs(error) / (2 * np.sqrt(variance)))
    before = np.zeros(2 * harmonics)
    before[: len(season.cosines)] = season.cosines
    before[harmonics : harmonics + len(season.sines)] = season.sines
    cosines, sines = np.split(before + found[2:], 2)
    return Season(tuple(cosines.tolist()), tuple(sines.tolist()))


def _waves(days: FloatArray, harmonics: int) -> FloatArray:
    angles = days[:, None] * np.arange(1, harmonics + 1) * (2 * np.pi / YEAR_DAYS)
    return np.hstack([np.cos(angles), np.sin(angles)])
