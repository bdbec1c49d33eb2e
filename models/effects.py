"""Effects: what each attribute of a customer adds to a target, as one table of steps for each attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import expit

from features.timeline import FloatArray, IntArray
from models.churn import find_shift
from models.hashing import mix

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Kind = Literal["value", "active"]
_POWER = 1.3  # of the Tweedie distribution
_PENALTIES = (0.003, 0.03, 0.3)
_FOLDS = 4
_FOLDS_TO_WIN = 3
_MOST_STEPS = 24
_STEPS = 6  # of a figure with many values
_MOST_MEANS = 100.0  # one customer's value counts for no more


@dataclass(frozen=True)
class Effects:
    """Steps of each attribute, on the scale of logarithms or log-odds.

    Attributes
    ----------
    edges : tuple of tuple of float
        By attribute, where a step ends and the next begins.
    sizes : tuple of tuple of float
        By attribute, what each step adds; the first is for who does not say.
    """

    edges: tuple[tuple[float, ...], ...]
    sizes: tuple[tuple[float, ...], ...]

    def parts(self, attributes: FloatArray) -> FloatArray:
        """Return what each attribute adds, shape (customers, attributes); NaN is unknown."""
        parts = np.zeros(attributes.shape)
        for i, (edges, sizes) in enumerate(zip(self.edges, self.sizes, strict=True)):
            parts[:, i] = np.array(sizes)[_step(attributes[:, i], edges)]
        return parts

    def to_json(self) -> dict[str, Any]:
        """Return the effects as plain data."""
        return {"edges": [list(each) for each in self.edges], "sizes": [list(each) for each in self.sizes]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Effects:
        """Return the effects that `to_json` wrote."""
        edges, sizes = (tuple(tuple(each) for each in data[name]) for name in ("edges", "sizes"))
        return cls(edges, sizes)


def fit_effects(
    attributes: FloatArray, target: FloatArray, people: IntArray, kind: Kind
) -> tuple[Effects | None, FloatArray]:
    """Fit what attributes add, drawn towards nothing.

    Parameters
    ----------
    attributes : float64 array, shape (n, attributes)
    target : float64 array, shape (n,)
        Value over its mean, or 1 for who was active and 0 for who was not.
    people : int64 array, shape (n,)
        What tells customers apart.
    kind : {"value", "active"}

    Returns
    -------
    effects : Effects or None
        None where unseen customers were not told apart better than by nothing.
    oof : float64 array, shape (n,)
        What customers were told by effects that had not seen them; zeros without effects.
    """
    nothing = np.zeros(len(target))
    edges = tuple(_find_edges(column) for column in attributes.T)
    X, fold = _spread(attributes, edges), (mix(people) >> np.uint64(40)) % _FOLDS
    if kind == "value":
        target = np.minimum(target, _MOST_MEANS)
    parts = [fold == each for each in range(_FOLDS)]
    if not attributes.size or not all(_can_learn(target[part], kind) for part in parts):
        return None, nothing
    best: tuple[float, FloatArray] | None = None
    told, plain = nothing, np.array([_loss(target, nothing, part, kind) for part in parts])
    losses = plain
    for penalty in _PENALTIES:
        oof = np.zeros(len(target))
        for part in parts:
            oof[part] = X[part] @ _solve(X[~part], target[~part], kind, penalty)
        found = np.array([_loss(target, oof, part, kind) for part in parts])
        if found.sum() < losses.sum():
            losses, told, best = found, oof, (penalty, oof)
    if best is None or (losses < plain).sum() < _FOLDS_TO_WIN:
        return None, nothing
    flat = _solve(X, target, kind, best[0])
    ends = np.cumsum([len(each) + 2 for each in edges])[:-1]
    return Effects(edges, tuple(tuple(each.tolist()) for each in np.split(flat, ends))), told


def _step(column: FloatArray, edges: Sequence[float]) -> IntArray:
    """Return the step of each value: 0 where it is unknown."""
    known = 1 + np.searchsorted(np.array(edges), column, side="right")
    return np.where(np.isnan(column), 0, known)


def _find_edges(column: FloatArray) -> tuple[float, ...]:
    """Part the values of a column: each for itself when they are few, else into sixths."""
    values = np.unique(column[np.isfinite(column)])
    if len(values) > _MOST_STEPS:
        values = np.unique(np.quantile(column[np.isfinite(column)], np.linspace(0, 1, _STEPS + 1)))
        return tuple(values[1:-1].tolist())
    return tuple(((values[1:] + values[:-1]) / 2).tolist())


def _spread(attributes: FloatArray, edges: Sequence[Sequence[float]]) -> csr_array:
    """Return a column for each step, 1 where a customer is on it."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - only training needs it

    rows, count = attributes.shape
    starts = np.cumsum([0, *(len(each) + 2 for each in edges)])
    steps = [starts[i] + _step(attributes[:, i], edges[i]) for i in range(count)]
    columns = np.column_stack(steps) if count else np.zeros((rows, 0), dtype=np.int64)
    places = (np.repeat(np.arange(rows), count), columns.ravel())
    return csr_array((np.ones(rows * count), places), shape=(rows, int(starts[-1])))


def _solve(X: csr_array, target: FloatArray, kind: Kind, penalty: float) -> FloatArray:
    from sklearn.linear_model import LogisticRegression, TweedieRegressor  # noqa: PLC0415 - likewise

    if kind == "value":
        model = TweedieRegressor(power=_POWER, alpha=penalty, link="log", max_iter=200)
    else:
        model = LogisticRegression(C=1 / (penalty * len(target)), max_iter=200)
    found: FloatArray = np.ravel(model.fit(X, target).coef_)
    return found


def _can_learn(target: FloatArray, kind: Kind) -> bool:
    positive = int((target > 0).sum())
    return positive > 0 and (kind == "value" or positive < len(target))


def _loss(target: FloatArray, oof: FloatArray, rows: Any, kind: Kind) -> float:
    """Return the loss of predictions whose level is right."""
    from sklearn.metrics import log_loss, mean_tweedie_deviance  # noqa: PLC0415 - likewise

    came, told = target[rows], oof[rows]
    if kind == "active":
        return float(log_loss(came, _set_rate(told, float(came.mean())), labels=[0, 1]))
    told = np.exp(told)
    return float(mean_tweedie_deviance(came, told * came.mean() / told.mean(), power=_POWER))


def _set_rate(odds: FloatArray, rate: float) -> FloatArray:
    chance: FloatArray = expit(odds + find_shift(odds, rate))
    return chance
