"""The ladder: what a model has to beat, from last period's spend up to plain boosting, with one interface.

The rungs above these, the purchase process alone and uptier itself, are `models.predictor.Predictor`s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from features.timeline import BoolArray, FloatArray, IntArray
from models.bagged_trees import BaggedTrees
from models.examples import Examples, Situation

_CELLS = 5  # a fifth of the customers in each step of recency, frequency and value
_WEIGHT = 20.0  # customers' worth of the overall mean in each cell
_MONTH_DAYS = 30.4375


@dataclass(frozen=True)
class Guess:
    """What a rung says, row by row; None is what it has nothing to say about.

    Attributes
    ----------
    expected_value : float64 array, shape (customers,)
        In money.
    churn_probability, upgrade_probability : float64 array, shape (customers,), optional
    """

    expected_value: FloatArray
    churn_probability: FloatArray | None = None
    upgrade_probability: FloatArray | None = None


class Rung(Protocol):
    """One rung: it learns from examples and guesses in a situation."""

    name: str

    def fit(self, examples: Sequence[Examples]) -> Self:
        """Learn from moments of the past, the latest first; there is at least one."""

    def predict(self, situation: Situation) -> Guess:
        """Say what comes."""


class LastPeriod(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The next period is as the last; churn and upgrade go by whether and how much was bought in it."""

    name = "last period"

    def fit(self, examples: Sequence[Examples]) -> Self:
        """Learn how often the active and the silent order."""
        active = np.concatenate([_ordered(each) for each in examples])
        after = np.concatenate([each.active for each in examples])
        self.rates_ = [_mean(after[active == state], after) for state in (False, True)]
        return self

    def predict(self, situation: Situation) -> Guess:
        """Return last period's value."""
        value = np.nan_to_num(situation.column("value_h1"))
        return Guess(value, 1 - np.where(_ordered(situation), self.rates_[1], self.rates_[0]))


class CrmRule(BaseEstimator):  # type: ignore[misc]
    """The published rule of a large CRM: average monthly spend x months x retention."""

    name = "CRM rule"

    def fit(self, examples: Sequence[Examples]) -> Self:
        """Learn the retention: how many of the active ordered again, at the latest moment."""
        latest = examples[0]
        self.retention_ = _mean(latest.active[_ordered(latest)], latest.active)
        return self

    def predict(self, situation: Situation) -> Guess:
        """Return the rule's value; it says nothing else."""
        months = np.maximum(np.nan_to_num(situation.column("tenure_days")) / _MONTH_DAYS, 1)
        monthly = np.nan_to_num(situation.column("value_ever")) / months
        return Guess(monthly * (situation.horizon_days / _MONTH_DAYS) * self.retention_)


class RfmCells(BaseEstimator):  # type: ignore[misc]
    """Means over cells of recency, frequency and value, five steps each, drawn a bit to the overall mean."""

    name = "RFM cells"
    _columns = ("days_since_last_order", "orders_ever", "value_ever")

    def fit(self, examples: Sequence[Examples]) -> Self:
        """Learn the steps and the means of the cells."""
        table = np.concatenate([self._read(each) for each in examples])
        quantiles = np.linspace(0, 1, _CELLS + 1)[1:-1]
        self.edges_ = [np.quantile(column, quantiles) for column in table.T]
        cell = self._cell(table)
        every = np.ones(len(cell), dtype=np.bool_)
        below = np.concatenate([each.below for each in examples])
        self.value_ = _cell_means(cell, np.concatenate([each.value for each in examples]), every)
        self.active_ = _cell_means(cell, np.concatenate([each.active for each in examples]), every)
        self.upgraded_ = _cell_means(cell, np.concatenate([each.upgraded for each in examples]), below)
        return self

    def predict(self, situation: Situation) -> Guess:
        """Return the means of each customer's cell."""
        cell = self._cell(self._read(situation))
        return Guess(self.value_[cell], 1 - self.active_[cell], self.upgraded_[cell])

    def _read(self, situation: Situation) -> FloatArray:
        return np.column_stack([np.nan_to_num(situation.column(name)) for name in self._columns])

    def _cell(self, table: FloatArray) -> IntArray:
        steps = [np.searchsorted(edges, column) for edges, column in zip(self.edges_, table.T, strict=True)]
        cell: IntArray = steps[0] * _CELLS**2 + steps[1] * _CELLS + steps[2]
        return cell


@dataclass(frozen=True)
class _Mean:
    """Says the same of everyone."""

    mean: float

    def predict(self, X: npt.NDArray[np.floating]) -> FloatArray:
        """Return the mean, shape (customers,)."""
        return np.full(len(X), self.mean)


class PlainTrees(BaseEstimator):  # type: ignore[misc]
    """Boosted trees on every feature, without purchase process, levels or calibration.

    Where the customers are too few or too alike for trees, it says their mean.

    Parameters
    ----------
    trees : mapping, optional
        Settings of `BaggedTrees`.
    """

    name = "plain boosting"

    def __init__(self, trees: Mapping[str, Any] | None = None) -> None:
        self.trees = trees

    def fit(self, examples: Sequence[Examples]) -> Self:
        """Learn value, activity and upgrade, each on its own."""
        self.names_ = tuple(n for n in examples[0].features.names if not n.startswith("process_"))
        X = np.concatenate([each.columns(self.names_) for each in examples])
        groups = np.concatenate([each.people for each in examples])
        value = np.maximum(np.concatenate([each.value for each in examples]), 0)
        self.unit_ = max(float(value.mean()), 1e-300)
        self.value_ = self._learn("tweedie", X, value / self.unit_, groups)
        active = np.concatenate([each.active for each in examples]).astype(np.float64)
        self.active_ = self._learn("binary", X, active, groups)
        below = np.concatenate([each.below for each in examples])
        upgraded = np.concatenate([each.upgraded for each in examples])[below].astype(np.float64)
        self.upgraded_ = self._learn("binary", X[below], upgraded, groups[below])
        return self

    def predict(self, situation: Situation) -> Guess:
        """Return what the trees say."""
        X = situation.columns(self.names_)
        return Guess(
            self.unit_ * self.value_.predict(X), 1 - self.active_.predict(X), self.upgraded_.predict(X)
        )

    def _learn(
        self, objective: str, X: npt.NDArray[np.floating], y: FloatArray, groups: IntArray
    ) -> BaggedTrees | _Mean:
        if not len(y):
            return _Mean(0.0)
        trees = BaggedTrees(objective=objective, **(self.trees or {})).fit(X, y, groups=groups)
        return trees if trees.to_texts() else _Mean(float(y.mean()))


RUNGS: tuple[type[LastPeriod] | type[CrmRule] | type[RfmCells] | type[PlainTrees], ...] = (
    LastPeriod,
    CrmRule,
    RfmCells,
    PlainTrees,
)
"""From the bottom: three simple rungs, and plain boosting, which is as elaborate as the model."""


def _ordered(situation: Situation) -> BoolArray:
    ordered: BoolArray = np.nan_to_num(situation.column("orders_h1")) > 0
    return ordered


def _mean(chosen: BoolArray, every: BoolArray) -> float:
    """Return the share among the chosen, or among all where nobody is chosen."""
    return float((chosen if len(chosen) else every).mean())


def _cell_means(cell: IntArray, figure: FloatArray | BoolArray, rows: BoolArray) -> FloatArray:
    cell, amounts = cell[rows], figure[rows].astype(np.float64)
    overall = float(amounts.mean()) if len(amounts) else 0.0
    size = np.bincount(cell, minlength=_CELLS**3)
    total = np.bincount(cell, amounts, minlength=_CELLS**3)
    means: FloatArray = (total + _WEIGHT * overall) / (size + _WEIGHT)
    return means
