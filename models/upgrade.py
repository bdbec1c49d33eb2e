"""Upgrade: the chance of a customer who is not valued to reach the threshold.

It starts from how far the predicted distribution of value reaches beyond the threshold; trees learn the
correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from features.timeline import FloatArray
from models.bagged_trees import BaggedTrees
from models.churn import find_shift
from models.examples import Examples, Situation

TRAILING = ("value_h1", "value_h2", "value_ever", "gross_ever")
"""Features that the trees read as shares of the threshold."""

_LEAST = 1e-5
_SLOW: dict[str, Any] = {"objective": "binary", "learning_rate": 0.06, "most_trees": 100}  # upgrades are rare


@dataclass(frozen=True)
class UpgradeModel:
    """Probability of an upgrade, on the scale of log-odds.

    Attributes
    ----------
    correction : BaggedTrees or None
        None where there were too few upgrades to learn from.
    names : tuple of str
        Features they read, beside the distance to the threshold and what reaches it.
    shift : float
        Added to the log-odds, so that the past's upgrades add up.
    """

    correction: BaggedTrees | None
    names: tuple[str, ...]
    shift: float = 0.0

    def predict(
        self, situation: Situation, reach: FloatArray, expected: FloatArray, threshold: float
    ) -> FloatArray:
        """Return the probability of an upgrade, shape (customers,).

        Parameters
        ----------
        situation : Situation
        reach : float64 array, shape (customers,)
            Probability that value reaches the threshold, by the distribution.
        expected : float64 array, shape (customers,)
            Expected value, in money.
        threshold : float
            In money.
        """
        odds = to_log_odds(reach) + self.shift
        if self.correction is not None:
            odds = odds + self.correction.raw(build_table(situation, self.names, reach, expected, threshold))
        chance: FloatArray = expit(odds)
        return chance

    def to_json(self) -> dict[str, Any]:
        """Return all but the trees as plain data."""
        return {"names": list(self.names), "shift": self.shift}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], correction: Sequence[str]) -> UpgradeModel:
        """Return the model that `to_json` and the trees' texts tell of."""
        trees = BaggedTrees.from_texts(correction, "binary") if correction else None
        return cls(trees, tuple(data["names"]), data["shift"])


def fit_upgrade(
    examples: Sequence[Examples],
    reach: Sequence[FloatArray],
    expected: Sequence[FloatArray],
    names: Sequence[str],
    trees: Mapping[str, Any],
    least: int,
) -> UpgradeModel:
    """Fit upgrades on the customers who are not valued.

    Parameters
    ----------
    examples : sequence of Examples
    reach, expected : sequence of float64 array
        By moment, out of fold: chance to reach the moment's threshold, and expected value.
    names : sequence of str
        Features to learn from.
    trees : mapping
        Settings of `BaggedTrees`.
    least : int
        Upgrades that are needed to learn a correction.
    """
    below = np.concatenate([each.below for each in examples])
    y = np.concatenate([each.upgraded for each in examples])[below].astype(np.float64)
    odds = [to_log_odds(chance) for chance in reach]
    shifts = [
        find_shift(o[each.below], float(each.upgraded[each.below].mean())) if each.below.any() else 0.0
        for o, each in zip(odds, examples, strict=True)
    ]
    if y.sum() < least or y.sum() > len(y) - least:
        return UpgradeModel(None, tuple(names), float(np.mean(shifts)))
    start = np.concatenate([o + shift for o, shift in zip(odds, shifts, strict=True)])[below]
    parts = zip(examples, reach, expected, strict=True)
    X = np.concatenate(
        [build_table(each, names, chance, value, each.threshold) for each, chance, value in parts]
    )[below]
    groups = np.concatenate([each.customers for each in examples])[below]
    correction = BaggedTrees(**{**_SLOW, **trees}).fit(X, y, groups=groups, offset=start)
    return UpgradeModel(correction, tuple(names), float(np.mean(shifts)))


def to_log_odds(chance: FloatArray) -> FloatArray:
    """Return log-odds of probabilities, at most 11.5 either way."""
    chance = np.clip(chance, _LEAST, 1 - _LEAST)
    odds: FloatArray = np.log(chance / (1 - chance))
    return odds


def build_table(
    situation: Situation, names: Sequence[str], reach: FloatArray, expected: FloatArray, threshold: float
) -> npt.NDArray[np.float32]:
    """Return what the trees read: features; expected value and `TRAILING` over the threshold; the reach."""
    unit = threshold if threshold > 0 else 1.0
    money = np.column_stack([expected, *(situation.column(name) for name in TRAILING)])
    share = np.concatenate([money / unit, reach[:, None]], axis=1)
    return np.hstack([situation.columns(names), np.clip(share, -1e30, 1e30).astype(np.float32)])
