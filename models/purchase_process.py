"""What purchase-process models share: input, scaling, the search and the steps back.

A customer buys at random at a rate of their own until, unseen, they leave. The models differ in how that
happens: `models.bgnbd.BGNBD`, `models.bgnbd.MBGNBD` and `models.pareto_nbd.ParetoNBD`.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

from models.cells import collapse
from models.columns import FixedColumns
from models.likelihood import FloatArray, Gradients, maximise

logger = logging.getLogger(__name__)

FULL, NO_DROPOUT, POOLED_RATE = "full", "no dropout", "pooled rate"
"""What the data may carry: the model, one without leaving, or one rate for all."""

_CHUNK = 4096  # rows whose temporaries stay in the processor's cache
_FEW_CELLS = 2_000
_INSTANT = 1e-100  # a mean age below this is no time
_NEVER = 1e200
_POISSON_SHAPE = 1e6  # a gamma distribution this sharp is one rate for all


class PurchaseProcess(FixedColumns, ABC):
    """Base of the purchase-process models.

    ``X`` has the shape (n, 3): `frequency`, purchases after the first; `recency`, time from the first
    purchase to the last; `age`, time from the first purchase to now. Times share one unit, which is the unit
    of every horizon too. A recency above the age is read as the age, and one without repeat purchases as 0.

    Parameters
    ----------
    prior_sd : float, default=5
        Standard deviation of the weak prior on the logarithm of each parameter, about 1 with time in units of
        the mean age. It weighs as much as one customer; infinity leaves plain maximum likelihood.
    max_cells : int, default=20000
        More customers than this are gathered into about so many cells (`models.cells.collapse`).

    Attributes
    ----------
    parameters_ : dict of str to float
        The process's parameters, scale parameters in the unit of time of ``X``.
    rung_ : {"full", "no dropout", "pooled rate"}
        What the data carried: the model, the model with customers who never leave (NBD), or one rate for all.
    converged_ : bool
        Whether that is the full model.
    """

    columns = ("frequency", "recency", "age")
    names: ClassVar[tuple[str, ...]]
    times: ClassVar[tuple[str, ...]]
    """Which of the parameters are in units of time."""

    def __init__(self, *, prior_sd: float = 5.0, max_cells: int = 20_000) -> None:
        self.prior_sd = prior_sd
        self.max_cells = max_cells

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:
        """Fit by penalised maximum likelihood; deterministic.

        Where no start converges, step back to customers who never leave, then to one pooled rate, and log it.

        Parameters
        ----------
        X : array-like of shape (n, 3)
            `frequency`, `recency`, `age`.
        y : None
            Ignored.

        Raises
        ------
        ValueError
            If ``X`` has not three columns, or holds negative, missing or infinite values.
        """
        rows = _tidy(self._read(X, reset=True))
        unit = max(float(rows[:, 2].mean()), _INSTANT)
        self.rung_, found = self._climb(rows / (1.0, unit, unit))
        self.converged_ = self.rung_ == FULL
        self.parameters_ = {n: float(v * unit if n in self.times else v) for n, v in found.items()}
        return self

    def _climb(self, rows: FloatArray) -> tuple[str, dict[str, float]]:
        """Return the first rung whose search ends, and its parameters."""
        if rows[:, 2].mean() > 0.5:  # it is 1 once scaled
            for rung, search in ((FULL, self._search), (NO_DROPOUT, self._search_without_dropout)):
                found, converged = search(rows)
                if converged:
                    return rung, found
                logger.warning("%s: search did not end on rung %r, stepping back", type(self).__name__, rung)
        else:
            logger.warning("%s: no time was observed, so no purchases are expected", type(self).__name__)
        return POOLED_RATE, self._pool(rows)

    def log_likelihood(self, X: npt.ArrayLike) -> FloatArray:
        """Log-likelihood of each customer's purchases, shape (n,)."""
        rows = self._rows(X)
        with np.errstate(divide="ignore", invalid="ignore"):  # of the gradient, without dropout
            return self._log_likelihood(self._vector(), rows)[0]

    def score(self, X: npt.ArrayLike, y: object = None) -> float:
        """Mean log-likelihood of the customers' purchases: the higher, the better."""
        return float(self.log_likelihood(X).mean())

    def expected_purchases(self, X: npt.ArrayLike, horizon: npt.ArrayLike) -> FloatArray:
        """Mean number of purchases in (age, age + horizon], given the past.

        Parameters
        ----------
        X : array-like of shape (n, 3)
            `frequency`, `recency`, `age`.
        horizon : float or array-like of shape (n,)
            In the unit of time of ``X``; not negative.

        Returns
        -------
        ndarray of shape (n,)
        """
        purchases: FloatArray = self._by_chunk(self._forecast, X, horizon)[0]
        return purchases

    def probability_alive(self, X: npt.ArrayLike) -> FloatArray:
        """Probability that a customer has not left by their age, shape (n,)."""
        alive: FloatArray = self._by_chunk(self._forecast, X, 0.0)[2]
        return alive

    def probability_active(self, X: npt.ArrayLike, horizon: npt.ArrayLike) -> FloatArray:
        """Probability of at least one purchase in (age, age + horizon], given the past.

        Parameters
        ----------
        X : array-like of shape (n, 3)
            `frequency`, `recency`, `age`.
        horizon : float or array-like of shape (n,)
            In the unit of time of ``X``; not negative.

        Returns
        -------
        ndarray of shape (n,)
        """
        active: FloatArray = self._by_chunk(self._forecast, X, horizon)[1]
        return active

    def forecast(self, rows: FloatArray, horizon: float) -> FloatArray:
        """Return expected purchases, and the chances to be active and alive, at once and without a check.

        Parameters
        ----------
        rows : ndarray of shape (n, 3)
            As ``X``: finite, not negative, no recency above its age, and 0 without repeat purchases.
        horizon : float

        Returns
        -------
        ndarray of shape (3, n)
        """
        span = np.full(len(rows), horizon)
        if len(rows) <= _CHUNK:
            return self._forecast(rows, span)
        parts = [
            self._forecast(rows[at : at + _CHUNK], span[at : at + _CHUNK])
            for at in range(0, len(rows), _CHUNK)
        ]
        return np.concatenate(parts, axis=-1)

    def sample_purchases(
        self, X: npt.ArrayLike, horizon: npt.ArrayLike, *, draws: int, seed: int
    ) -> npt.NDArray[np.int64]:
        """Draw numbers of purchases in (age, age + horizon] from their posterior predictive distribution.

        Parameters
        ----------
        X : array-like of shape (n, 3)
            `frequency`, `recency`, `age`.
        horizon : float or array-like of shape (n,)
            In the unit of time of ``X``; not negative.
        draws : int
            How many per customer.
        seed : int
            The same seed gives the same draws.

        Returns
        -------
        ndarray of shape (n, draws)
        """
        rows = self._rows(X)
        span = np.broadcast_to(np.asarray(horizon, dtype=np.float64), len(rows))
        return self._sample(rows[:, None, :], span[:, None], (len(rows), draws), np.random.default_rng(seed))

    @abstractmethod
    def _log_likelihood(self, parameters: FloatArray, rows: FloatArray) -> Gradients: ...

    @abstractmethod
    def _starts(self, rate: float) -> list[FloatArray]: ...

    @abstractmethod
    def _without_dropout(self, r: float, alpha: float) -> dict[str, float]: ...

    @abstractmethod
    def _forecast(self, rows: FloatArray, horizon: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _sample(
        self, rows: FloatArray, horizon: FloatArray, size: tuple[int, int], rng: np.random.Generator
    ) -> npt.NDArray[np.int64]: ...

    def _search(self, rows: FloatArray) -> tuple[dict[str, float], bool]:
        """Try every start on few cells, then finish from the best end on all of them."""
        few, counts = collapse(rows, _FEW_CELLS)
        starts = self._starts(_pooled_rate(rows) or 1.0)
        end = maximise(lambda p: self._log_likelihood(p, few), counts, starts, self.prior_sd)
        if len(few) < len(rows):
            cells, counts = collapse(rows, self.max_cells)
            end = maximise(lambda p: self._log_likelihood(p, cells), counts, [end.parameters], self.prior_sd)
        return dict(zip(self.names, end.parameters, strict=True)), end.converged

    def _search_without_dropout(self, rows: FloatArray) -> tuple[dict[str, float], bool]:
        cells, counts = collapse(rows, self.max_cells)
        rate = _pooled_rate(rows) or 1.0
        starts = [np.array([shape, shape / rate]) for shape in (0.3, 1.0, 3.0)]
        end = maximise(lambda p: _nbd_log_likelihood(p, cells), counts, starts, self.prior_sd)
        return self._without_dropout(*end.parameters), end.converged

    def _pool(self, rows: FloatArray) -> dict[str, float]:
        """One rate for all; without any time observed there is none, and nothing more is expected."""
        rate = _pooled_rate(rows)
        return self._without_dropout(_POISSON_SHAPE, _POISSON_SHAPE / rate if rate > 0 else _NEVER)

    def _vector(self) -> FloatArray:
        return np.array([self.parameters_[name] for name in self.names])

    def _rows(self, X: npt.ArrayLike) -> FloatArray:
        return _tidy(self._read(X))

    def _by_chunk(
        self,
        predict: Callable[[FloatArray, FloatArray], FloatArray],
        X: npt.ArrayLike,
        horizon: npt.ArrayLike,
    ) -> FloatArray:
        rows = self._rows(X)
        span = np.asarray(horizon, dtype=np.float64)
        if not (span >= 0).all():
            raise ValueError(f"horizon is {horizon!r}, expected a time of at least 0")
        span = np.broadcast_to(span, len(rows))
        parts = [
            predict(rows[at : at + _CHUNK], span[at : at + _CHUNK]) for at in range(0, len(rows), _CHUNK)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)


def _tidy(X: FloatArray) -> FloatArray:
    frequency, recency, age = X.T
    return np.column_stack([frequency, np.where(frequency > 0, np.minimum(recency, age), 0.0), age])


def _pooled_rate(rows: FloatArray) -> float:
    purchases, _, time = rows.sum(axis=0)
    return float(purchases / time) if time > 0 else 0.0


def _nbd_log_likelihood(parameters: FloatArray, rows: FloatArray) -> Gradients:
    """Purchases at a gamma-distributed rate by customers who never leave."""
    r, alpha = parameters
    frequency, _, age = rows.T
    shape, log_time = r + frequency, np.log(alpha + age)
    value = gammaln(shape) - gammaln(r) + r * np.log(alpha) - shape * log_time
    by_r = psi(shape) - psi(r) + np.log(alpha) - log_time
    return value, np.stack([by_r, r / alpha - shape / (alpha + age)])
