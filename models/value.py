"""Value: a correction of what the purchase process expects, and a second opinion that starts from nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, NamedTuple

import numpy as np

from features.compiled import compiled
from features.timeline import FloatArray
from models.bagged_trees import BaggedTrees
from models.examples import Examples, Situation, split
from models.ranking_gain import norm_gini

_WEIGHTS = (1 / 3, 0.0, 2 / 3, 1.0)  # of the second opinion; the first is kept unless another clearly wins
_CLEARLY = 0.001
_LATEST = 4


class ValueBlend(NamedTuple):
    """How two opinions make up expected value; see `ValueModel`."""

    opinion_weight: float
    log_unit: float
    factor: float


@dataclass(frozen=True)
class ValueModel:
    """Expected value as a blend, on the log scale, of two bags of trees.

    One starts from the purchase process and learns the correction from relative features; the other knows
    every feature and starts from nothing. Levels of snapshots are divided out before learning.

    Attributes
    ----------
    correction, opinion : BaggedTrees
    relative, everything : tuple of str
        The features each reads.
    opinion_weight : float
        0 to 1.
    opinion_unit : float
        Money a busy day that the second opinion's mean customer stands for.
    factor : float
        The level.
    """

    correction: BaggedTrees
    opinion: BaggedTrees
    relative: tuple[str, ...]
    everything: tuple[str, ...]
    opinion_weight: float
    opinion_unit: float = 1.0
    factor: float = 1.0

    def predict(self, situation: Situation) -> FloatArray:
        """Return expected value, shape (customers,), in money."""
        found = np.empty(len(situation))
        correction = self.correction.raw(situation.columns(self.relative))
        opinion = self.opinion.raw(situation.columns(self.everything))
        _blend(self.blend, situation.expectation(), correction, opinion, log(situation.span_days), found)
        return found

    @property
    def blend(self) -> ValueBlend:
        """How the opinions make up the value."""
        return ValueBlend(float(self.opinion_weight), log(self.opinion_unit), float(self.factor))

    def to_json(self) -> dict[str, Any]:
        """Return all but the trees as plain data."""
        return {
            "relative": list(self.relative),
            "everything": list(self.everything),
            "opinion_weight": self.opinion_weight,
            "opinion_unit": self.opinion_unit,
            "factor": self.factor,
        }

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any], correction: Sequence[str], opinion: Sequence[str]
    ) -> ValueModel:
        """Return the model that `to_json` and the trees' texts tell of."""
        return cls(
            BaggedTrees.from_texts(correction, "tweedie"),
            BaggedTrees.from_texts(opinion, "tweedie"),
            tuple(data["relative"]),
            tuple(data["everything"]),
            data["opinion_weight"],
            data["opinion_unit"],
            data["factor"],
        )


@compiled
def blend_value(
    blend: ValueBlend, expected: float, correction: float, opinion: float, log_span: float
) -> float:
    """Return a customer's expected value.

    Parameters
    ----------
    blend : ValueBlend
    expected : float
        By the purchase process.
    correction, opinion : float
        Raw predictions of the two bags of trees.
    log_span : float
        Logarithm of the horizon in busy days.
    """
    corrected = log(expected) + correction
    own = blend.log_unit + log_span + opinion
    mixed = (1 - blend.opinion_weight) * corrected + blend.opinion_weight * own
    return blend.factor * exp(min(max(mixed, -80.0), 80.0))


@compiled
def _blend(
    blend: ValueBlend, expected: FloatArray, correction: FloatArray, opinion: FloatArray, log_span: float,
    found: FloatArray,
) -> None:  # fmt: skip
    for i in range(len(found)):
        found[i] = blend_value(blend, expected[i], correction[i], opinion[i], log_span)


def fit_value(
    examples: Sequence[Examples], relative: Sequence[str], everything: Sequence[str], trees: Mapping[str, Any]
) -> tuple[ValueModel, list[FloatArray]]:
    """Fit the shape of value on examples, the latest first.

    Parameters
    ----------
    examples : sequence of Examples
    relative, everything : sequence of str
        Features of the correction and of the second opinion.
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
    opinion = BaggedTrees(objective="tweedie", **trees).fit(
        np.concatenate([each.columns(everything) for each in examples]),
        y,
        groups=groups,
        offset=np.zeros(len(y)),
    )
    first, second = split(start + correction.oof_, examples), split(opinion.oof_, examples)
    blends = {w: [np.exp((1 - w) * a + w * b) for a, b in zip(first, second, strict=True)] for w in _WEIGHTS}
    latest = slice(0, _LATEST)
    score = {
        w: np.mean([norm_gini(g, q) for g, q in zip(gain[latest], blends[w][latest], strict=True)])
        for w in _WEIGHTS
    }
    best = max(_WEIGHTS, key=score.__getitem__)
    weight = best if score[best] > score[_WEIGHTS[0]] + _CLEARLY else _WEIGHTS[0]
    oof = [q * (each.value.sum() / q.sum()) for q, each in zip(blends[weight], examples, strict=True)]
    return ValueModel(correction, opinion, tuple(relative), tuple(everything), weight), oof
