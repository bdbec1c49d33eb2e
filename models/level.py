"""Level: how much the coming horizon brings in total, against what the purchase process expects of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WHOLE_YEAR_DAYS = 350.0
"""A horizon so long holds nearly every season."""

_RECENT = 3
_MATURE_DAYS = 365.0
_WEIGHT = 0.5  # of the same season a year before
_TRUST = 0.7  # in what the latest moments say
_FIRST_YEAR_TRUST = 0.35
_MOST = np.log(2.5)


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


def forecast_level(
    recent: Sequence[Ratio], year_ago: Ratio | None, horizon_days: float, labelled_days: float
) -> Level:
    """Forecast the level of the coming horizon.

    The season is in the expectation already. What remains is read off the latest moments and off the same
    season a year before, each shrunk towards 1. A young history has known only its best customers, so a year
    ago counts the less the younger the history was. Where there is none, the season is not known, and the
    latest moments may tell of one that is about to end: they count for half as much. Where they look at a
    whole year there is no season to mistake, and what they are off is how the customers differ from the
    process, as regular ones do: the latest is taken as it is.

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
    weight, trust, moments = 0.0, _FIRST_YEAR_TRUST, _RECENT
    if labelled_days >= WHOLE_YEAR_DAYS:
        year_ago, trust, moments = None, 1.0, 1
    elif year_ago is not None:
        trust = _TRUST
        weight = _WEIGHT * min(1.0, year_ago.history_days / max(_MATURE_DAYS, 2 * horizon_days))
    latest = float(logs[:moments].mean()) if len(logs) else 0.0
    log = (weight * year_ago.log if year_ago else 0.0) + (1 - weight) * trust * latest
    spread = float(logs.std()) if len(logs) > 1 else 0.15
    return Level(float(np.exp(np.clip(log, -_MOST, _MOST))), spread)
