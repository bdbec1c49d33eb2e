"""Maximum likelihood that always comes to an answer: several starts, bounds, a weak prior.

Parameters are positive and optimised as logarithms, by L-BFGS-B with analytic gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Gradients = tuple[FloatArray, FloatArray]
LogLikelihood = Callable[[FloatArray], Gradients]

LOG_BOUND = np.log(1e5)
_UNUSABLE = 1e300
_GRADIENT_TOLERANCE = 1e-5  # of the mean log-likelihood, per unit of a logarithm


@dataclass(frozen=True)
class Maximum:
    """Where a search ended.

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,)
        The positive parameters.
    loss : float
        Negative mean log-likelihood plus prior there.
    converged : bool
        Whether the gradient vanishes, but for parameters at a bound.
    """

    parameters: FloatArray
    loss: float
    converged: bool


def maximise(
    log_likelihood: LogLikelihood, weights: FloatArray, starts: Sequence[FloatArray], prior_sd: float
) -> Maximum:
    """Find the positive parameters with the greatest penalised likelihood.

    Parameters
    ----------
    log_likelihood : callable
        From parameters, shape (n_parameters,), to the log-likelihood of every row, shape (n,), and its
        gradient by the parameters, shape (n_parameters, n).
    weights : ndarray of shape (n,)
        How many customers a row stands for.
    starts : sequence of ndarray
        Where to begin; the best end is returned, the earliest of equals.
    prior_sd : float
        The logarithm of every parameter has a normal prior about 0 with this standard deviation. It weighs as
        much as one customer does; infinity means plain maximum likelihood.
    """
    total = weights.sum()

    def loss(logs: FloatArray) -> tuple[float, FloatArray]:
        parameters = np.exp(logs)
        each, gradient = log_likelihood(parameters)
        slope = parameters * (gradient @ weights)
        value = float((logs @ logs / (2 * prior_sd**2) - each @ weights) / total)
        slope = (logs / prior_sd**2 - slope) / total
        # A step into a corner where the likelihood underflows is a bad step, not an error.
        return (
            (value, slope)
            if np.isfinite(value) and np.isfinite(slope).all()
            else (1e300, np.zeros_like(logs))
        )

    return min(
        (_descend(loss, np.log(start)) for start in starts), key=lambda end: (not end.converged, end.loss)
    )


def _descend(loss: Callable[[FloatArray], tuple[float, FloatArray]], start: FloatArray) -> Maximum:
    from scipy.optimize import minimize  # noqa: PLC0415 - half a second that only fitting needs

    start = np.clip(start, -LOG_BOUND, LOG_BOUND)
    end = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LOG_BOUND, LOG_BOUND)] * len(start),
        options={"maxiter": 500, "maxcor": 20, "ftol": 1e-13, "gtol": _GRADIENT_TOLERANCE / 20},
    )
    inward = np.clip(end.x - end.jac, -LOG_BOUND, LOG_BOUND) - end.x
    converged = bool(end.fun < _UNUSABLE and np.abs(inward).max() < _GRADIENT_TOLERANCE)
    return Maximum(np.exp(end.x), float(end.fun), converged)
