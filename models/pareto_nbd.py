"""Pareto/NBD: a customer may leave at any moment.

D. Schmittlein, D. Morrison, R. Colombo: Counting Your Customers: Who Are They and What Will They Do Next?,
Management Science 33 (1987). The 2F1 of their likelihood is the integral over the moment of leaving, which is
computed as such: it neither overflows nor cancels, and its gradient comes with it.
"""

from __future__ import annotations

from math import exp, expm1, log, log1p

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln, psi

from features.compiled import compiled
from models.likelihood import FloatArray, Gradients
from models.purchase_process import PurchaseProcess

_ABSCISSAE, _WEIGHTS = np.polynomial.legendre.leggauss(48)
# Squared abscissae are dense near the last purchase, where most of the integral lies.
_NODES = ((_ABSCISSAE + 1) / 2) ** 2
_LOG_WEIGHTS = np.log(_WEIGHTS * (_ABSCISSAE + 1) / 2)
_REACH = 40.0  # the integrand is followed down to exp(-40)


class ParetoNBD(PurchaseProcess):
    """Pareto/NBD: purchases at a gamma-distributed rate, dropout at another gamma-distributed rate.

    A customer buys at rate lambda ~ Gamma(r, alpha) and leaves at rate mu ~ Gamma(s, beta).

    See `models.purchase_process.PurchaseProcess` for parameters, attributes and ``X``.
    """

    names = ("r", "alpha", "s", "beta")
    times = ("alpha", "beta")

    def _log_likelihood(self, parameters: FloatArray, rows: FloatArray) -> Gradients:
        r, alpha, s, beta = parameters
        frequency, recency, age = rows.T
        shape, buying, leaving = r + frequency, np.log(alpha + age), np.log1p(age / beta)
        log_alive = -shape * buying - s * leaving
        log_left, gradient_left = _log_left(shape, alpha, s, beta, recency, age)
        left = expit(log_left - log_alive)
        value = gammaln(shape) - gammaln(r) + r * np.log(alpha) + np.logaddexp(log_alive, log_left)
        by_alive = [-buying, -shape / (alpha + age), -leaving, s / beta - s / (beta + age)]
        gradient = np.stack([(1 - left) * a + left * b for a, b in zip(by_alive, gradient_left, strict=True)])
        gradient[0] += psi(shape) - psi(r) + np.log(alpha)
        gradient[1] += r / alpha
        return value, gradient

    def _starts(self, rate: float) -> list[FloatArray]:
        shapes = ((0.5, 0.5, 0.5), (1.0, 1.0, 1.0), (0.3, 0.5, 3.0), (3.0, 0.3, 0.3), (0.1, 2.0, 2.0))
        return [np.array([r, r / rate, s, beta]) for r, s, beta in shapes]

    def _without_dropout(self, r: float, alpha: float) -> dict[str, float]:
        return {"r": r, "alpha": alpha, "s": 0.0, "beta": 1.0}

    def _alive(self, rows: FloatArray) -> FloatArray:
        alive: FloatArray = self._forecast(rows, np.zeros(len(rows)))[2]
        return alive

    def _forecast(self, rows: FloatArray, horizon: FloatArray) -> FloatArray:
        told = np.empty((3, len(rows)))
        _forecast(rows, np.ascontiguousarray(horizon), self._vector(), _NODES, _LOG_WEIGHTS, told)
        return told

    def _sample(
        self, rows: FloatArray, horizon: FloatArray, size: tuple[int, int], rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        r, alpha, s, beta = self._vector()
        frequency, _, age = np.moveaxis(rows, -1, 0)
        rate = rng.gamma(r + frequency, 1 / (alpha + age), size)
        alive = rng.random(size) < self._alive(rows[:, 0, :])[:, None]
        lasting = np.broadcast_to(horizon, size)
        if s > 0:
            leaving = np.maximum(rng.gamma(s, 1 / (beta + age), size), 1e-300)
            lasting = np.minimum(horizon, rng.exponential(size=size) / leaving)
        return np.where(alive, rng.poisson(rate * lasting), 0)


def _log_left(
    shape: FloatArray,
    alpha: float | FloatArray,
    s: float,
    beta: float | FloatArray,
    recency: FloatArray,
    age: FloatArray,
) -> tuple[FloatArray, list[FloatArray]]:
    """Log-probability density of the purchases of a customer who left between recency and age.

    It is the integral over the moment t of s beta^s (beta + t)^-(s+1) (alpha + t)^-shape, by Gauss-Legendre
    quadrature in u = log((alpha + t) / (alpha + recency)). Returned with its gradient by shape, alpha, s and
    beta.
    """
    bought, lasted = alpha + recency, beta + recency
    furthest = np.log1p((age - recency) / bought)
    decay = shape - 1 + (s + 1) * np.minimum(bought / lasted, 1)
    furthest = np.minimum(furthest, _REACH / np.maximum(decay, 1e-9))
    u = furthest[:, None] * _NODES
    buying = bought[:, None] * np.exp(u)
    lasting = lasted[:, None] + bought[:, None] * np.expm1(u)
    log_lasting = np.log(lasting)
    exponent = _LOG_WEIGHTS - (shape[:, None] - 1) * u - (s + 1) * log_lasting
    peak = exponent.max(axis=1)
    mass = np.exp(exponent - peak[:, None])
    total = mass.sum(axis=1)
    with np.errstate(divide="ignore"):
        scale = np.log(s) + s * np.log(beta) + np.log(furthest)
    log_bought = np.log(bought)
    value = np.log(total) + peak + scale - (shape - 1) * log_bought
    mass /= total[:, None]
    gradient = [
        -(mass * u).sum(axis=1) - log_bought,
        -shape * (mass / buying).sum(axis=1),
        1 / s + np.log(beta) - (mass * log_lasting).sum(axis=1),
        s / beta - (s + 1) * (mass / lasting).sum(axis=1),
    ]
    return value, gradient


@compiled
def _forecast(
    rows: FloatArray, horizon: FloatArray, parameters: FloatArray,
    nodes: FloatArray, log_weights: FloatArray, told: FloatArray,
) -> None:  # fmt: skip
    """Write expected purchases, and the chances to be active and alive, into `told`."""
    r, alpha, s, beta = parameters
    for row in range(len(rows)):
        frequency, recency, age = rows[row]
        span, shape, scale, lasting = horizon[row], r + frequency, alpha + age, beta + age
        alive = 1.0
        if s > 0:
            log_alive = -shape * log(scale) - s * log1p(age / beta)
            log_left = _log_density_left(shape, alpha, s, beta, recency, age, nodes, log_weights)
            alive = 1 / (1 + exp(log_left - log_alive))
        # The posterior of who is alive is a Pareto/NBD again, begun at the present age: no purchase is its
        # likelihood of a customer with none.
        none = exp(-shape * log1p(span / scale) - s * log1p(span / lasting))
        if s > 0:
            log_left = _log_density_left(shape, scale, s, lasting, 0.0, span, nodes, log_weights)
            none += exp(shape * log(scale) + log_left)
        growth = log1p(span / lasting)
        exponent = (1 - s) * growth
        # (1 - exp(-(s-1) L)) / (s-1), also at s = 1
        time_alive = lasting * growth * (expm1(exponent) / exponent if exponent != 0 else 1.0)
        told[0, row] = alive * shape / scale * time_alive
        told[1, row] = alive * min(max(1 - none, 0.0), 1.0)
        told[2, row] = alive


@compiled
def _log_density_left(
    shape: float, alpha: float, s: float, beta: float, recency: float, age: float,
    nodes: FloatArray, log_weights: FloatArray,
) -> float:  # fmt: skip
    """Return what `_log_left` does, of one customer and without the gradient."""
    bought, lasted = alpha + recency, beta + recency
    decay = shape - 1 + (s + 1) * min(bought / lasted, 1.0)
    furthest = min(log1p((age - recency) / bought), _REACH / max(decay, 1e-9))
    if furthest <= 0:
        return -np.inf
    peak, mass = -np.inf, 0.0
    for node in range(len(nodes)):
        u = furthest * nodes[node]
        exponent = log_weights[node] - (shape - 1) * u - (s + 1) * log(lasted + bought * expm1(u))
        if exponent > peak:
            mass = mass * exp(peak - exponent) + 1
            peak = exponent
        else:
            mass += exp(exponent - peak)
    return float(log(mass) + peak + log(s) + s * log(beta) + log(furthest) - (shape - 1) * log(bought))
