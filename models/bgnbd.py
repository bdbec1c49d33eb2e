"""BG/NBD and MBG/NBD: a customer may leave after a purchase, and only then.

P. Fader, B. Hardie, K. Lee: "Counting Your Customers" the Easy Way, Marketing Science 24 (2005); E. Batislam,
M. Denizel, A. Filiztekin: Empirical validation and comparison of models for customer base analysis,
International Journal of Research in Marketing 24 (2007).
"""

from __future__ import annotations

from math import expm1, log, log1p
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln, psi

from features.compiled import compiled
from models.geometric_dropout import expected_until_dropout
from models.likelihood import FloatArray, Gradients
from models.odds import probability
from models.purchase_process import PurchaseProcess


class BGNBD(PurchaseProcess):
    """BG/NBD: purchases at a gamma-distributed rate, beta-distributed chances to leave after each repeat.

    A customer buys at rate lambda ~ Gamma(r, alpha) and leaves after each repeat purchase with probability
    p ~ Beta(a, b). One-time buyers are all still alive in this model.

    See `models.purchase_process.PurchaseProcess` for parameters, attributes and ``X``.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0, 0, 39], [1, 2, 38], [2, 30, 38], [0, 0, 35], [6, 29, 37], [1, 10, 36]])
    >>> model = BGNBD().fit(X)
    >>> model.probability_alive(X[:1]).tolist()
    [1.0]
    """

    names = ("r", "alpha", "a", "b")
    times = ("alpha",)
    _chances_at_first: ClassVar[int] = 0
    """Dropout chances that came with the first purchase."""

    def _log_likelihood(self, parameters: FloatArray, rows: FloatArray) -> Gradients:
        r, alpha, a, b = parameters
        frequency, recency, age = rows.T
        shape, stayed = r + frequency, b + frequency + self._chances_at_first
        until_last, until_now = alpha + recency, alpha + age
        log_gap = np.log(until_now / until_last)
        log_odds = self._log_odds_left(parameters, rows)
        left = expit(log_odds)
        log_alpha, log_now = np.log(alpha), np.log(until_now)
        value = (
            gammaln(shape) - gammaln(r) + r * log_alpha - shape * log_now
            + (gammaln(stayed) - gammaln(b)) - (gammaln(a + stayed) - gammaln(a + b))
            + np.logaddexp(0, log_odds)
        )  # fmt: skip
        common = psi(a + b) - psi(a + stayed)
        gradient = [
            psi(shape) - psi(r) + log_alpha - log_now + left * log_gap,
            r / alpha - shape / until_now + left * shape * (1 / until_now - 1 / until_last),
            common + (left / a if a > 0 else 0.0),
            common + psi(stayed) - psi(b) - left / self._chances(frequency, b),
        ]
        return value, np.stack(gradient)

    def _chances(self, frequency: FloatArray, b: float) -> FloatArray:
        return np.maximum(b + frequency + self._chances_at_first - 1, b)

    def _log_odds_left(self, parameters: FloatArray, rows: FloatArray) -> FloatArray:
        """Log-odds that the customer left at their last purchase."""
        found = np.empty(len(rows))
        _write_log_odds(np.asarray(parameters), self._chances_at_first, np.ascontiguousarray(rows), found)
        return found

    def _starts(self, rate: float) -> list[FloatArray]:
        shapes = ((0.3, 0.5, 2.0), (1.0, 1.0, 3.0), (0.3, 1.0, 1.0), (3.0, 0.1, 10.0), (0.05, 3.0, 10.0))
        return [np.array([r, r / rate, a, b]) for r, a, b in shapes]

    def _without_dropout(self, r: float, alpha: float) -> dict[str, float]:
        return {"r": r, "alpha": alpha, "a": 0.0, "b": 1.0}

    def _alive(self, rows: FloatArray) -> FloatArray:
        alive: FloatArray = expit(-self._log_odds_left(self._vector(), rows))
        return alive

    def _forecast(self, rows: FloatArray, horizon: FloatArray) -> FloatArray:
        told = np.empty((3, len(rows)))
        _forecast(rows, np.ascontiguousarray(horizon), self._vector(), self._chances_at_first, told)
        return told

    def _sample(
        self, rows: FloatArray, horizon: FloatArray, size: tuple[int, int], rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        r, alpha, a, b = self._vector()
        frequency, _, age = np.moveaxis(rows, -1, 0)
        mean = rng.gamma(r + frequency, horizon / (alpha + age), size)
        alive = rng.random(size) < self._alive(rows[:, 0, :])[:, None]
        bought = rng.poisson(mean)
        if a > 0:
            leaving = np.maximum(rng.beta(a, b + frequency + self._chances_at_first, size), 1e-15)
            bought = np.minimum(bought, rng.geometric(leaving))
        return np.where(alive, bought, 0)


class MBGNBD(BGNBD):
    """MBG/NBD: as BG/NBD, but a customer may leave after the first purchase already.

    See `models.purchase_process.PurchaseProcess` for parameters, attributes and ``X``.
    """

    _chances_at_first = 1


@compiled
def _log_odds_left(
    parameters: FloatArray, chances_at_first: int, frequency: float, recency: float, age: float
) -> float:
    """Return the log-odds that a customer left at their last purchase."""
    r, alpha, a, b = parameters
    if a == 0 or (frequency == 0 and chances_at_first == 0):
        return -np.inf
    chances = max(b + frequency + chances_at_first - 1, b)
    return float(log(a / chances) + (r + frequency) * log((alpha + age) / (alpha + recency)))


@compiled
def _write_log_odds(
    parameters: FloatArray, chances_at_first: int, rows: FloatArray, found: FloatArray
) -> None:
    for i in range(len(rows)):
        found[i] = _log_odds_left(parameters, chances_at_first, rows[i, 0], rows[i, 1], rows[i, 2])


@compiled
def _forecast(
    rows: FloatArray, horizon: FloatArray, parameters: FloatArray, chances_at_first: int, told: FloatArray
) -> None:
    """Write expected purchases, and the chances to be active and alive, into `told`."""
    r, alpha, a, b = parameters
    for i in range(len(rows)):
        frequency, recency, age = rows[i]
        shape, stayed = r + frequency, b + frequency + chances_at_first
        span = horizon[i] / (alpha + age)
        alive = probability(-_log_odds_left(parameters, chances_at_first, frequency, recency, age))
        told[0, i] = alive * expected_until_dropout(shape, a, stayed, span)
        # Alive, a customer can't leave before the next purchase: its time is gamma-mixed exponential.
        told[1, i] = alive * -expm1(-shape * log1p(span))
        told[2, i] = alive
