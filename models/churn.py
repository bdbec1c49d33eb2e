"""Churn: the chance of no order, by trees that correct the purchase process and by trees of their own.

Half of the latter have a single split, so that there are three opinions: what the process leaves open, what
features tell together, and what each tells by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from features.compiled import compiled
from features.timeline import FloatArray
from models.bagged_trees import BaggedTrees
from models.examples import Examples, Situation, split

OPINION_WEIGHT = 0.6
_STUMPS = 100
_LEAST_RATE = 1e-4
_MOST_SHIFT = 40.0


class ActivityBlend(NamedTuple):
    """How two opinions make up the log-odds of an order; see `ActivityModel`."""

    base: float
    slope: float
    shift: float


@dataclass(frozen=True)
class ActivityModel:
    """Probability of an order, on the scale of log-odds; churn is what remains to 1.

    Attributes
    ----------
    correction, opinion : BaggedTrees
        As in `models.value.ValueModel`.
    relative, everything : tuple of str
    base : float
        Log-odds that the second opinion starts from.
    slope, shift : float
        Calibration: of the blend's log-odds about the base.
    """

    correction: BaggedTrees
    opinion: BaggedTrees
    relative: tuple[str, ...]
    everything: tuple[str, ...]
    base: float = 0.0
    slope: float = 1.0
    shift: float = 0.0

    def calibrated(self, situation: Situation) -> FloatArray:
        """Return the log-odds with their slope, before the level is set, shape (customers,)."""
        found = np.empty(len(situation))
        correction = self.correction.raw(situation.columns(self.relative))
        opinion = self.opinion.raw(situation.columns(self.everything))
        _blend(self.blend, situation.activity(), correction, opinion, found)
        return found

    def predict(self, situation: Situation) -> FloatArray:
        """Return the probability of an order, shape (customers,)."""
        found: FloatArray = expit(self.calibrated(situation) + self.shift)
        return found

    @property
    def blend(self) -> ActivityBlend:
        """How the opinions make up the log-odds."""
        return ActivityBlend(float(self.base), float(self.slope), float(self.shift))

    def to_json(self) -> dict[str, Any]:
        """Return all but the trees as plain data."""
        return {
            "relative": list(self.relative),
            "everything": list(self.everything),
            "base": self.base,
            "slope": self.slope,
            "shift": self.shift,
        }

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any], correction: Sequence[str], opinion: Sequence[str]
    ) -> ActivityModel:
        """Return the model that `to_json` and the trees' texts tell of."""
        return cls(
            BaggedTrees.from_texts(correction, "binary"),
            BaggedTrees.from_texts(opinion, "binary"),
            tuple(data["relative"]),
            tuple(data["everything"]),
            data["base"],
            data["slope"],
            data["shift"],
        )


@compiled
def blend_activity(blend: ActivityBlend, odds: float, correction: float, opinion: float) -> float:
    """Return a customer's log-odds with their slope, before the level is set.

    Parameters
    ----------
    blend : ActivityBlend
    odds : float
        By the purchase process.
    correction, opinion : float
        Raw predictions of the two bags of trees.
    """
    mixed = (1 - OPINION_WEIGHT) * (odds + correction) + OPINION_WEIGHT * (blend.base + opinion)
    return blend.base + blend.slope * (mixed - blend.base)


@compiled
def _blend(
    blend: ActivityBlend, odds: FloatArray, correction: FloatArray, opinion: FloatArray, found: FloatArray
) -> None:
    for i in range(len(found)):
        found[i] = blend_activity(blend, odds[i], correction[i], opinion[i])


def fit_activity(
    examples: Sequence[Examples],
    relative: Sequence[str],
    everything: Sequence[str],
    trees: Mapping[str, Any],
    least: int = 1,
) -> tuple[ActivityModel, list[FloatArray]]:
    """Fit activity on examples, each moment with its own level; the latest with a whole horizon first.

    Parameters
    ----------
    examples : sequence of Examples
    relative, everything : sequence of str
        Features of the correction, and of the second opinion.
    trees : mapping
        Settings of `BaggedTrees`.
    least : int
        Customers with and without an order at the latest moment that trees need; with fewer there are none,
        and what remains is the purchase process, drawn to the mean.

    Returns
    -------
    model : ActivityModel
        Its level is not set yet.
    oof : list of float64 array
        Out-of-fold probabilities, by moment, each adding up to the moment's true number.
    """
    y = np.concatenate([each.active for each in examples]).astype(np.float64)
    groups = np.concatenate([each.people for each in examples])
    rates = [_rate(each) for each in examples]
    start = np.concatenate(
        [each.activity() + find_shift(each.activity(), r) for each, r in zip(examples, rates, strict=True)]
    )
    bases = [float(np.log(rate / (1 - rate))) for rate in rates]
    base = np.concatenate([np.full(len(each), b) for each, b in zip(examples, bases, strict=True)])
    latest = examples[0].active
    enough = min(np.count_nonzero(latest), np.count_nonzero(~latest)) >= least

    def learn(names: Sequence[str], offset: FloatArray, stumps: int) -> tuple[BaggedTrees, FloatArray]:
        if not enough:
            return BaggedTrees.from_texts([], "binary"), offset
        table = np.concatenate([each.columns(names) for each in examples])
        learned = BaggedTrees(objective="binary", stumps=stumps, **trees)
        learned.fit(table, y, groups=groups, offset=offset)
        return learned, offset + learned.oof_

    (correction, corrected), (opinion, own) = learn(relative, start, 0), learn(everything, base, _STUMPS)
    blend = (1 - OPINION_WEIGHT) * corrected + OPINION_WEIGHT * own
    parts = split(blend, examples)
    slope = _find_slope(parts, bases, examples)
    oof = []
    for part, b, rate in zip(parts, bases, rates, strict=True):
        calibrated = b + slope * (part - b)
        oof.append(expit(calibrated + find_shift(calibrated, rate)))
    model = ActivityModel(correction, opinion, tuple(relative), tuple(everything), bases[0], slope)
    return model, oof


def find_shift(log_odds: FloatArray, rate: float) -> float:
    """Return what to add to log-odds so that the probabilities' mean becomes a rate."""
    from scipy.optimize import brentq  # noqa: PLC0415 - half a second that only fitting needs

    rate = float(np.clip(rate, _LEAST_RATE, 1 - _LEAST_RATE))

    def miss(shift: float) -> float:
        return float(expit(log_odds + shift).mean()) - rate

    if miss(-_MOST_SHIFT) >= 0:
        return -_MOST_SHIFT
    if miss(_MOST_SHIFT) <= 0:
        return _MOST_SHIFT
    return float(brentq(miss, -_MOST_SHIFT, _MOST_SHIFT, xtol=1e-12))


def _rate(each: Examples) -> float:
    return float(np.clip(each.active.mean(), _LEAST_RATE, 1 - _LEAST_RATE))


def _find_slope(parts: Sequence[FloatArray], bases: Sequence[float], examples: Sequence[Examples]) -> float:
    """Return the slope of log-odds with the least log-loss out of fold, between 0.7 and 1.4."""
    candidates = np.linspace(0.7, 1.4, 15)

    def loss(slope: float) -> float:
        total = 0.0
        for part, base, each in zip(parts, bases, examples, strict=True):
            odds = base + slope * (part - base)
            odds = odds + find_shift(odds, _rate(each))
            total += float(np.logaddexp(0, np.where(each.active, -odds, odds)).sum())
        return total

    return float(min(candidates, key=loss))
