"""The additive scores behind expected value, churn and upgrade: what each feature adds to them.

Every prediction is a monotone map of an additive score: the logarithm of expected value, the log-odds of an
order and of an upgrade. A score is a weighted sum of the purchase process, of trees, and of constants.

- The process is shared out among its inputs by exact Shapley values (`models.process_reasons`).
- Trees are shared out among features by TreeSHAP (`models.tree_shares`). What they make of a statistic of the
  process goes to the process's inputs, in proportion to what these make of the statistic.
- How far the distribution of value reaches over the threshold depends on expected value, the chance of an
  order and the orders given one: exact Shapley values of the three, each passed on to its own features. What
  the trees of the upgrade make of expected value and of the reach goes to the features behind these.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from scipy.special import expit

from features.timeline import FloatArray, IntArray
from models.additive import AdditiveScore, pass_on, spread
from models.churn import OPINION_WEIGHT, ActivityModel
from models.examples import Situation
from models.predictor import Predictor
from models.process_reasons import INPUTS, STATISTICS, explain_process
from models.reference import Reference
from models.shapley import mix, share_out
from models.tree_shares import TreeShares, share_trees
from models.upgrade import TRAILING, UpgradeModel, build_table, to_log_odds
from models.value import ValueModel

_LEAST_FACTOR = 1e-300


class Scores:
    """The additive scores of some customers; parts have a column for each feature of the catalogue.

    Parameters
    ----------
    predictor : Predictor
    trees : TreeParts
        The predictor's trees.
    situation : Situation
    reference : Reference
        What parts count from.
    """

    def __init__(
        self, predictor: Predictor, trees: TreeParts, situation: Situation, reference: Reference
    ) -> None:
        self._predictor = predictor
        self._trees = trees
        self._situation = situation
        self._reference = reference
        self._names = predictor.catalogue.names
        self._process = explain_process(predictor.process, situation, np.array(reference.typical))

    @cached_property
    def value(self) -> AdditiveScore:
        """The logarithm of expected value."""
        process = self._place(self._process.value, INPUTS)
        if self._trees.value is None:
            score = process.scale(1, _log(self._predictor.level))
        else:
            score = self._blend_value(process, *self._trees.value)
        return self._center(score, "value")

    @cached_property
    def active(self) -> AdditiveScore:
        """The log-odds of an order."""
        process = self._place(self._process.active, INPUTS)
        if self._trees.active is None:
            score = process.scale(1, self._predictor.shift)
        else:
            score = self._blend_active(process, *self._trees.active)
        return self._center(score, "active")

    @cached_property
    def upgrade(self) -> AdditiveScore:
        """The log-odds of an upgrade; nothing where there is no threshold."""
        if not np.isfinite(self._predictor.threshold):
            return AdditiveScore(0.0, np.zeros((len(self._situation), len(self._names))))
        drivers = (self.value, self.active, self._place(self._process.given, INPUTS))
        own = np.column_stack([each.total for each in drivers])
        chance = self._reach(mix(own, np.array([each.start for each in drivers])))
        reach = _pass_on_all(to_log_odds(chance), drivers)
        score = reach.scale(1, self._predictor.upgrade.shift)
        if self._trees.upgrade is not None:
            score = score + self._correct_upgrade(*self._trees.upgrade, chance[-1], reach)
        return self._center(score, "upgrade")

    def _blend_value(
        self, process: AdditiveScore, model: ValueModel, correction: TreeShares, opinion: TreeShares
    ) -> AdditiveScore:
        weight, unit = model.opinion_weight, _log(model.opinion_unit * self._situation.span_days)
        corrected = process + self._explain(correction, model.relative)
        own = self._explain(opinion, model.everything).scale(1, unit)
        return (corrected.scale(1 - weight) + own.scale(weight)).scale(1, _log(model.factor))

    def _blend_active(
        self, process: AdditiveScore, model: ActivityModel, correction: TreeShares, opinion: TreeShares
    ) -> AdditiveScore:
        corrected = process + self._explain(correction, model.relative)
        own = self._explain(opinion, model.everything).scale(1, model.base)
        blend = corrected.scale(1 - OPINION_WEIGHT) + own.scale(OPINION_WEIGHT)
        return blend.scale(model.slope, (1 - model.slope) * model.base + model.shift)

    def _reach(self, mixed: FloatArray) -> FloatArray:
        """Return the chance to reach the threshold of every coalition, shape (coalitions, customers)."""
        value, active, given = mixed.reshape(-1, mixed.shape[-1]).T
        chance = self._predictor.distribution.chance_above(
            self._predictor.threshold, np.exp(value), expit(active), np.exp(given)
        )
        return chance.reshape(mixed.shape[:2])

    def _correct_upgrade(
        self, model: UpgradeModel, trees: TreeShares, chance: FloatArray, reach: AdditiveScore
    ) -> AdditiveScore:
        """Return what the trees make of features, and of forecasts by the features behind them."""
        expected, threshold = np.exp(self.value.total), self._predictor.threshold
        told = trees.explain(build_table(self._situation, model.names, chance, expected, threshold))
        count = len(model.names)
        own, money, by_reach = np.split(told.parts, [count, count + 1 + len(TRAILING)], axis=1)
        score = self._place(AdditiveScore(told.start, own), model.names)
        score = score + self._place(AdditiveScore(0.0, money[:, 1:]), TRAILING)
        forecasts = spread(money[:, 0], self.value.parts) + spread(by_reach[:, 0], reach.parts)
        return AdditiveScore(score.start, score.parts + forecasts)

    def _explain(self, trees: TreeShares, names: tuple[str, ...]) -> AdditiveScore:
        table = self._situation.features
        return self._place(trees.explain(table.matrix[:, _find(table.names, names)]), names)

    def _place(self, score: AdditiveScore, names: tuple[str, ...]) -> AdditiveScore:
        """Return a score with a column for each feature; the process's statistics go to its inputs."""
        parts = np.zeros((len(score.parts), len(self._names)))
        parts[:, _find(self._names, names)] = score.parts
        if names != INPUTS:
            statistics, inputs = _find(self._names, STATISTICS), _find(self._names, INPUTS)
            parts[:, inputs] += np.einsum("ns,sni->ni", parts[:, statistics], self._process.shares)
            parts[:, statistics] = 0.0
        return AdditiveScore(score.start, parts)

    def _center(self, score: AdditiveScore, target: str) -> AdditiveScore:
        return score.start_from(self._reference.mean(target, self._names))


class TreeParts:
    """The models of a predictor that have trees, each with the shares of its trees.

    Parameters
    ----------
    predictor : Predictor

    Attributes
    ----------
    value, active : tuple of model, correction and opinion
        None where the purchase process serves alone.
    upgrade : tuple of model and correction
        None where there is no correction.
    """

    def __init__(self, predictor: Predictor) -> None:
        value, activity, upgrade = predictor.value, predictor.activity, predictor.upgrade
        self.value: tuple[ValueModel, TreeShares, TreeShares] | None = None
        self.active: tuple[ActivityModel, TreeShares, TreeShares] | None = None
        self.upgrade: tuple[UpgradeModel, TreeShares] | None = None
        if value is not None and activity is not None:
            self.value = (value, share_trees(value.correction), share_trees(value.opinion))
            self.active = (activity, share_trees(activity.correction), share_trees(activity.opinion))
        if upgrade.correction is not None:
            self.upgrade = (upgrade, share_trees(upgrade.correction))


def _pass_on_all(worth: FloatArray, drivers: Sequence[AdditiveScore]) -> AdditiveScore:
    """Return a figure of every coalition of scores as a sum over the features behind the scores."""
    told = share_out(worth).T
    parts = [pass_on(amount, driver.parts) for amount, driver in zip(told, drivers, strict=True)]
    return AdditiveScore(float(worth[0, 0]) if worth.size else 0.0, np.sum(parts, axis=0))


def _log(factor: float) -> float:
    return float(np.log(max(factor, _LEAST_FACTOR)))


@lru_cache(maxsize=64)
def _find(names: tuple[str, ...], wanted: tuple[str, ...]) -> IntArray:
    """Return the columns of some features among all."""
    return np.array([names.index(name) for name in wanted], dtype=np.int64)
