"""The explainer: takes expected value, churn and upgrade apart, feature by feature.

What each feature adds to the scores behind them is told by `models.scores`. A part counts from what the
feature adds to the base's customers on average, so that the start is the base's average customer (the mean
score), and what is the same for all explains nothing. Scores are turned into money and points by the
logarithmic-mean rule (`models.additive`), which keeps the sum exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from features.catalogue import Feature
from features.timeline import BoolArray, FloatArray, IntArray
from models.additive import AdditiveScore, to_money, to_points
from models.examples import Situation
from models.predictor import Predictor
from models.process_reasons import INPUTS, read_inputs
from models.reference import Reference
from models.scores import Scores, TreeParts
from models.settings import DIMENSIONS

_MOST_LEARNED = 2_000


@dataclass(frozen=True)
class Explanation:
    """One target of some customers, as a sum: ``start + by_feature.sum(axis=1) == end``.

    Attributes
    ----------
    start : float
        Prediction of the base's average customer: money, or percentage points.
    end : float64 array, shape (customers,)
        The prediction; NaN where there is none, as of an upgrade of the valued.
    by_feature : float64 array, shape (customers, features)
        What each feature adds, in the unit of `start`; NaN with `end`.
    features : tuple of Feature
    """

    start: float
    end: FloatArray
    by_feature: FloatArray
    features: tuple[Feature, ...]

    @cached_property
    def by_dimension(self) -> FloatArray:
        """Return what each of `models.settings.DIMENSIONS` adds, shape (customers, 7)."""
        member = [[feature.dimension == name for name in DIMENSIONS] for feature in self.features]
        return self.by_feature @ np.array(member, dtype=np.float64).reshape(-1, len(DIMENSIONS))


@dataclass(frozen=True)
class Explanations:
    """Explanations of the three targets: value in money, churn and upgrade in percentage points."""

    value: Explanation
    churn: Explanation
    upgrade: Explanation


@dataclass(frozen=True)
class Explainer:
    """Takes a predictor's answers apart. To be made once: it works out the shares of all trees.

    Attributes
    ----------
    predictor : Predictor
    reference : Reference
    """

    predictor: Predictor
    reference: Reference
    _trees: TreeParts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_trees", TreeParts(self.predictor))

    def explain(self, situation: Situation) -> Explanations:
        """Explain what `Predictor.predict_situation` says; a row depends on nothing but itself."""
        scores = Scores(self.predictor, self._trees, situation, self.reference)
        bought = situation.column("order_days_ever") > 0
        valued = situation.trailing_value >= self.predictor.threshold
        prior = self.predictor.prior
        churn = scores.active.scale(-1)
        upgrade = scores.upgrade
        if np.isfinite(self.predictor.threshold):  # else there is no upgrade, and nothing to explain
            upgrade = to_points(upgrade)
        return Explanations(
            self._finish(to_money(scores.value), bought, prior.value),
            self._finish(to_points(churn), bought, 100 * (1 - prior.active)),
            self._finish(upgrade, bought, 100 * prior.upgrade, ~valued),
        )

    def _finish(
        self, score: AdditiveScore, bought: BoolArray, prior: float, told: BoolArray | None = None
    ) -> Explanation:
        """Explain the prior, of who never bought, by one reason; leave out whom nothing is told of."""
        parts = np.where(bought[:, None], score.parts, 0.0)
        parts[~bought, self.predictor.catalogue.names.index(INPUTS[0])] = prior - score.start
        end = score.start + parts.sum(axis=1)
        if told is not None:
            parts[~told], end[~told] = np.nan, np.nan
        return Explanation(score.start, end, parts, self.predictor.catalogue.features)


def learn_reference(predictor: Predictor, situation: Situation) -> Reference:
    """Learn the base's average customer.

    Parameters
    ----------
    predictor : Predictor
    situation : Situation
        The known customers at the model's `as_of`; of more than 2,000 who bought, so many are taken.
    """
    bought = np.flatnonzero(situation.column("order_days_ever") > 0)
    if not len(bought):
        return Reference((1.0, 0.0, 0.0, 0.0))
    some = np.unique(np.linspace(0, len(bought) - 1, min(len(bought), _MOST_LEARNED)).astype(np.int64))
    base = _take(situation, bought[some])
    reference = Reference(tuple(np.median(read_inputs(base), axis=0).tolist()))
    names = predictor.catalogue.names
    trees = TreeParts(predictor)
    scores = Scores(predictor, trees, base, reference)
    reference = replace(reference, value=_average(scores.value, names), active=_average(scores.active, names))
    if not np.isfinite(predictor.threshold):
        return reference
    below = ~(base.trailing_value >= predictor.threshold)
    upgrade = Scores(predictor, trees, base, reference).upgrade
    chosen = upgrade.parts[below] if below.any() else upgrade.parts
    return replace(reference, upgrade=_average(replace(upgrade, parts=chosen), names))


def _take(situation: Situation, rows: IntArray) -> Situation:
    table = situation.features
    chosen = replace(table, customers=table.customers[rows], matrix=table.matrix[rows])
    return replace(situation, features=chosen, trailing_value=situation.trailing_value[rows])


def _average(score: AdditiveScore, names: tuple[str, ...]) -> dict[str, float]:
    means = score.parts.mean(axis=0)
    return {name: float(mean) for name, mean in zip(names, means, strict=True) if mean != 0}
