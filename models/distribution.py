"""Distribution: how a customer's value spreads about its expectation, once they order.

Value is nothing with the chance of churn; else it is the expectation given an order times a ratio whose
quantiles are those of past customers with about as many orders expected. Ranges, the median and the chance to
reach the threshold come from the same distribution, so that they never contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from features.timeline import BoolArray, FloatArray, IntArray, read_only
from models.spread import SMALLEST, Spread, chances_above, means_beside, quantiles, ranges

LEVELS = read_only(np.r_[0.0, 0.01, 0.025, np.linspace(0.05, 0.95, 19), 0.975, 0.99, 0.995, 1.0])
_MOST_GROUPS = 10
_GROUP = 150  # customers with an order that a group needs
_RANGE = 400  # customers that a range of their own needs
_MOST_RANGES = 4
_OUTSIDE = 0.1  # of the customers above a range, and as many below
_MOST_OUTSIDE = 0.125  # of some, where others can't have so many
_LOWS = np.linspace(0.03, _MOST_OUTSIDE, 20).tolist()
_HIGHS = np.array(sorted(np.linspace(0.75, 0.97, 45), key=lambda level: abs(level - (1 - _OUTSIDE))))


@dataclass(frozen=True)
class ValueDistribution:
    """Quantiles of value over its expectation, by expected orders.

    Attributes
    ----------
    centers : float64 array, shape (groups,)
        Logarithm of the orders expected given that there is one.
    table : float64 array, shape (groups, levels)
        Quantiles of the ratio at `LEVELS`.
    bounds : float64 array, shape (ranges - 1,)
        Expected values that part customers for their ranges, in money.
    low, high : float64 array, shape (ranges,)
        Levels at which the 10 % and the 90 % quantile are read, so that past ranges held what they said.
    """

    centers: FloatArray
    table: FloatArray
    bounds: FloatArray = field(default_factory=lambda: np.zeros(0))
    low: FloatArray = field(default_factory=lambda: np.array([0.1]))
    high: FloatArray = field(default_factory=lambda: np.array([0.9]))

    @cached_property
    def spread(self) -> Spread:
        """The same as compiled loops take it."""
        figures = (self.centers, self.table, LEVELS, self.bounds, self.low, self.high)
        return Spread(*(read_only(each.copy()) for each in figures))

    def range(
        self, expected: FloatArray, active: FloatArray, orders: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the 10 % and the 90 % quantile of value; parameters are those of `quantile`."""
        low, high = np.empty((2, len(expected)))
        ranges(self.spread, expected, active, orders, low, high)
        return low, high

    def quantile(
        self, level: float | FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray
    ) -> FloatArray:
        """Return a quantile of value, shape (customers,), in money.

        Parameters
        ----------
        level : float or float64 array, shape (customers,)
        expected : float64 array, shape (customers,)
            Expected value.
        active : float64 array, shape (customers,)
            Probability of an order.
        orders : float64 array, shape (customers,)
            Orders expected given that there is one.
        """
        found = np.empty(len(expected))
        levels = np.full(len(expected), level, dtype=np.float64)
        quantiles(self.spread, levels, expected, active, orders, found)
        return found

    def chance_above(
        self, amount: float | FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray
    ) -> FloatArray:
        """Return the probability that value reaches an amount, one for all or each their own."""
        found = np.empty(len(expected))
        amounts = np.full(len(expected), amount, dtype=np.float64)
        chances_above(self.spread, amounts, expected, active, orders, found)
        return found

    def means_beside(
        self, amount: float | FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the means of value where it does not reach an amount, and where it does.

        Each is the amount itself where that never happens.
        """
        below, above = np.empty((2, len(expected)))
        amounts = np.full(len(expected), amount, dtype=np.float64)
        means_beside(self.spread, amounts, expected, active, orders, below, above)
        return below, above

    def describe(
        self, threshold: float | FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray
    ) -> dict[str, FloatArray]:
        """Return range, median and the means beside a threshold, by the names of `models.prior.Prior`."""
        low, high = self.range(expected, active, orders)
        median = self.quantile(0.5, expected, active, orders)
        below, above = self.means_beside(threshold, expected, active, orders)
        return {"low": low, "median": median, "high": high, "below": below, "above": above}

    def to_json(self) -> dict[str, Any]:
        """Return the distribution as plain data."""
        return {each.name: getattr(self, each.name).tolist() for each in fields(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ValueDistribution:
        """Return the distribution that `to_json` wrote."""
        return cls(**{each.name: np.array(data[each.name], dtype=np.float64) for each in fields(cls)})


def fit_distribution(
    value: FloatArray,
    happened: BoolArray,
    expected: FloatArray,
    active: FloatArray,
    orders: FloatArray,
    *,
    groups: int = _MOST_GROUPS,
) -> ValueDistribution:
    """Learn the quantiles of the ratio from past customers.

    Parameters
    ----------
    value : float64 array, shape (n,)
        What they brought.
    happened : bool array, shape (n,)
        Who ordered.
    expected, active, orders : float64 array, shape (n,)
        What was expected of them, out of fold; see `ValueDistribution.quantile`.
    groups : int
        By orders, at most so many.
    """
    told = happened & (expected > 0)
    ratio = value[told] * np.maximum(active[told], SMALLEST) / expected[told]
    x = np.log(np.maximum(orders[told], SMALLEST))
    groups = int(np.clip(len(x) // _GROUP, 1, groups))
    parts = [part for part in np.array_split(np.argsort(x, kind="stable"), groups) if len(part)]
    if not parts:
        return ValueDistribution(np.zeros(1), np.tile(LEVELS * 2, (1, 1)))
    centers = np.array([x[part].mean() for part in parts])
    return ValueDistribution(centers, np.stack([_measure_quantiles(ratio[part]) for part in parts]))


def _measure_quantiles(ratio: FloatArray) -> FloatArray:
    """Return the quantiles of a group, none further above the 99 % than that is above the 95 %, as a ratio.

    The largest are those of one or two customers, of whom next to nothing may have been expected: without
    bounds they would decide the mean of all who reach an amount.
    """
    table: FloatArray = np.quantile(ratio, LEVELS)
    common, rare = np.quantile(ratio, (0.95, 0.99), method="lower").tolist()  # of few never the largest
    return np.minimum(table, rare * (rare / common)) if common > 0 else table


def conform(
    found: ValueDistribution, value: FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray
) -> ValueDistribution:
    """Set the levels of ranges so that 10 % of the customers lay above, and at most as many below.

    That holds in every quarter by expected value. Where most are lapsed, fewer than 10 % may have brought
    anything, and no range leaves more above it; the other quarters leave up to 12.5 % then.

    Parameters are those of `fit_distribution`; few customers have one range for all.
    """
    ranges = int(np.clip(len(value) // _RANGE, 1, _MOST_RANGES))
    bounds = np.quantile(expected, np.linspace(0, 1, ranges + 1)[1:-1]) if ranges > 1 else np.zeros(0)
    part = np.searchsorted(bounds, expected)
    outside = [
        _measure(found, *(column[part == each] for column in (value, expected, active, orders)))
        for each in range(ranges)
    ]
    above = np.stack([shares for _, shares in outside])
    share = _find_share(above.max(axis=1), np.bincount(part, minlength=ranges))
    highs = _HIGHS[np.abs(above - share).argmin(axis=1)]
    return replace(found, bounds=bounds, low=np.array([low for low, _ in outside]), high=highs)


def _measure(found: ValueDistribution, value: FloatArray, *expected: FloatArray) -> tuple[float, FloatArray]:
    """Return the highest level that left at most 10 % below, and the shares above each of `_HIGHS`."""
    rows = max(len(value), 1)
    fits = [level for level in _LOWS if (value < found.quantile(level, *expected)).sum() <= _OUTSIDE * rows]
    above = [(value > found.quantile(level, *expected)).sum() / rows for level in _HIGHS.tolist()]
    return max(fits, default=_LOWS[0]), np.array(above)


def _find_share(most: FloatArray, customers: IntArray) -> float:
    """Return the share above that every part should have, as far as it can, for 10 % to be above in all."""
    shares = np.linspace(_OUTSIDE, _MOST_OUTSIDE, 26)
    above = np.minimum(shares[:, None], most) @ customers
    return float(shares[min(np.searchsorted(above, _OUTSIDE * customers.sum()), len(shares) - 1)])
