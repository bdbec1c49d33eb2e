"""Spread: a distribution of value as compiled loops read it, one customer after the other.

`models.distribution` says what the figures are.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

from features.compiled import compiled
from features.timeline import FloatArray

SMALLEST = 1e-9
"""Chances and orders are taken as at least this."""


class Spread(NamedTuple):
    """What `models.distribution.ValueDistribution` holds."""

    centers: FloatArray
    table: FloatArray
    levels: FloatArray
    bounds: FloatArray
    low: FloatArray
    high: FloatArray


@compiled
def quantiles(
    spread: Spread, level: FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray,
    found: FloatArray,
) -> None:  # fmt: skip
    """Write a quantile of each customer."""
    for i in range(len(found)):
        found[i] = quantile(spread, level[i], expected[i], active[i], orders[i])


@compiled
def ranges(
    spread: Spread, expected: FloatArray, active: FloatArray, orders: FloatArray,
    low: FloatArray, high: FloatArray,
) -> None:  # fmt: skip
    """Write the 10 % and the 90 % quantile of each customer."""
    for i in range(len(expected)):
        low[i], high[i] = range_of(spread, expected[i], active[i], orders[i])


@compiled
def chances_above(
    spread: Spread, amount: FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray,
    found: FloatArray,
) -> None:  # fmt: skip
    """Write each customer's chance to reach an amount."""
    for i in range(len(found)):
        found[i] = chance_above(spread, amount[i], expected[i], active[i], orders[i])


@compiled
def means_beside(
    spread: Spread, amount: FloatArray, expected: FloatArray, active: FloatArray, orders: FloatArray,
    below: FloatArray, above: FloatArray,
) -> None:  # fmt: skip
    """Write each customer's means below and above an amount."""
    for i in range(len(amount)):
        below[i], above[i] = means_of(spread, amount[i], expected[i], active[i], orders[i])


@compiled
def quantile(spread: Spread, level: float, expected: float, active: float, orders: float) -> float:
    """Return a quantile of a customer's value."""
    chance = max(active, SMALLEST)
    inside = (level - (1 - chance)) / chance
    if not inside > 0:
        return 0.0
    levels, table = spread.levels, spread.table
    left, weight = _place(spread.centers, orders)
    right = min(left + 1, len(table) - 1)
    row = min(max(_last_not_above(levels, inside), 0), len(levels) - 2)
    share = min(max((inside - levels[row]) / (levels[row + 1] - levels[row]), 0.0), 1.0)
    lower = (1 - share) * table[left, row] + share * table[left, row + 1]
    upper = (1 - share) * table[right, row] + share * table[right, row + 1]
    return float(((1 - weight) * lower + weight * upper) * expected / chance)


@compiled
def range_of(spread: Spread, expected: float, active: float, orders: float) -> tuple[float, float]:
    """Return the 10 % and the 90 % quantile of a customer's value."""
    part = 0
    while part < len(spread.bounds) and spread.bounds[part] < expected:
        part += 1
    low = quantile(spread, spread.low[part], expected, active, orders)
    return low, quantile(spread, spread.high[part], expected, active, orders)


@compiled
def chance_above(spread: Spread, amount: float, expected: float, active: float, orders: float) -> float:
    """Return the chance that a customer's value reaches an amount."""
    ratio = amount * max(active, SMALLEST) / max(expected, 1e-300)
    left, weight = _place(spread.centers, orders)
    right = min(left + 1, len(spread.table) - 1)
    lower = _level_of(spread.table[left], spread.levels, ratio)
    upper = _level_of(spread.table[right], spread.levels, ratio)
    return active * ((1 - weight) * (1 - lower) + weight * (1 - upper))


@compiled
def means_of(
    spread: Spread, amount: float, expected: float, active: float, orders: float
) -> tuple[float, float]:
    """Return the means of a customer's value where it does not reach an amount, and where it does.

    Each is the amount itself where that never happens; the first is at least nothing.
    """
    table, levels = spread.table, spread.levels
    chance = max(active, SMALLEST)
    unit = expected / chance
    ratio = amount / max(unit, 1e-300)
    left, weight = _place(spread.centers, orders)
    right = min(left + 1, len(table) - 1)
    inside = (1 - weight) * _level_of(table[left], levels, ratio)
    inside += weight * _level_of(table[right], levels, ratio)
    beyond = (1 - weight) * _beyond(table[left], levels, ratio) + weight * _beyond(
        table[right], levels, ratio
    )
    least = min(table[left, 0], table[right, 0])
    whole = (1 - weight) * _beyond(table[left], levels, least) + weight * _beyond(table[right], levels, least)
    above = max(unit * beyond / (1 - inside), amount) if inside < 1 else amount
    missing = 1 - chance + chance * inside
    below = expected * (whole - beyond) / missing if missing > SMALLEST else amount
    return min(max(below, 0.0), amount), above


@compiled
def _beyond(quantiles: FloatArray, levels: FloatArray, ratio: float) -> float:
    """Return the integral of a group's quantiles from a ratio up."""
    last = len(levels) - 1
    total = 0.0
    for row in range(max(_last_not_above(quantiles, ratio), 0), last):
        below, start = quantiles[row], levels[row]
        if below < ratio:
            below, start = ratio, _level_of(quantiles, levels, ratio)
        total += 0.5 * (below + quantiles[row + 1]) * (levels[row + 1] - start)
    return total


@compiled
def _place(centers: FloatArray, orders: float) -> tuple[int, float]:
    """Return the group to the left of a customer, and the weight of the one to the right."""
    if len(centers) == 1:
        return 0, 0.0
    x = log(max(orders, SMALLEST))
    left = min(max(_last_not_above(centers, x), 0), len(centers) - 2)
    width = max(centers[left + 1] - centers[left], SMALLEST)
    return left, min(max((x - centers[left]) / width, 0.0), 1.0)


@compiled
def _level_of(quantiles: FloatArray, levels: FloatArray, ratio: float) -> float:
    """Return the share of a group that lies below a ratio."""
    last = _last_not_above(quantiles, ratio)
    if last < 0:
        return 0.0
    if last >= len(levels) - 1:
        return 1.0
    step = (levels[last + 1] - levels[last]) / (quantiles[last + 1] - quantiles[last])
    return float(levels[last] + step * (ratio - quantiles[last]))


@compiled
def _last_not_above(ascending: FloatArray, value: float) -> int:
    """Return the last place that holds no more than a value; -1 where there is none."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) >> 1
        if ascending[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low - 1
