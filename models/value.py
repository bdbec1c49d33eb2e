"""Value: three opinions of what a customer will bring, blended on the log scale.

One corrects what the purchase process expects. One knows every feature and starts from nothing; but as trees
can't tell apart who is beyond their last split, those who spend fastest start from their pace. The third has
two parts (J. Cragg: Some statistical models for limited dependent variables, Econometrica 39, 1971): it says
what is spent given an order, and takes the chance of one from `models.churn`, which also keeps value and
churn from contradicting each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.compiled import compiled
from features.timeline import BoolArray, FloatArray, IntArray
from models.bagged_trees import BaggedTrees
from models.examples import LEAST_CHANCE, Examples, Situation, split, zero_unknown
from models.odds import spend_given_order
from models.ranking_gain import norm_gini

SPENDING_WEIGHT = 0.4
_WEIGHTS = (2 / 3, 0.0, 1.0)  # of the second opinion; the first is kept unless another clearly wins
_CLEARLY = 0.001
_LATEST = 4
_MOST_LOG = 80.0
_FAST = 0.95  # of the customers spend less fast than those who start ahead

PACE = "value_per_horizon"
"""The feature that the second opinion of the fastest starts from."""

Told = tuple[float, float, float]


class ValueBlend(NamedTuple):
    """How the opinions make up expected value; see `ValueModel`.

    Attributes
    ----------
    correction, opinion, spending : float
        Weights, which add up to 1.
    fast_pace : float
    factor : float
    """

    correction: float
    opinion: float
    spending: float
    fast_pace: float
    factor: float


@dataclass(frozen=True)
class ValueModel:
    """Expected value as a blend, on the log scale, of three bags of trees.

    The correction starts from the purchase process and learns from relative features; the second opinion
    knows every feature and starts from nothing, or from how far a customer's pace is beyond the fast one; the
    spending given an order knows every feature too, but starts from that of the process. Levels of snapshots
    are divided out before learning.

    Attributes
    ----------
    correction, opinion, spending : BaggedTrees
    relative, everything : tuple of str
        The features of the correction, and of the others.
    opinion_weight : float
        Of the second opinion, in what the two-part model leaves: 0 to 1.
    fast_pace : float
        Money in a horizon, see `start_ahead`.
    factor : float
        The level.
    """

    correction: BaggedTrees
    opinion: BaggedTrees
    spending: BaggedTrees
    relative: tuple[str, ...]
    everything: tuple[str, ...]
    opinion_weight: float
    fast_pace: float = 0.0
    factor: float = 1.0

    def predict(self, situation: Situation, active: FloatArray) -> FloatArray:
        """Return expected value, shape (customers,), in money.

        Parameters
        ----------
        situation : Situation
        active : float64 array, shape (customers,)
            Probability of an order.
        """
        found = np.empty(len(situation))
        everything = situation.columns(self.everything)
        told = np.stack(
            [
                self.correction.raw(situation.columns(self.relative)),
                self.opinion.raw(everything) + start_all_ahead(situation, self.fast_pace),
                self.spending.raw(everything),
            ]
        )
        chance, log_span = situation.process("active"), log(situation.span_days)
        _blend(self.blend, situation.expectation(), chance, active, told, log_span, found)
        return found

    @property
    def blend(self) -> ValueBlend:
        """How the opinions make up the value."""
        weights = _weigh(float(self.opinion_weight))
        return ValueBlend(*weights, float(self.fast_pace), float(self.factor))

    def to_json(self) -> dict[str, Any]:
        """Return all but the trees as plain data."""
        return {
            "relative": list(self.relative),
            "everything": list(self.everything),
            "opinion_weight": self.opinion_weight,
            "fast_pace": self.fast_pace,
            "factor": self.factor,
        }

    @classmethod
    def from_json(
        cls,
        data: Mapping[str, Any],
        correction: Sequence[str],
        opinion: Sequence[str],
        spending: Sequence[str],
    ) -> ValueModel:
        """Return the model that `to_json` and the trees' texts tell of."""
        return cls(
            BaggedTrees.from_texts(correction, "tweedie"),
            BaggedTrees.from_texts(opinion, "tweedie"),
            BaggedTrees.from_texts(spending, "tweedie"),
            tuple(data["relative"]),
            tuple(data["everything"]),
            data["opinion_weight"],
            data["fast_pace"],
            data["factor"],
        )


def fit_value(
    examples: Sequence[Examples],
    active: Sequence[FloatArray],
    relative: Sequence[str],
    everything: Sequence[str],
    trees: Mapping[str, Any],
) -> tuple[ValueModel, list[FloatArray]]:
    """Fit the shape of value on examples.

    Parameters
    ----------
    examples : sequence of Examples
        The latest first; behind them those with a shorter future, by which no weight is chosen. Each brought
        something in all.
    active : sequence of float64 array
        By moment: out-of-fold probabilities of an order.
    relative, everything : sequence of str
        Features of the correction, and of the other opinions.
    trees : mapping
        Settings of `BaggedTrees`.

    Returns
    -------
    model : ValueModel
        Its level is not set yet.
    oof : list of float64 array
        Out-of-fold expected values, by moment, each adding up to the moment's true total.
    """
    groups = np.concatenate([each.people for each in examples])
    gain = [np.maximum(each.value, 0) for each in examples]
    y = np.concatenate([g / max(g.mean(), 1e-300) for g in gain])
    start = np.concatenate([np.log(e / e.mean()) for e in (each.expectation() for each in examples)])
    correction = BaggedTrees(objective="tweedie", **trees).fit(
        np.concatenate([each.columns(relative) for each in examples]), y, groups=groups, offset=start
    )
    X = np.concatenate([each.columns(everything) for each in examples])
    pace = _find_fast_pace(examples)
    ahead = np.concatenate([start_all_ahead(each, pace) for each in examples])
    opinion = BaggedTrees(objective="tweedie", **trees).fit(X, y, groups=groups, offset=ahead)
    spending, spent = _fit_spending(examples, X, groups, trees)
    two_part = np.log(np.maximum(np.concatenate(active), LEAST_CHANCE)) + spent
    opinions = [split(told, examples) for told in (start + correction.oof_, ahead + opinion.oof_, two_part)]
    blends = {w: [_blend_past(_weigh(w), told) for told in zip(*opinions, strict=True)] for w in _WEIGHTS}
    whole = sum(each.horizon_days == examples[0].horizon_days for each in examples)
    latest = slice(0, min(whole, _LATEST))
    score = {
        w: np.mean([norm_gini(g, q) for g, q in zip(gain[latest], blends[w][latest], strict=True)])
        for w in _WEIGHTS
    }
    best = max(_WEIGHTS, key=score.__getitem__)
    weight = best if score[best] > score[_WEIGHTS[0]] + _CLEARLY else _WEIGHTS[0]
    oof = [q * (each.value.sum() / q.sum()) for q, each in zip(blends[weight], examples, strict=True)]
    names = tuple(relative), tuple(everything)
    return ValueModel(correction, opinion, spending, *names, weight, pace), oof


def _fit_spending(
    examples: Sequence[Examples], X: npt.NDArray[np.float32], groups: IntArray, trees: Mapping[str, Any]
) -> tuple[BaggedTrees, FloatArray]:
    """Fit what was spent by who ordered; return also its logarithm as said out of fold of everybody."""
    ordered = np.concatenate([each.active for each in examples])
    start = np.concatenate([np.log(each.spending()) for each in examples])
    y = np.concatenate([_compare_to_mean(each.value, each.active) for each in examples])
    offset = np.concatenate([np.log(_compare_to_mean(each.spending(), each.active)) for each in examples])
    spending = BaggedTrees(objective="tweedie", **trees).fit(
        X[ordered], y[ordered], groups=groups[ordered], offset=offset[ordered]
    )
    return spending, start + spending.raw_unseen(X, groups)


def _find_fast_pace(examples: Sequence[Examples]) -> float:
    """Return the pace from which customers start ahead: 0, nobody does, where none was seen for a horizon."""
    if examples[0].said is not None:
        return 0.0
    return float(np.quantile(np.concatenate([zero_unknown(each.column(PACE)) for each in examples]), _FAST))


def start_all_ahead(situation: Situation, fast_pace: float) -> FloatArray:
    """Return what the second opinion of each customer starts from, shape (customers,)."""
    found = np.empty(len(situation))
    _start_ahead(situation.column(PACE), fast_pace, found)
    return found


def _compare_to_mean(money: FloatArray, ordered: BoolArray) -> FloatArray:
    gain = np.maximum(money, 0)
    compared: FloatArray = gain / max(float(gain[ordered].mean()) if ordered.any() else 0.0, 1e-300)
    return compared


def _weigh(opinion_weight: float) -> Told:
    """Return the weights of the correction, the second opinion and the two-part model."""
    left = 1 - SPENDING_WEIGHT
    return left * (1 - opinion_weight), left * opinion_weight, SPENDING_WEIGHT


def _blend_past(weights: Sequence[float], told: Sequence[FloatArray]) -> FloatArray:
    """Return the blend of what the opinions said of one moment, on the log scale, whose level is open."""
    mixed = sum(weight * each for weight, each in zip(weights, told, strict=True))
    return np.exp(np.clip(mixed - np.max(mixed), -_MOST_LOG, 0))


@compiled
def blend_value(
    blend: ValueBlend, expected: float, chance: float, active: float, told: Told, log_span: float
) -> float:
    """Return a customer's expected value.

    Parameters
    ----------
    blend : ValueBlend
    expected, chance : float
        Value and probability of an order, by the purchase process.
    active : float
        Probability of an order.
    told : tuple of float
        Raw predictions of the three bags of trees, the second with what it starts from.
    log_span : float
        Logarithm of the horizon in busy days.
    """
    corrected = log(expected) + told[0]
    own = log_span + told[1]
    two_part = (
        log(max(active, LEAST_CHANCE)) + log(spend_given_order(expected, chance, LEAST_CHANCE)) + told[2]
    )
    mixed = blend.correction * corrected + blend.opinion * own + blend.spending * two_part
    return blend.factor * exp(min(max(mixed, -_MOST_LOG), _MOST_LOG))


@compiled
def start_ahead(pace: float, fast_pace: float) -> float:
    """Return the logarithm of how many times the fast pace a customer's is, 0 where it is none.

    Parameters
    ----------
    pace, fast_pace : float
        Money in a horizon; NaN where it is not known, and 0 or less where nobody starts ahead.
    """
    return log(pace / fast_pace) if fast_pace > 0 and pace > fast_pace else 0.0


@compiled
def _start_ahead(pace: FloatArray, fast_pace: float, found: FloatArray) -> None:
    for i in range(len(found)):
        found[i] = start_ahead(pace[i], fast_pace)


@compiled
def _blend(
    blend: ValueBlend, expected: FloatArray, chance: FloatArray, active: FloatArray, told: FloatArray,
    log_span: float, found: FloatArray,
) -> None:  # fmt: skip
    for i in range(len(found)):
        each = (told[0, i], told[1, i], told[2, i])
        found[i] = blend_value(blend, expected[i], chance[i], active[i], each, log_span)
