"""Gamma-Gamma: what a customer's orders are worth on average.

P. Fader, B. Hardie: The Gamma-Gamma Model of Monetary Value (2013), after R. Colombo and W. Jiang: A
stochastic RFM model, Journal of Interactive Marketing 13 (1999).
"""

from __future__ import annotations

import logging
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

from models.columns import FixedColumns
from models.likelihood import FloatArray, Gradients, Maximum, maximise

logger = logging.getLogger(__name__)

_FEW = 2_000  # customers that every start is tried on
_STARTS = ((1.0, 1.0), (6.0, 3.0), (0.5, 1.0), (30.0, 10.0), (2.0, 0.3))


class GammaGamma(FixedColumns):
    """Order values that vary by Gamma(p, nu) about a customer's own mean, with nu ~ Gamma(q, v).

    ``X`` has the shape (n, 2): `n_orders`, of all orders, the first included, and `mean_value`, their mean in
    money. Customers without orders, or with a mean that is not positive (returns, gifts), do not take part in
    the fit; their prediction reads negative numbers as 0.

    Parameters
    ----------
    prior_sd : float, default=5
        Standard deviation of the weak prior on the logarithms of p, q - 1 and v, about 1 with money in units
        of the median mean value. It weighs as much as one customer; infinity leaves plain maximum likelihood.
    max_customers : int, default=50000
        More customers than this are fitted on a sample of so many, drawn with a fixed seed; the standard
        error that this adds is about 1 % of a parameter.

    Attributes
    ----------
    parameters_ : dict of str to float
        p, q, v; q is above 1, so that every mean is finite; v is in money.
    converged_ : bool
        False where no customer could be learned from, or the search did not end; then the customer's own
        mean, shrunk to the overall mean by one order, serves.
    """

    columns = ("n_orders", "mean_value")
    negative_allowed = True

    def __init__(self, *, prior_sd: float = 5.0, max_customers: int = 50_000) -> None:
        self.prior_sd = prior_sd
        self.max_customers = max_customers

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:
        """Fit by penalised maximum likelihood; deterministic.

        Parameters
        ----------
        X : array-like of shape (n, 2)
            `n_orders`, `mean_value`.
        y : None
            Ignored.

        Raises
        ------
        ValueError
            If ``X`` has not two columns, or holds missing or infinite values.
        """
        rows = self._read(X, reset=True)
        paid = rows[(rows[:, 0] > 0) & (rows[:, 1] > 0)]
        if len(paid) > self.max_customers:
            paid = np.random.default_rng(0).choice(paid, self.max_customers, replace=False)
        found = self._search(*paid.T) if len(paid) else None
        self.converged_ = found is not None
        self.parameters_ = found or _own_mean(*paid.T)
        return self

    def _search(self, orders: FloatArray, mean: FloatArray) -> dict[str, float] | None:
        unit = float(np.median(mean))
        starts = [np.array([p, excess, excess / p]) for p, excess in _STARTS]
        end = self._maximise(orders[:_FEW], mean[:_FEW] / unit, starts)
        if len(orders) > _FEW:
            end = self._maximise(orders, mean / unit, [end.parameters])
        p, excess, v = (float(each) for each in end.parameters)
        return {"p": p, "q": 1 + excess, "v": v * unit} if end.converged else None

    def _maximise(self, orders: FloatArray, mean: FloatArray, starts: list[FloatArray]) -> Maximum:
        return maximise(lambda at: _by_excess(at, orders, mean), np.ones(len(orders)), starts, self.prior_sd)

    def log_likelihood(self, X: npt.ArrayLike) -> FloatArray:
        """Log-density of each customer's mean value, shape (n,); 0 where it is not positive."""
        orders, mean = self._read(X).T
        seen = (orders > 0) & (mean > 0)
        value = np.zeros(len(orders))
        p, q, v = self.parameters_.values()
        with np.errstate(divide="ignore"):  # of the gradient, where every mean was 0
            value[seen] = _log_likelihood(np.array([p, q, v]), orders[seen], mean[seen])[0]
        return value

    def score(self, X: npt.ArrayLike, y: object = None) -> float:
        """Mean log-likelihood: the higher, the better."""
        return float(self.log_likelihood(X).mean())

    def expected_mean_value(self, X: npt.ArrayLike) -> FloatArray:
        """Mean value of a customer's future orders, given the past ones.

        Parameters
        ----------
        X : array-like of shape (n, 2)
            `n_orders` (0 gives the mean over all customers), `mean_value`.

        Returns
        -------
        ndarray of shape (n,)
            In money, not negative.
        """
        return self.forecast(self._read(X))

    def forecast(self, rows: FloatArray) -> FloatArray:
        """Return what `expected_mean_value` does of rows that are finite, without a check."""
        shape, scale = self._posterior(rows)
        return self.parameters_["p"] * scale / (shape - 1)

    def sample_totals(self, X: npt.ArrayLike, orders: npt.ArrayLike, *, seed: int) -> FloatArray:
        """Draw the total value of future orders from its posterior predictive distribution.

        Parameters
        ----------
        X : array-like of shape (n, 2)
            `n_orders`, `mean_value` of the past.
        orders : array-like of int, shape (n, draws)
            Numbers of future orders, for instance from `PurchaseProcess.sample_purchases`.
        seed : int
            The same seed gives the same draws.

        Returns
        -------
        ndarray of shape (n, draws)
            In money.
        """
        rng = np.random.default_rng(seed)
        count = np.asarray(orders)
        shape, scale = self._posterior(self._read(X))
        rate = rng.gamma(shape[:, None], 1.0, count.shape)
        return rng.gamma(self.parameters_["p"] * count) * scale[:, None] / np.maximum(rate, 1e-300)

    def _posterior(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Shape and rate of the gamma distribution of a customer's nu."""
        p, q, v = self.parameters_.values()
        orders, mean = np.maximum(rows, 0).T
        return p * orders + q, v + orders * mean


def _own_mean(orders: FloatArray, mean: FloatArray) -> dict[str, float]:
    """Parameters that give a customer's own mean, shrunk to the overall mean by one order."""
    logger.warning("GammaGamma: no fit on %d customers with a positive mean, stepping back", len(orders))
    overall = float(orders @ mean / orders.sum()) if len(orders) else 0.0
    return {"p": 1.0, "q": 2.0, "v": overall}


def _by_excess(parameters: FloatArray, orders: FloatArray, mean: FloatArray) -> Gradients:
    p, excess, v = parameters
    return _log_likelihood(np.array([p, 1 + excess, v]), orders, mean)


def _log_likelihood(parameters: FloatArray, orders: FloatArray, mean: FloatArray) -> Gradients:
    p, q, v = parameters
    shape, total = p * orders, orders * mean
    log_all = np.log(v + total)
    value = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * (np.log(v) - log_all)
        + shape * (np.log(total) - log_all) - np.log(mean)
    )  # fmt: skip
    by_p = orders * (psi(shape + q) - psi(shape) + np.log(total) - log_all)
    by_q = psi(shape + q) - psi(q) + np.log(v) - log_all
    return value, np.stack([by_p, by_q, q / v - (shape + q) / (v + total)])
