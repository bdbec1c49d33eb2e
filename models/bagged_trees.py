"""Bagged trees: one small boosted model for each part of the customers left out, and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from features.timeline import FloatArray, IntArray
from models.estimator import Estimator
from models.hashing import mix
from models.trees import Trees

if TYPE_CHECKING:
    from lightgbm import Dataset

_PATIENCE = 12
_BINNED_ROWS = 50_000  # tell well enough where 63 bins lie
_FULL_L2_ROWS = 2_000  # few rows have small sums of gradients, which the full penalty would hide
_STUMP_RATE = 0.2


class _Growth(NamedTuple):
    leaves: int
    learning_rate: float
    most_trees: int


class BaggedTrees(Estimator):
    """Boosted trees, bagged over groups of customers.

    Customers are split into folds by a hash of their group. Each fold's trees learn from the other folds and
    stop where the fold itself stops gaining, so that overlapping snapshots of one customer never tell of each
    other. A fold that leaves the others nothing to learn from has no trees. The prediction is the mean over
    the folds, and `oof_` is what each row is told by the trees that never saw its group.

    Parameters
    ----------
    objective : str, default="regression"
        Of LightGBM: ``regression``, ``tweedie`` or ``binary``.
    folds : int, default=4
    learning_rate : float, default=0.13
    leaves : int, default=8
    most_trees : int, default=70
        Of each fold.
    stumps : int, default=0
        Trees of a single split, at most, in a bag of their own beside each fold's other trees; both count as
        much. They add up to a curve for each feature (a generalized additive model; Y. Lou, R. Caruana and
        J. Gehrke: Intelligible models for classification and regression, KDD 2012), and err otherwise than
        trees that part the customers ever more finely.
    leaf_customers : int, default=100
        Rows a leaf needs; fewer when there are few.
    l2 : float, default=10
    seed : int, default=7
    num_threads : int, default=1
        Folds that are fitted at once; the trees are the same for any number.

    Attributes
    ----------
    trees_ : Trees
        A bag for each fold, and behind them those of stumps.
    oof_ : ndarray of shape (n,)
        Raw out-of-fold predictions, on the scale of the link, without the offset.
    """

    def __init__(
        self,
        *,
        objective: str = "regression",
        folds: int = 4,
        learning_rate: float = 0.13,
        leaves: int = 8,
        most_trees: int = 70,
        stumps: int = 0,
        leaf_customers: int = 100,
        l2: float = 10.0,
        seed: int = 7,
        num_threads: int = 1,
    ) -> None:
        self.objective = objective
        self.folds = folds
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.most_trees = most_trees
        self.stumps = stumps
        self.leaf_customers = leaf_customers
        self.l2 = l2
        self.seed = seed
        self.num_threads = num_threads

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        groups: IntArray | None = None,
        offset: FloatArray | None = None,
    ) -> Self:
        """Fit; deterministic for a seed.

        Parameters
        ----------
        X : array-like of shape (n, features)
            NaN is unknown.
        y : array-like of shape (n,)
        groups : ndarray of shape (n,), optional
            Customers; by default each row is one of its own.
        offset : ndarray of shape (n,), optional
            Where each row's raw prediction starts from.
        """
        from lightgbm import Dataset  # noqa: PLC0415 - a second that only training needs

        table, target = self.validate(
            X, y, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan", y_numeric=True
        )
        rows = len(target)
        fold = _assign(np.arange(rows) if groups is None else groups, self.folds, self.seed)
        # With an offset the caller knows the level; without one a constant is the least there is to say.
        plain = self.objective == "regression" and offset is None
        self.center_ = float(np.mean(target)) if plain else 0.0
        start = np.full(rows, self.center_) if offset is None else offset
        growths = [_Growth(self.leaves, self.learning_rate, self.most_trees)]
        if self.stumps:
            growths.append(_Growth(2, _STUMP_RATE, self.stumps))
        parameters = {**self._parameters(rows, growths[0]), "num_threads": self.num_threads}
        data = Dataset(table, target, init_score=start, params=parameters, free_raw_data=False).construct()
        inside = (part for part in range(self.folds) if 0 < np.count_nonzero(fold == part) < rows)
        self._folds = [part for part in inside if self._can_learn(target[fold != part])]
        parts = [(np.flatnonzero(fold != part), np.flatnonzero(fold == part)) for part in self._folds]
        tasks = [(growth, *part) for growth in growths for part in parts]
        # A fold a thread: LightGBM's own threads spin while they wait, which costs most on a busy machine.
        with ThreadPoolExecutor(self.num_threads) as pool:
            self._keep(list(pool.map(lambda task: self._boost(data, *task), tasks)))
        self.oof_ = self._tell_unseen(table, fold)
        return self

    def raw_unseen(self, X: npt.NDArray[np.float32], groups: IntArray) -> FloatArray:
        """Return raw predictions of rows that need not be among the fitted, by trees that saw no such group.

        Parameters
        ----------
        X : float32 array, shape (n, features)
        groups : int64 array, shape (n,)
            As they were given to `fit`.

        Returns
        -------
        float64 array, shape (n,)
            For fitted rows the same as `oof_`.
        """
        return self._tell_unseen(X, _assign(groups, self.folds, self.seed))

    def raw(self, X: npt.NDArray[np.float32 | np.float64]) -> FloatArray:
        """Return the mean raw prediction without the offset, shape (n,)."""
        return self.center_ + self.trees_.raw(X) / max(len(self._texts), 1)

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return predictions of rows whose offset is 0, shape (n,)."""
        self.check_fitted()
        table = self.validate(X, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan", reset=False)
        raw = self.raw(table)
        if self.objective == "regression":
            return raw
        link: FloatArray = expit(raw) if self.objective == "binary" else np.exp(raw)
        return link

    def to_texts(self) -> list[str]:
        """Return the trees as LightGBM text, one for each bag."""
        return list(self._texts)

    @classmethod
    def from_texts(cls, texts: Sequence[str], objective: str) -> Self:
        """Return the trees that `to_texts` wrote, to predict raw values with."""
        trees = cls(objective=objective)
        trees._keep(texts)
        trees.center_ = 0.0
        return trees

    def _tell_unseen(self, table: npt.NDArray[Any], fold: IntArray) -> FloatArray:
        found = np.full(len(table), self.center_)
        for part, text in zip(cycle(self._folds), self._texts, strict=False):
            inside = fold == part
            found[inside] += Trees.from_texts([text]).raw(table[inside]) * len(self._folds) / len(self._texts)
        return found

    def _keep(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        self.trees_ = Trees.from_texts(texts)

    def _can_learn(self, target: FloatArray) -> bool:
        """Return whether an objective can: tweedie from anything above 0, binary from both outcomes."""
        if self.objective == "regression":
            return True
        return bool(target.any()) and not (self.objective == "binary" and target.all())

    def _boost(self, data: Dataset, growth: _Growth, outside: IntArray, inside: IntArray) -> str:
        """Return the trees that learned outside a fold, up to where the inside stopped gaining."""
        from lightgbm import early_stopping, train  # noqa: PLC0415 - as above

        stop = early_stopping(_PATIENCE, verbose=False)
        parameters = self._parameters(len(outside), growth)
        learn, check = data.subset(outside.tolist()), data.subset(inside.tolist())
        booster = train(parameters, learn, growth.most_trees, valid_sets=[check], callbacks=[stop])
        return str(booster.model_to_string(num_iteration=booster.best_iteration))

    def _parameters(self, rows: int, growth: _Growth) -> dict[str, object]:
        return {
            "objective": self.objective,
            "tweedie_variance_power": 1.3,
            "learning_rate": growth.learning_rate,
            "num_leaves": growth.leaves,
            "min_data_in_leaf": int(np.clip(rows // 50, 2, self.leaf_customers)),
            "lambda_l2": self.l2 * min(1.0, rows / _FULL_L2_ROWS),
            "feature_fraction": 0.5,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "max_bin": 63,
            "min_data_in_bin": 3,
            "bin_construct_sample_cnt": _BINNED_ROWS,
            "seed": self.seed,
            "num_threads": 1,
            "deterministic": True,
            "force_col_wise": True,
            "feature_pre_filter": False,
            "verbose": -1,
        }

    def score(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return the share of the target's variance that predictions explain."""
        from sklearn.metrics import r2_score  # noqa: PLC0415 - as above

        return float(r2_score(y, self.predict(X)))

    def __sklearn_tags__(self) -> Any:
        """Declare a regressor to which unknown features are welcome."""
        from sklearn.utils import RegressorTags  # noqa: PLC0415 - only scikit-learn asks

        tags = super().__sklearn_tags__()
        tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        return tags


def _assign(groups: IntArray, folds: int, seed: int) -> IntArray:
    """Assign each group to a fold by a hash, so that a fold depends on nothing but the customer."""
    fold: IntArray = ((mix(groups + seed) >> np.uint64(33)) % np.uint64(folds)).astype(np.int64)
    return fold
