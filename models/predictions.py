"""Predictions: what is said of each customer, as arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from math import expm1, log, log1p
from typing import Any

import numpy as np
import numpy.typing as npt

from features.clock import DAY_US
from features.compiled import compiled
from features.timeline import FloatArray, IntArray
from models.examples import Situation
from models.forecast import FIGURES
from models.season import YEAR_DAYS, Season, to_busy_days, to_calendar_days
from models.thresholds import Threshold

_SAID = (
    "value_p10", "value_p90", "next_order_days", "churn_probability", "upgrade_probability", "upgrade_gap",
    "upgrade_value", "priority",
)  # fmt: skip
_MOST_DAYS = 3652.0
_IN_SIGHT_DAYS = 3 * 365
_RHYTHM = (
    "order_days_ever", "mean_gap_days", "gap_variation", "days_since_last_order", "last_gap_days",
    "season_strength",
)  # fmt: skip
_LEAST_REGULAR = 3.0  # days with orders
_MOST_VARIATION = 0.35  # of the mean gap; of orders at random it is 1
_LEAST_YEARLY = 0.6  # of `season_strength`
_MOST_OFF = 0.12  # years between the last gap and whole ones
_LEAST = 1e-9
_STEPS = 30


@dataclass(frozen=True)
class Predictions:
    """Scores of customers at one moment, row by row; all figures are finite but where it is said.

    Attributes
    ----------
    customers : int64 array
        Positions in the history.
    expected_value, value_p10, value_p50, value_p90 : float64 array
        Mean and quantiles of the value in the horizon, in money.
    expected_orders : float64 array
    next_order_days : float64 array
        Days from `as_of` until an order is as likely as not, at the pace that the expected orders, and the
        chance of one, mean, faster or slower with the season; at most ten years. Who orders like clockwork
        and is likely to order is expected a usual gap after the last order, and who orders at one time of the
        year a year after it.
    churn_probability : float64 array
    upgrade_probability : float64 array
        NaN for the valued.
    trailing_value : float64 array
        Value in the horizon before `as_of`, in money.
    upgrade_gap, upgrade_value : float64 array
        Money short of the threshold, and what the upgrade would bring: the mean value of those who reach the
        threshold less the mean of those who don't; NaN for the valued.
    priority : float64 array
        ``upgrade_probability * upgrade_value``; NaN for the valued.
    evidence : str array
        Of `models.segments.EVIDENCES`.
    threshold : float, or float64 array of shape (customers,)
        In money, with sellers each customer's own; NaN when nobody had any value.
    """

    customers: IntArray
    expected_value: FloatArray
    value_p10: FloatArray
    value_p50: FloatArray
    value_p90: FloatArray
    expected_orders: FloatArray
    next_order_days: FloatArray
    churn_probability: FloatArray
    upgrade_probability: FloatArray
    trailing_value: FloatArray
    upgrade_gap: FloatArray
    upgrade_value: FloatArray
    priority: FloatArray
    evidence: npt.NDArray[np.str_]
    threshold: Threshold

    def __len__(self) -> int:
        return len(self.customers)


def find_next_order(row: Mapping[str, Any]) -> dt.date | None:
    """Return the day of the next expected order; None where it is so far away that it means never."""
    found: dt.date | None = row.get("next_order_date")
    return None if found is None or (found - row["as_of"].date()).days > _IN_SIGHT_DAYS else found


def tell(
    situation: Situation, shown: Mapping[str, FloatArray], evidence: npt.NDArray[np.str_], season: Season
) -> Predictions:
    """Return what is said of customers.

    Parameters
    ----------
    situation : Situation
    shown : mapping of str to float64 array
        `models.forecast.FIGURES`.
    evidence : str array
    season : Season
        The clock that orders go by.
    """
    count, trailing = len(situation), situation.trailing_value
    threshold = np.full(count, situation.threshold)
    said = np.empty((len(_SAID), count))
    rhythm = np.stack([situation.column(name) for name in _RHYTHM])
    figures, as_of = np.stack([shown[name] for name in FIGURES]), float(situation.features.as_of)
    _tell(figures, trailing, threshold, rhythm, situation.span_days, season.busy, as_of, said)
    return Predictions(
        customers=situation.features.customers,
        expected_value=shown["value"],
        value_p50=shown["median"],
        expected_orders=shown["orders"],
        trailing_value=trailing,
        evidence=evidence,
        threshold=situation.threshold,
        **dict(zip(_SAID, said, strict=True)),
    )


@compiled
def _tell(
    shown: FloatArray, trailing: FloatArray, threshold: FloatArray, rhythm: FloatArray, span_days: float,
    busy: FloatArray, as_of: float, said: FloatArray,
) -> None:  # fmt: skip
    """Write `_SAID` of customers; the figures of `shown` are `FIGURES`, those of `rhythm` are `_RHYTHM`."""
    now = to_busy_days(busy, as_of)
    for i in range(len(trailing)):
        value, low, median, high, orders, active, upgrade, below, above = shown[:, i]
        said[0, i], said[1, i] = min(low, median), max(high, median)
        ahead = to_calendar_days(busy, now + _wait(active, orders, span_days)) - as_of / DAY_US
        due = _due(rhythm[:, i]) if active > 0.5 else -1.0
        said[2, i] = min(due if due >= 0 else max(ahead, 0.0), _MOST_DAYS)
        said[3, i] = 1 - active
        for row in range(4, len(said)):
            said[row, i] = np.nan
        if trailing[i] >= threshold[i]:
            continue
        least = 0.0 if np.isnan(threshold[i]) else threshold[i]
        said[4, i], said[5, i] = upgrade, least - trailing[i]
        said[6, i] = _worth(value, upgrade, below, above, least)
        said[7, i] = upgrade * said[6, i]


@compiled
def _worth(value: float, upgrade: float, below: float, above: float, threshold: float) -> float:
    """Return what an upgrade would bring: the mean value of who reaches the threshold less the others'.

    Where the tail of few customers alike would make more of it than is expected in all, it is held to that.
    """
    above = max(min(above, value / max(upgrade, _LEAST)), threshold)
    return above - min(max(below, 0.0), threshold)


@compiled
def _due(rhythm: FloatArray) -> float:
    """Return the days until who orders like clockwork is due; -1 for others, and who is long overdue.

    So is who orders at one time of the year, and last did after whole years: the next order is due a year on.
    """
    order_days, gap, variation, silent, last_gap, strength = rhythm
    years = last_gap / YEAR_DAYS
    if strength >= _LEAST_YEARLY and years > 0.5 and abs(years - round(years)) < _MOST_OFF:
        return max(YEAR_DAYS - silent, 0.0) if silent < YEAR_DAYS * (1 + _MOST_OFF) else -1.0
    regular = order_days >= _LEAST_REGULAR and variation < _MOST_VARIATION
    return max(gap - silent, 0.0) if regular and silent < gap * (1 + _MOST_VARIATION) else -1.0


@compiled
def _wait(active: float, orders: float, span_days: float) -> float:
    """Return the busy days until an order is as likely as not; `span_days` is the horizon in busy days.

    Within the horizon orders come at the pace that makes those expected of who orders at all; beyond it the
    chance of one goes on as it began.
    """
    active = min(max(active, 1e-12), 1 - 1e-12)
    if active <= 0.5:
        return min(-log(2.0) / log1p(-active) * span_days, _MOST_DAYS)
    given = max(orders / active, 1.0)
    pace = given
    for _ in range(_STEPS):  # of who orders, pace / (1 - exp(-pace)) orders are expected
        pace = -given * expm1(-pace)
    pace = max(pace, -log1p(-active))
    ordering = min(-active / expm1(-pace), 1.0)
    return -log1p(-0.5 / ordering) / pace * span_days
