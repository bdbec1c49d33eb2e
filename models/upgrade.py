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

from features.compiled import compiled
from features.timeline import FloatArray, IntArray
from models.bagged_trees import BaggedTrees
from models.churn import find_shift
from models.examples import Examples, Situation
from models.odds import log_odds, probability, to_log_odds

TRAILING = ("value_h1", "value_h2", "value_ever", "gross_ever")
"""Features that the trees read as shares of the threshold."""

SHARES = len(TRAILING) + 2
"""Columns that the trees read behind the features: see `write_shares`."""

LEAST = 1e-5
"""Chances are taken as at least this, and at most what remains to 1."""

_LARGEST = 1e30
_SLOW: dict[str, Any] = {"objective": "binary", "learning_rate": 0.06, "most_trees": 100}  # upgrades are rare

Rows = npt.NDArray[np.float32]


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
    odds = [to_log_odds(chance, LEAST) for chance in reach]
    shifts = [
        find_shift(o[each.below], float(each.upgraded[each.below].mean())) if each.below.any() else 0.0
        for o, each in zip(odds, examples, strict=True)
    ]
    if y.sum() < least or y.sum() > len(y) - least:
        return UpgradeModel(None, tuple(names), float(np.mean(shifts)))
    start = np.concatenate([o + shift for o, shift in zip(odds, shifts, strict=True)])[below]
    parts = zip(examples, reach, expected, strict=True)
    X = np.concatenate([build_table(each, names, chance, value) for each, chance, value in parts])[below]
    groups = np.concatenate([each.people for each in examples])[below]
    correction = BaggedTrees(**{**_SLOW, **trees}).fit(X, y, groups=groups, offset=start)
    return UpgradeModel(correction, tuple(names), float(np.mean(shifts)))


def build_table(situation: Situation, names: Sequence[str], reach: FloatArray, expected: FloatArray) -> Rows:
    """Return what the trees read: features, and behind them what `write_shares` writes."""
    known, rows = situation.features.names, widen(situation.features.matrix)
    money = np.array([known.index(name) for name in TRAILING])
    threshold = np.broadcast_to(np.asarray(situation.threshold, dtype=np.float64), len(rows))
    _write_shares(rows, money, np.ascontiguousarray(threshold), expected, reach)
    return rows[:, [*(known.index(name) for name in names), *range(len(known), len(known) + SHARES)]]


def widen(matrix: Rows) -> Rows:
    """Return all features, with room behind them for what `write_shares` writes."""
    rows = np.empty((len(matrix), matrix.shape[1] + SHARES), dtype=np.float32)
    rows[:, : matrix.shape[1]] = matrix
    return rows


@compiled
def write_shares(row: Rows, money: IntArray, threshold: float, expected: float, reach: float) -> None:
    """Write a customer's expected value and `TRAILING` over the threshold, and the reach, at a row's end.

    Parameters
    ----------
    row : float32 array, shape (features + SHARES,)
    money : int64 array
        Columns of `TRAILING`.
    threshold, expected, reach : float
    """
    unit, at = threshold if threshold > 0 else 1.0, len(row) - SHARES
    row[at] = min(max(expected / unit, -_LARGEST), _LARGEST)
    for i in range(len(money)):
        share = row[money[i]] / unit
        row[at + 1 + i] = share if np.isnan(share) else min(max(share, -_LARGEST), _LARGEST)
    row[at + 1 + len(money)] = reach


@compiled
def correct_upgrade(reach: float, correction: float, shift: float) -> float:
    """Return a customer's probability of an upgrade.

    Parameters
    ----------
    reach : float
        Probability that value reaches the threshold, by the distribution.
    correction : float
        Raw prediction of the trees.
    shift : float
    """
    return probability(log_odds(reach, LEAST) + shift + correction)


@compiled
def limit_upgrade(value: float, active: float, threshold: float) -> float:
    """Return the highest probability of an upgrade that the other predictions leave room for.

    It takes an order, and who reaches the threshold with a chance brings that share of it at least (Markov's
    inequality). But where they leave less room than `LEAST`, that is returned: log-odds have no 0.
    """
    most = min(active, value / threshold) if threshold > 0 else active
    return min(max(most, LEAST), 1 - LEAST)


@compiled
def _write_shares(
    rows: Rows, money: IntArray, threshold: FloatArray, expected: FloatArray, reach: FloatArray
) -> None:
    for i in range(len(rows)):
        write_shares(rows[i], money, threshold[i], expected[i], reach[i])
