"""The ladder: what a model has to beat, from last period's spend up to plain boosting, with one interface.

The rungs above these, the purchase process alone and uptier itself, are `models.predictor.Predictor`s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from features.timeline import BoolArray, FloatArray, IntArray
from models.bagged_trees import BaggedTrees
from models.columns import FixedColumns
from models.estimator import Estimator
from models.examples import Examples

_CELLS = 5  # a fifth of the customers in each step of recency, frequency and value
_WEIGHT = 20.0  # customers' worth of the overall mean in each cell
_MONTH_DAYS = 30.4375
_FLOATS = [np.float32, np.float64]


class Rung(Estimator, ABC):
    """Base of the rungs: regressors of value that may have something to say of the other outcomes too."""

    name: ClassVar[str]

    @abstractmethod
    def choose(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return which of all features are the columns of ``X``, in their order."""

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        active: BoolArray | None = None,
        upgraded: FloatArray | None = None,
        groups: IntArray | None = None,
    ) -> Self:
        """Learn from what customers did in the horizon after some moments of the past.

        Parameters
        ----------
        X : array-like of shape (n, features)
            NaN is unknown.
        y : array-like of shape (n,)
            Value, in money.
        active : bool array, shape (n,), optional
            Whether there was an order; by default where there was value.
        upgraded : float64 array, shape (n,), optional
            1 or 0, NaN of the valued; by default of nobody else either.
        groups : int64 array, shape (n,), optional
            Customers; by default each row is one of its own.

        Raises
        ------
        ValueError
            If ``X`` and ``y`` don't fit together, or hold what is not finite.
        """
        table, value = self._read_both(X, y)
        self._learn(
            table,
            value,
            value > 0 if active is None else active,
            np.full(len(value), np.nan) if upgraded is None else upgraded,
            np.arange(len(value)) if groups is None else groups,
        )
        return self

    @abstractmethod
    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return expected value in money, shape (n,)."""

    def probability_active(self, X: npt.ArrayLike) -> FloatArray | None:
        """Return the probability of an order, shape (n,); None where the rung has nothing to say about it."""
        return None

    def probability_upgraded(self, X: npt.ArrayLike) -> FloatArray | None:
        """Return the probability of an upgrade, shape (n,), if not valued; None as above."""
        return None

    def score(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return the share of the value's variance that predictions explain."""
        from sklearn.metrics import r2_score  # noqa: PLC0415 - a second that only training should wait for

        return float(r2_score(y, self.predict(X)))

    def __sklearn_tags__(self) -> Any:
        """Declare a regressor of what buys, to which unknown features are welcome."""
        from sklearn.utils import RegressorTags  # noqa: PLC0415 - only scikit-learn asks

        tags = super().__sklearn_tags__()
        tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags(poor_score=True)
        tags.target_tags.required = True
        tags.input_tags.allow_nan, tags.input_tags.positive_only = True, False
        return tags

    def _read_both(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        table, value = self.validate(X, y, dtype=_FLOATS, ensure_all_finite="allow-nan", y_numeric=True)
        return table, np.asarray(value, dtype=np.float64)

    @abstractmethod
    def _learn(
        self, table: FloatArray, value: FloatArray, active: BoolArray, upgraded: FloatArray, groups: IntArray
    ) -> None: ...


class _FixedRung(FixedColumns, Rung):
    """A rung that reads a few features; unknown ones are 0."""

    negative_allowed = True
    unknown_allowed = True

    def choose(self, names: Sequence[str]) -> tuple[str, ...]:
        return self.columns

    def _read_both(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        table, value = super()._read_both(X, y)
        return np.nan_to_num(self._select(table).astype(np.float64)), value

    def _known(self, X: npt.ArrayLike) -> FloatArray:
        return np.nan_to_num(self._read(X))


class LastPeriod(_FixedRung):
    """The next period is as the last; who ordered in it orders again as often as such customers did."""

    name = "last period"
    columns = ("value_h1", "orders_h1")

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return last period's value, shape (n,)."""
        return self._known(X)[:, 0]

    def probability_active(self, X: npt.ArrayLike) -> FloatArray:
        """Return how many ordered of those who had, or had not, in the period before, shape (n,)."""
        orders = self._known(X)[:, 1]
        silent, ordered = self.rates_
        return np.where(orders > 0, ordered, silent)

    def _learn(
        self, table: FloatArray, value: FloatArray, active: BoolArray, upgraded: FloatArray, groups: IntArray
    ) -> None:
        ordered = table[:, 1] > 0
        self.rates_ = [_mean(active[ordered == state], active) for state in (False, True)]


class CrmRule(_FixedRung):
    """The published rule of a large CRM: average monthly spend x months x retention.

    Parameters
    ----------
    horizon_days : float, default=90
    """

    name = "CRM rule"
    columns = ("tenure_days", "value_ever", "orders_h1")

    def __init__(self, horizon_days: float = 90) -> None:
        self.horizon_days = horizon_days

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return the rule's value, shape (n,); it says nothing else."""
        tenure, value, _ = self._known(X).T
        monthly = value / np.maximum(tenure / _MONTH_DAYS, 1)
        forecast: FloatArray = monthly * (self.horizon_days / _MONTH_DAYS) * self.retention_
        return forecast

    def _learn(
        self, table: FloatArray, value: FloatArray, active: BoolArray, upgraded: FloatArray, groups: IntArray
    ) -> None:
        self.retention_ = _mean(active[table[:, 2] > 0], active)


class RfmCells(_FixedRung):
    """Means over cells of recency, frequency and value, five steps each, drawn a bit to the overall mean."""

    name = "RFM cells"
    columns = ("days_since_last_order", "orders_ever", "value_ever")

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return the mean value in each customer's cell, shape (n,)."""
        cell = self._cell(self._known(X))
        return self.value_[cell]

    def probability_active(self, X: npt.ArrayLike) -> FloatArray:
        """Return how many ordered in each customer's cell, shape (n,)."""
        cell = self._cell(self._known(X))
        return self.active_[cell]

    def probability_upgraded(self, X: npt.ArrayLike) -> FloatArray:
        """Return how many of those below the threshold reached it in each customer's cell, shape (n,)."""
        cell = self._cell(self._known(X))
        return self.upgraded_[cell]

    def _learn(
        self, table: FloatArray, value: FloatArray, active: BoolArray, upgraded: FloatArray, groups: IntArray
    ) -> None:
        quantiles = np.linspace(0, 1, _CELLS + 1)[1:-1]
        self.edges_ = [np.quantile(column, quantiles) for column in table.T]
        cell, below = self._cell(table), ~np.isnan(upgraded)
        self.value_ = _cell_means(cell, value)
        self.active_ = _cell_means(cell, active.astype(np.float64))
        self.upgraded_ = _cell_means(cell[below], upgraded[below])

    def _cell(self, table: FloatArray) -> IntArray:
        steps = [np.searchsorted(edges, column) for edges, column in zip(self.edges_, table.T, strict=True)]
        cell: IntArray = steps[0] * _CELLS**2 + steps[1] * _CELLS + steps[2]
        return cell


class PlainTrees(Rung):
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

    def choose(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return all features but what the purchase process says."""
        return tuple(name for name in names if not name.startswith("process_"))

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return what the trees of value say, shape (n,)."""
        said = self._ask("value", X)
        return self.unit_ * said

    def probability_active(self, X: npt.ArrayLike) -> FloatArray:
        """Return what the trees of activity say, shape (n,)."""
        return self._ask("active", X)

    def probability_upgraded(self, X: npt.ArrayLike) -> FloatArray:
        """Return what the trees of upgrades say, shape (n,)."""
        return self._ask("upgraded", X)

    def _learn(
        self, table: FloatArray, value: FloatArray, active: BoolArray, upgraded: FloatArray, groups: IntArray
    ) -> None:
        gain, below = np.maximum(value, 0), ~np.isnan(upgraded)
        self.unit_ = max(float(gain.mean()), 1e-300)
        self.learned_ = {
            "value": self._grow("tweedie", table, gain / self.unit_, groups),
            "active": self._grow("binary", table, active.astype(np.float64), groups),
            "upgraded": self._grow("binary", table[below], upgraded[below], groups[below]),
        }

    def _grow(self, objective: str, X: FloatArray, y: FloatArray, groups: IntArray) -> BaggedTrees | float:
        """Return trees, or the mean where there are none."""
        if not len(y):
            return 0.0
        trees = BaggedTrees(objective=objective, **(self.trees or {})).fit(X, y, groups=groups)
        return trees if trees.to_texts() else float(y.mean())

    def _ask(self, outcome: str, X: npt.ArrayLike) -> FloatArray:
        self.check_fitted()
        learned = self.learned_[outcome]
        if isinstance(learned, BaggedTrees):
            return learned.predict(X)
        table = self.validate(X, dtype=_FLOATS, ensure_all_finite="allow-nan", reset=False)
        return np.full(len(table), learned)


def create_rungs(horizon_days: float, trees: Mapping[str, Any] | None = None) -> list[Rung]:
    """Return the rungs from the bottom: three simple ones, and plain boosting, as elaborate as the model.

    Parameters
    ----------
    horizon_days : float
    trees : mapping, optional
        Settings of `BaggedTrees`.
    """
    return [LastPeriod(), CrmRule(horizon_days), RfmCells(), PlainTrees(trees)]


RUNGS = tuple(rung.name for rung in create_rungs(1))
"""What `create_rungs` returns, by name."""


def fit_rung(rung: Rung, examples: Sequence[Examples]) -> Rung:
    """Fit a rung on moments of the past, of which there is at least one."""
    names = rung.choose(examples[0].features.names)
    return rung.fit(
        np.concatenate([each.columns(names) for each in examples]),
        np.concatenate([each.value for each in examples]),
        active=np.concatenate([each.active for each in examples]),
        upgraded=np.concatenate([np.where(each.below, each.upgraded, np.nan) for each in examples]),
        groups=np.concatenate([each.people for each in examples]),
    )


def _mean(chosen: BoolArray, every: BoolArray) -> float:
    """Return the share among the chosen, or among all where nobody is chosen."""
    return float((chosen if len(chosen) else every).mean())


def _cell_means(cell: IntArray, amounts: FloatArray) -> FloatArray:
    overall = float(amounts.mean()) if len(amounts) else 0.0
    size = np.bincount(cell, minlength=_CELLS**3)
    total = np.bincount(cell, amounts, minlength=_CELLS**3)
    means: FloatArray = (total + _WEIGHT * overall) / (size + _WEIGHT)
    return means
