"""The additive scores behind expected value, churn and upgrade: what each feature adds to them.

Every prediction is a monotone map of an additive score: the logarithm of expected value, the log-odds of an
order and of an upgrade. A score is a weighted sum of the purchase process, of trees, and of constants.

- The process is shared out among its inputs by exact Shapley values (`models.process_reasons`).
- Trees are shared out among features by TreeSHAP (`models.tree_shares`). What they make of a statistic of the
  process goes to the process's inputs, in proportion to what these make of the statistic.
- The two-part model of value is what is spent given an order, and the logarithm of the chance of one, which
  is passed on to the features behind the chance.
- How far the distribution of value reaches over the threshold depends on expected value, the chance of an
  order and the orders given one: exact Shapley values of the three, each passed on to its own features. What
  the trees of the upgrade make of expected value and of the reach goes to the features behind these. Where
  value or the chance of an order leave room for less, the difference is spread over all features.

All of that is worked out by one compiled pass over a block of customers.
"""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

import numpy as np

from features.compiled import compiled, count_off
from features.timeline import FloatArray, IntArray
from models.additive import pass_on, spread, total
from models.examples import LEAST_CHANCE
from models.forecast import (
    ACTIVITY_CORRECTION,
    ACTIVITY_OPINION,
    SPENDING,
    UPGRADE,
    VALUE_CORRECTION,
    VALUE_OPINION,
)
from models.odds import log_odds, probability
from models.process_reasons import ACTIVE, GIVEN, VALUE, ProcessReasons
from models.process_reasons import SPENDING as PROCESS_SPENDING
from models.shapley import share_out
from models.spread import Spread, chance_above
from models.tree_shares import TreeShares, add_parts
from models.upgrade import LEAST, SHARES, Rows, limit_upgrade, write_shares
from models.value import start_ahead

TARGETS = ("value", "active", "upgrade")
"""What scores are of."""

_UPGRADE = count_off(len(TARGETS))[-1]


class Mixture(NamedTuple):
    """A score as a weighted sum.

    Attributes
    ----------
    process, correction, opinion : float
        Weights of the purchase process and of the two bags of trees.
    shift : float
        What is added.
    """

    process: float
    correction: float
    opinion: float
    shift: float


class Teller(NamedTuple):
    """What takes scores apart.

    Attributes
    ----------
    trees : TreeShares
        Of all models, in the order of `models.forecast`, over the features and the shares behind them.
    inputs, statistics, money : int64 array
        Columns of the process's inputs and statistics, and of `models.upgrade.TRAILING`.
    spread : Spread
    value, active : Mixture
    spending : float
        Weight of the two-part model in value.
    pace : int
        Column of `models.value.PACE`.
    fast_pace : float
        Of the second opinion of value.
    upgrade_shift : float
    threshold : float
        Of the whole base, where the reach starts from; NaN where there is none, and no upgrade.
    weights : float64 array
        Of the coalitions of what the reach depends on.
    means : float64 array, shape (targets, features)
        What each feature adds on average: parts count from there.
    """

    trees: TreeShares
    inputs: IntArray
    statistics: IntArray
    money: IntArray
    spread: Spread
    value: Mixture
    active: Mixture
    spending: float
    pace: int
    fast_pace: float
    upgrade_shift: float
    threshold: float
    weights: FloatArray
    means: FloatArray


class Scratch(NamedTuple):
    """Room that the pass works in.

    Attributes
    ----------
    holds : int64 array, shape (block,)
    told : float64 array, shape (features and shares, block)
    given : float64 array, shape (features,)
    worth : float64 array, shape (coalitions,)
    drivers : float64 array, shape (3,)
    """

    holds: IntArray
    told: FloatArray
    given: FloatArray
    worth: FloatArray
    drivers: FloatArray


@compiled
def explain_scores(
    teller: Teller, rows: Rows, first: int, process: ProcessReasons, threshold: FloatArray,
    scratch: Scratch, starts: FloatArray, parts: FloatArray,
) -> None:  # fmt: skip
    """Write the scores of a block of customers.

    Parameters
    ----------
    teller : Teller
    rows : float32 array, shape (features and shares, block)
        The shares are written here.
    first : int
        Which of the customers the block begins with.
    process : ProcessReasons
    threshold : float64 array, shape (customers,)
    scratch : Scratch
    starts : float64 array, shape (targets,)
    parts : float64 array, shape (targets, customers, features)
    """
    starts[ACTIVE] = _mix(teller, ACTIVE, teller.active, rows, first, process, scratch, parts[ACTIVE])
    starts[ACTIVE] += _center(teller, ACTIVE, rows.shape[1], first, process, parts[ACTIVE])
    starts[VALUE] = _mix(teller, VALUE, teller.value, rows, first, process, scratch, parts[VALUE])
    starts[VALUE] += _spend(teller, rows, first, process, scratch, starts[ACTIVE], parts)
    starts[VALUE] += _center(teller, VALUE, rows.shape[1], first, process, parts[VALUE])
    starts[_UPGRADE] = 0.0
    parts[_UPGRADE, first : first + rows.shape[1]] = 0.0
    if np.isnan(teller.threshold):
        return
    start = _reach_of_start(teller, starts, process.starts[GIVEN])
    for i in range(rows.shape[1]):
        _reach(teller, rows[:, i], first + i, process, threshold, scratch, start, starts, parts)
    starts[_UPGRADE] = start + teller.upgrade_shift + teller.trees.starts[UPGRADE]
    _ask(teller, UPGRADE, 1.0, rows, scratch)
    for i in range(rows.shape[1]):
        _correct(scratch.told[:, i], teller, first + i, scratch.given, parts)
        _hold(first + i, threshold, starts, parts)
    starts[_UPGRADE] += _center(teller, _UPGRADE, rows.shape[1], first, process, parts[_UPGRADE])


@compiled
def _mix(
    teller: Teller, target: int, mixture: Mixture, rows: Rows, first: int, process: ProcessReasons,
    scratch: Scratch, parts: FloatArray,
) -> float:  # fmt: skip
    """Write value or activity as a weighted sum of the process and two bags of trees; return its start."""
    correction = VALUE_CORRECTION if target == VALUE else ACTIVITY_CORRECTION
    opinion = VALUE_OPINION if target == VALUE else ACTIVITY_OPINION
    scratch.told[:] = 0.0
    add_parts(teller.trees, correction, mixture.correction, rows, scratch.holds, scratch.told)
    add_parts(teller.trees, opinion, mixture.opinion, rows, scratch.holds, scratch.told)
    for i in range(rows.shape[1]):
        own = parts[first + i]
        for column in range(len(own)):
            own[column] = scratch.told[column, i]
        _place(process.parts[target, first + i], mixture.process, teller.inputs, own)
        if target == VALUE:
            own[teller.pace] += mixture.opinion * start_ahead(rows[teller.pace, i], teller.fast_pace)
    trees = (
        mixture.correction * teller.trees.starts[correction] + mixture.opinion * teller.trees.starts[opinion]
    )
    return float(mixture.process * process.starts[target] + trees + mixture.shift)


@compiled
def _spend(
    teller: Teller, rows: Rows, first: int, process: ProcessReasons, scratch: Scratch, active: float,
    parts: FloatArray,
) -> float:  # fmt: skip
    """Add what the two-part model makes of value, where the chance of an order is told; return its start."""
    weight = teller.spending
    if weight == 0:
        return 0.0
    _ask(teller, SPENDING, weight, rows, scratch)
    start = _log_chance(active)
    for i in range(rows.shape[1]):
        own, chance = parts[VALUE, first + i], parts[ACTIVE, first + i]
        for column in range(len(own)):
            own[column] += scratch.told[column, i]
        _place(process.parts[PROCESS_SPENDING, first + i], weight, teller.inputs, own)
        pass_on(weight * (_log_chance(active + total(chance)) - start), chance, own)
    return float(weight * (process.starts[PROCESS_SPENDING] + teller.trees.starts[SPENDING] + start))


@compiled
def _log_chance(odds: float) -> float:
    return log(max(probability(odds), LEAST_CHANCE))


@compiled
def _ask(teller: Teller, model: int, factor: float, rows: Rows, scratch: Scratch) -> None:
    scratch.told[:] = 0.0
    add_parts(teller.trees, model, factor, rows, scratch.holds, scratch.told)


@compiled
def _center(
    teller: Teller, target: int, count: int, first: int, process: ProcessReasons, parts: FloatArray
) -> float:
    """Let parts begin at a typical customer, whose score is returned as less than the start.

    The parts of the process's statistics go to its inputs.
    """
    for row in range(first, first + count):
        own, shares = parts[row], process.shares[row]
        for i in range(len(teller.statistics)):
            amount = own[teller.statistics[i]]
            own[teller.statistics[i]] = 0.0
            _place(shares[i], amount, teller.inputs, own)
        for column in range(len(own)):
            own[column] -= teller.means[target, column]
    return total(teller.means[target])


@compiled
def _reach_of_start(teller: Teller, starts: FloatArray, given: float) -> float:
    """Return the log-odds to reach the base's threshold that the starts of the scores make."""
    value, active = exp(starts[VALUE]), probability(starts[ACTIVE])
    return log_odds(chance_above(teller.spread, teller.threshold, value, active, exp(given)), LEAST)


@compiled
def _reach(
    teller: Teller, row: Rows, at: int, process: ProcessReasons, threshold: FloatArray, scratch: Scratch,
    start: float, starts: FloatArray, parts: FloatArray,
) -> None:  # fmt: skip
    """Write a customer's chance to reach the threshold as a sum over the features behind what it depends on.

    A seller's own threshold lets its customers begin elsewhere than at the start: that is spread.
    """
    given, own = scratch.given, parts[_UPGRADE, at]
    given[:] = 0.0
    _place(process.parts[GIVEN, at], 1.0, teller.inputs, given)
    ends = (
        starts[VALUE] + total(parts[VALUE, at]),
        starts[ACTIVE] + total(parts[ACTIVE, at]),
        process.starts[GIVEN] + total(given),
    )
    chance = 0.0
    for coalition in range(len(scratch.worth)):
        value = ends[VALUE] if coalition & 1 else starts[VALUE]
        active = ends[ACTIVE] if coalition & 2 else starts[ACTIVE]
        orders = ends[GIVEN] if coalition & 4 else process.starts[GIVEN]
        chance = chance_above(teller.spread, threshold[at], exp(value), probability(active), exp(orders))
        scratch.worth[coalition] = log_odds(chance, LEAST)
    share_out(teller.weights, scratch.worth, scratch.drivers)
    pass_on(scratch.drivers[VALUE], parts[VALUE, at], own)
    pass_on(scratch.drivers[ACTIVE], parts[ACTIVE, at], own)
    pass_on(scratch.drivers[GIVEN], given, own)
    spread(scratch.worth[0] - start, own, own)
    write_shares(row, teller.money, threshold[at], exp(ends[VALUE]), chance)


@compiled
def _correct(told: FloatArray, teller: Teller, at: int, reach: FloatArray, parts: FloatArray) -> None:
    """Add what the trees make of features, and of forecasts by the features behind them."""
    own, count = parts[_UPGRADE, at], len(reach)
    for column in range(count):
        reach[column] = own[column]
        own[column] += told[column]
    for i in range(len(teller.money)):
        own[teller.money[i]] += told[count + 1 + i]
    spread(told[count], parts[VALUE, at], own)
    spread(told[count + SHARES - 1], reach, own)


@compiled
def _hold(at: int, threshold: FloatArray, starts: FloatArray, parts: FloatArray) -> None:
    """Spread over the parts what an upgrade is held to by value and the chance of an order."""
    own = parts[_UPGRADE, at]
    value, active = exp(starts[VALUE] + total(parts[VALUE, at])), starts[ACTIVE] + total(parts[ACTIVE, at])
    limit = log_odds(limit_upgrade(value, probability(active), threshold[at]), LEAST)
    spread(min(limit - starts[_UPGRADE] - total(own), 0.0), own, own)


@compiled
def _place(amounts: FloatArray, factor: float, columns: IntArray, parts: FloatArray) -> None:
    """Add amounts times a factor to some columns."""
    for i in range(len(columns)):
        parts[columns[i]] += factor * amounts[i]
