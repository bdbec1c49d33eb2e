"""The explainer: takes expected value, churn and upgrade apart, feature by feature.

What each feature adds to the scores behind them is told by `models.scores`. A part counts from what the
feature adds to the base's customers on average, so that the start is the base's typical customer (the mean
score), and what is the same for all explains nothing. Scores are turned into money and points by the
logarithmic-mean rule (`models.additive`), which keeps the sum exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log
from typing import NamedTuple

import numpy as np

from features.catalogue import Feature
from features.compiled import compiled
from features.timeline import BoolArray, FloatArray, read_only
from models.additive import to_money, to_points, total
from models.churn import OPINION_WEIGHT
from models.examples import Situation
from models.forecast import list_trees
from models.predictor import Predictor
from models.process_reasons import INPUTS, STATISTICS, explain_process, read_inputs
from models.reference import Reference
from models.scores import TARGETS, Mixture, Scratch, Teller, explain_scores
from models.settings import DIMENSIONS
from models.shapley import weigh_coalitions
from models.tree_shares import join_shares, share_trees
from models.trees import BLOCK
from models.upgrade import SHARES, TRAILING
from models.value import PACE

_VALUE, _ACTIVE, _UPGRADE = range(len(TARGETS))
_LEAST_FACTOR = 1e-300
_MOST_LEARNED = 2_000


@dataclass(frozen=True)
class Explanation:
    """One target of some customers, as a sum: ``start + by_feature.sum(axis=1) == end``.

    Attributes
    ----------
    start : float
        Prediction of the base's typical customer: money, or percentage points.
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


class Scores(NamedTuple):
    """Additive scores of customers, by `models.scores.TARGETS`.

    Attributes
    ----------
    starts : float64 array, shape (targets,)
    parts : float64 array, shape (targets, customers, features)
    """

    starts: FloatArray
    parts: FloatArray


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
    _teller: Teller = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        teller = build_teller(self.predictor)._replace(
            means=self.reference.means(self.predictor.catalogue.names)
        )
        object.__setattr__(self, "_teller", teller)

    def explain(self, situation: Situation) -> Explanations:
        """Explain what `Predictor.predict_situation` says; a row depends on nothing but itself."""
        scores = score(self.predictor, self._teller, situation, self.reference)
        self._meet(scores, situation)
        known, features = self.predictor.thresholds.known, self.predictor.catalogue.features
        starts, ends = np.empty(len(TARGETS)), np.empty(scores.parts.shape[:2])
        _finish(scores, situation.below, known, starts, ends)
        return Explanations(
            *(Explanation(float(starts[i]), ends[i], scores.parts[i], features) for i in range(len(TARGETS)))
        )

    def _meet(self, scores: Scores, situation: Situation) -> None:
        """Explain newcomers: by having no order so far, and by their attributes where these tell anything."""
        never = ~(situation.column("order_days_ever") > 0)
        if not never.any():
            return
        newcomers, names = self.predictor.newcomers, self.predictor.catalogue.names
        told = situation.take(np.flatnonzero(never))
        told_of = TARGETS if self.predictor.thresholds.known else TARGETS[:-1]  # else there is no upgrade
        for i, target in enumerate(told_of):
            start, by_attribute = newcomers.explain(told, target)
            parts = np.zeros((len(start), len(names)))
            if newcomers.attributes is not None:
                parts[:, [names.index(name) for name in newcomers.attributes.names]] = by_attribute
            parts[:, names.index(INPUTS[0])] += start - scores.starts[i]
            scores.parts[i, never] = parts


@compiled
def _finish(
    scores: Scores, below: BoolArray, has_threshold: bool, starts: FloatArray, ends: FloatArray
) -> None:
    """Turn scores into money and points, and an order into churn; NaN where there is no upgrade."""
    value, churn, upgrade = scores.parts
    starts[:] = 0.0
    for i in range(len(value)):
        for column in range(churn.shape[1]):
            churn[i, column] = -churn[i, column]
        starts[0] = to_money(scores.starts[0], value[i])
        starts[1] = to_points(-scores.starts[1], churn[i])
        if has_threshold:
            starts[2] = to_points(scores.starts[2], upgrade[i])
        if not below[i]:
            upgrade[i] = np.nan
        for target in range(len(starts)):
            ends[target, i] = starts[target] + total(scores.parts[target, i])


def score(predictor: Predictor, teller: Teller, situation: Situation, reference: Reference) -> Scores:
    """Return the scores of customers who bought.

    Parameters
    ----------
    predictor : Predictor
    teller : Teller
        Of the predictor.
    situation : Situation
    reference : Reference
        Whose process inputs the process's parts count from.
    """
    count, features = situation.features.matrix.shape
    process = explain_process(predictor.process, situation, np.array(reference.typical))
    threshold = np.full(count, situation.threshold)
    scores = Scores(np.zeros(len(TARGETS)), np.empty((len(TARGETS), count, features)))
    teller = teller._replace(value=_mix_value(predictor, log(situation.span_days)))
    for at in range(0, count, BLOCK):
        matrix = situation.features.matrix[at : at + BLOCK].T
        rows = np.empty((features + SHARES, matrix.shape[1]), dtype=np.float32)
        rows[:features] = matrix
        explain_scores(teller, rows, at, process, threshold, _make_room(rows.shape), *scores)
    return scores


def build_teller(predictor: Predictor) -> Teller:
    """Return what takes a predictor's scores apart; its parts count from nothing yet."""
    names = predictor.catalogue.names
    place = {name: column for column, name in enumerate(names)}
    models = []
    for trees, columns in list_trees(predictor.own, predictor.upgrade):
        read = [*(place[name] for name in columns), *range(len(names), len(names) + SHARES)]
        models.append(share_trees(trees).over(read))
    inputs, statistics, money = (
        read_only(np.array([place[name] for name in wanted])) for wanted in (INPUTS, STATISTICS, TRAILING)
    )
    return Teller(
        join_shares(models),
        inputs,
        statistics,
        money,
        predictor.distribution.spread,
        _mix_value(predictor, 0.0),
        _mix_active(predictor),
        0.0 if predictor.value is None else predictor.value.blend.spending,
        place[PACE],
        0.0 if predictor.value is None else predictor.value.blend.fast_pace,
        float(predictor.upgrade.shift),
        float(predictor.threshold),
        weigh_coalitions(len(TARGETS)),
        read_only(np.zeros((len(TARGETS), len(names)))),
    )


def _mix_value(predictor: Predictor, log_span: float) -> Mixture:
    """Return `models.value.blend_value` as a weighted sum, on the log scale."""
    if predictor.value is None:
        return Mixture(1.0, 0.0, 0.0, _log(predictor.level.factor))
    blend = predictor.value.blend
    shift = blend.opinion * log_span + _log(blend.factor)
    return Mixture(blend.correction, blend.correction, blend.opinion, shift)


def _mix_active(predictor: Predictor) -> Mixture:
    """Return `models.churn.blend_activity` as a weighted sum."""
    if predictor.activity is None:
        return Mixture(1.0, 0.0, 0.0, float(predictor.shift))
    base, slope, shift = predictor.activity.blend
    own, opinion = slope * (1 - OPINION_WEIGHT), slope * OPINION_WEIGHT
    return Mixture(own, own, opinion, opinion * base + (1 - slope) * base + shift)


def _make_room(shape: tuple[int, ...]) -> Scratch:
    features = shape[0] - SHARES
    return Scratch(
        np.empty(shape[1], dtype=np.int64),
        np.empty(shape),
        np.empty(features),
        np.empty(2 ** len(TARGETS)),
        np.empty(len(TARGETS)),
    )


def _log(factor: float) -> float:
    return log(max(factor, _LEAST_FACTOR))


def learn_reference(predictor: Predictor, situation: Situation) -> Reference:
    """Learn the base's typical customer.

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
    base = situation.take(bought[some])
    reference = Reference(tuple(np.median(read_inputs(base), axis=0).tolist()))
    names, teller = predictor.catalogue.names, build_teller(predictor)

    def tell(target: int) -> FloatArray:
        means = reference.means(names)  # a target's parts count from the means of those that it is made of
        parts = score(predictor, teller._replace(means=means), base, reference).parts[target]
        some: FloatArray = parts[base.below] if target == _UPGRADE and base.below.any() else parts
        return some

    reference = replace(reference, active=_average(tell(_ACTIVE), names))
    reference = replace(reference, value=_average(tell(_VALUE), names))
    if not predictor.thresholds.known:
        return reference
    return replace(reference, upgrade=_average(tell(_UPGRADE), names))


def _average(parts: FloatArray, names: tuple[str, ...]) -> Mapping[str, float]:
    means = parts.mean(axis=0)
    return {name: float(mean) for name, mean in zip(names, means, strict=True) if mean != 0}
