"""Forecast: from what is known of customers to what is predicted of them, in one compiled pass.

What the parts mean, and how they are learned, is told where they are: `models.value`, `models.churn`,
`models.upgrade` and `models.distribution`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from features.compiled import compiled, count_off
from features.timeline import FloatArray, IntArray, read_only
from models.bagged_trees import BaggedTrees
from models.churn import ActivityBlend, ActivityModel, blend_activity
from models.distribution import ValueDistribution
from models.examples import LEAST_CHANCE, LEAST_VALUE
from models.odds import further_orders, log_odds, orders_given_one, probability, spend_given_order
from models.spread import Spread, chance_above, means_of, quantile, range_of
from models.trees import Trees, join_trees, sum_bags
from models.upgrade import SHARES, TRAILING, Rows, UpgradeModel, correct_upgrade, limit_upgrade, write_shares
from models.value import PACE, ValueBlend, ValueModel, blend_value, start_ahead

FIGURES = ("value", "low", "median", "high", "orders", "active", "upgrade", "below", "above")
"""What is forecast, by the names of `models.prior.Prior`."""

PROCESS = ("process_value", "process_active", "process_orders")
"""Features that tell what the purchase process says."""

VALUE_CORRECTION, VALUE_OPINION, SPENDING, ACTIVITY_CORRECTION, ACTIVITY_OPINION, UPGRADE = count_off(6)


class Forecaster(NamedTuple):
    """The parts of a predictor as the compiled pass takes them.

    Attributes
    ----------
    process : int64 array, shape (3,)
        Columns of `PROCESS`.
    pace : int
        Column of `models.value.PACE`.
    money : int64 array
        Columns of `models.upgrade.TRAILING`.
    trees : Trees
        Of all models, over the features and, behind them, what `models.upgrade.write_shares` writes.
    bags : int64 array, shape (models + 1,)
        First bag of each model; a model without one predicts 0.
    has_trees, has_threshold : bool
        Else the purchase process serves alone; else there are no upgrades.
    value : ValueBlend
    active : ActivityBlend
    further_orders : float
        Of `models.predictor.Predictor`.
    upgrade_shift : float
    spread : Spread
    """

    process: IntArray
    pace: int
    money: IntArray
    trees: Trees
    bags: IntArray
    has_trees: bool
    has_threshold: bool
    value: ValueBlend
    active: ActivityBlend
    further_orders: float
    upgrade_shift: float
    spread: Spread


def build_forecaster(
    names: Sequence[str],
    own: tuple[ValueModel, ActivityModel] | None,
    upgrade: UpgradeModel,
    distribution: ValueDistribution,
    *,
    has_threshold: bool,
    level: float,
    shift: float,
    further_orders: float,
) -> Forecaster:
    """Put the parts of a predictor together.

    Parameters
    ----------
    names : sequence of str
        All features.
    own : tuple of ValueModel and ActivityModel, optional
        None where the purchase process serves alone, with `level` and `shift`.
    upgrade : UpgradeModel
    distribution : ValueDistribution
    has_threshold : bool
    level, shift, further_orders : float
    """
    place = {name: column for column, name in enumerate(names)}
    shares = list(range(len(names), len(names) + SHARES))
    models: list[Trees] = []
    for bag, columns in list_trees(own, upgrade):
        read = [place[name] for name in columns] + (shares if bag is upgrade.correction else [])
        models.append(Trees.from_texts([]) if bag is None else bag.trees_.over(read))
    return Forecaster(
        read_only(np.array([place[name] for name in PROCESS])),
        place[PACE],
        read_only(np.array([place[name] for name in TRAILING])),
        join_trees(models),
        read_only(np.cumsum([0, *(len(each.bags) - 1 for each in models)])),
        own is not None,
        has_threshold,
        ValueBlend(1.0, 0.0, 0.0, 0.0, float(level)) if own is None else own[0].blend,
        ActivityBlend(0.0, 1.0, float(shift)) if own is None else own[1].blend,
        float(further_orders),
        float(upgrade.shift),
        distribution.spread,
    )


def list_trees(
    own: tuple[ValueModel, ActivityModel] | None, upgrade: UpgradeModel
) -> list[tuple[BaggedTrees | None, tuple[str, ...]]]:
    """Return the trees of all models, and the features that they read."""
    if own is None:
        return [*[(None, ())] * UPGRADE, (upgrade.correction, upgrade.names)]
    value, activity = own
    return [
        (value.correction, value.relative),
        (value.opinion, value.everything),
        (value.spending, value.everything),
        (activity.correction, activity.relative),
        (activity.opinion, activity.everything),
        (upgrade.correction, upgrade.names),
    ]


@compiled
def forecast(
    maker: Forecaster, rows: Rows, first: int, log_span: float, threshold: FloatArray, found: FloatArray
) -> None:
    """Write `FIGURES` of customers into an array of the shape (figures, customers).

    Parameters
    ----------
    maker : Forecaster
    rows : float32 array, shape (some customers, features and shares)
        The shares are written here.
    first : int
        Which of the customers the first row is.
    log_span : float
        Logarithm of the horizon in busy days.
    threshold : float64 array, shape (customers,)
    found : float64 array, shape (figures, customers)
    """
    for i in range(first, first + len(rows)):
        row = rows[i - first]
        orders = _known(row[maker.process[2]])
        chance = _known(row[maker.process[1]])
        expected = max(_known(row[maker.process[0]]), LEAST_VALUE)
        value, active = _expect(maker, row, expected, chance, log_span)
        given = orders_given_one(orders, chance)
        found[0, i] = value
        found[1, i], found[3, i] = range_of(maker.spread, value, active, given)
        found[2, i] = quantile(maker.spread, 0.5, value, active, given)
        further = given - 1
        if maker.has_trees:
            further = further_orders(given, value / active, spend_given_order(expected, chance, LEAST_CHANCE))
        found[4, i] = active * (1 + maker.further_orders * further)
        found[5, i] = active
        if not maker.has_threshold:
            found[6:, i] = 0.0
            continue
        reach = chance_above(maker.spread, threshold[i], value, active, given)
        write_shares(row, maker.money, threshold[i], value, reach)
        correction = _ask(maker, row, UPGRADE)
        chance = correct_upgrade(reach, correction, maker.upgrade_shift)
        found[6, i] = min(chance, limit_upgrade(value, active, threshold[i]))
        found[7, i], found[8, i] = means_of(maker.spread, threshold[i], value, active, given)


@compiled
def _expect(
    maker: Forecaster, row: Rows, expected: float, chance: float, log_span: float
) -> tuple[float, float]:
    """Return a customer's expected value and the probability of an order, from those of the process."""
    odds = log_odds(chance, LEAST_CHANCE)
    if not maker.has_trees:
        return maker.value.factor * expected, probability(odds + maker.active.shift)
    correction, opinion = _ask(maker, row, ACTIVITY_CORRECTION), _ask(maker, row, ACTIVITY_OPINION)
    active = probability(blend_activity(maker.active, odds, correction, opinion) + maker.active.shift)
    own = start_ahead(row[maker.pace], maker.value.fast_pace) + _ask(maker, row, VALUE_OPINION)
    told = (_ask(maker, row, VALUE_CORRECTION), own, _ask(maker, row, SPENDING))
    return blend_value(maker.value, expected, chance, active, told, log_span), active


@compiled
def _ask(maker: Forecaster, row: Rows, model: int) -> float:
    """Return the mean raw prediction of a model's bags."""
    first, last = maker.bags[model], maker.bags[model + 1]
    return float(sum_bags(row, maker.trees, first, last) / max(last - first, 1))


@compiled
def _known(figure: float) -> float:
    return 0.0 if np.isnan(figure) else float(figure)
