"""Level: how much the coming horizon brings in total, against what the purchase process expects of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.timeline import FloatArray
from models.season import YEAR_DAYS

WHOLE_YEAR_DAYS = 350.0
"""A horizon so long holds nearly every season."""

_RECENT = 3  # moments that are trusted together
_MATURE_DAYS = 365.0
_WEIGHT = 0.5  # of the same season a year before
_TRUST = 0.7  # in what the latest moments say
_SHORT_TRUST = 0.35
_MOST = np.log(2.5)
_EIGHT_IN_TEN = 1.2815515655446004  # standard deviations of a normal to either side
_LEAST_SD = 0.1  # of the logarithm of a total, however alike the past's were
_WHOLE_YEAR_SD = 0.05
_SHORT_SD = 0.2
_FIRST_YEAR_TIMES = 2.0  # moments within one part of the year differ less than what is to come


@dataclass(frozen=True)
class Ratio:
    """A total against its expectation at one moment of the past.

    Attributes
    ----------
    actual, expected : float
        Of the horizon after the moment.
    history_days : float
        How long the history was by then.
    """

    actual: float
    expected: float
    history_days: float

    @property
    def log(self) -> float:
        """Logarithm of the ratio; 0 where nothing was expected or came."""
        return float(np.log(self.actual / self.expected)) if self.actual > 0 and self.expected > 0 else 0.0


@dataclass(frozen=True)
class Level:
    """A factor on the expectation, and how far off it may be.

    Attributes
    ----------
    factor : float
    log_sd : float
        Standard deviation of its logarithm.
    """

    factor: float = 1.0
    log_sd: float = 0.0

    def range_about(self, total: float) -> tuple[float, float]:
        """Return between what a total that was forecast at this level comes, in 8 of 10 cases.

        Examples
        --------
        >>> [round(end) for end in Level(1.2, log_sd=0.1).range_about(1000.0)]
        [880, 1137]
        """
        times = float(np.exp(_EIGHT_IN_TEN * self.log_sd))
        low, high = sorted((total / times, total * times))
        return low, high


def forecast_level(
    recent: Sequence[Ratio], year_ago: Ratio | None, horizon_days: float, labelled_days: float
) -> Level:
    """Forecast the level of the coming horizon.

    The season is in the expectation already. What remains is read off the latest moments and off the same
    season a year before, each shrunk towards 1. A young history has known only its best customers, so a year
    ago counts the less the younger the history was. Where there is none, the season is not known, and what
    the latest moment is off may be season: of that as much is left at the coming horizon as a wave of a year
    leaves from the middle of one horizon to that of the next, most of it after a month and nothing after a
    quarter. Where the moments look at a part of the horizon only, they count for half as much. Where they
    look at a whole year there is no season to mistake, and what they are off is how the customers differ from
    the process, as regular ones do: the latest is taken as it is.

    How far off it may be is read off how much the moments differed: twice that where they lie within one
    year, and more where less than the horizon was seen.

    Parameters
    ----------
    recent : sequence of Ratio
        The latest moment first.
    year_ago : Ratio, optional
    horizon_days : float
        Of the forecast.
    labelled_days : float
        How much future the latest moments look at.
    """
    logs = np.array([each.log for each in recent])
    if labelled_days >= WHOLE_YEAR_DAYS:
        year_ago = None
    trust, moments = _trust(horizon_days, labelled_days, first_year=year_ago is None)
    log = trust * float(logs[:moments].mean()) if len(logs) else 0.0
    if year_ago is not None:
        weight = _WEIGHT * min(1.0, year_ago.history_days / max(_MATURE_DAYS, 2 * horizon_days))
        log = weight * year_ago.log + (1 - weight) * log
    spread = _spread(logs, horizon_days, labelled_days, first_year=year_ago is None)
    return Level(float(np.exp(np.clip(log, -_MOST, _MOST))), spread)


def _trust(horizon_days: float, labelled_days: float, *, first_year: bool) -> tuple[float, int]:
    """Return how far the latest moments are trusted, and how many of them."""
    if labelled_days >= WHOLE_YEAR_DAYS:
        return 1.0, 1
    if not first_year:
        return _TRUST, _RECENT
    if labelled_days < horizon_days:
        return _SHORT_TRUST, _RECENT
    return _TRUST * max(float(np.cos(2 * np.pi * horizon_days / YEAR_DAYS)), 0.0), 1


def _spread(logs: FloatArray, horizon_days: float, labelled_days: float, *, first_year: bool) -> float:
    """Return how far off a level may be, as a standard deviation of its logarithm."""
    least, times = _LEAST_SD, 1.0
    if labelled_days >= WHOLE_YEAR_DAYS:
        least = _WHOLE_YEAR_SD
    elif first_year:
        least, times = _SHORT_SD if labelled_days < horizon_days else _LEAST_SD, _FIRST_YEAR_TIMES
    return float(np.hypot(least, times * logs.std())) if len(logs) > 1 else max(least, _SHORT_SD)
