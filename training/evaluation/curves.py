"""Curves: what pictures of a prediction show, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.timeline import FloatArray
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted
from training.evaluation.ranking import Ranking

POINTS = 100


@dataclass(frozen=True)
class Tenth:
    """A tenth of the customers, those with the highest prediction first.

    Attributes
    ----------
    place : int
        1 for the highest.
    customers : int
    predicted, actual : float
        Means, in money or as a share.
    error : float
        Standard error of the actual mean.
    """

    place: int
    customers: int
    predicted: float
    actual: float
    error: float


def select_target(
    outcome: Outcome, predicted: Predicted, target: str
) -> tuple[FloatArray, FloatArray] | None:
    """Return what happened and what was predicted of a target; None where nothing was."""
    if target == "value":
        return outcome.value, predicted.expected_value
    if target == "churn":
        probability = predicted.churn_probability
        return None if probability is None else (outcome.churned.astype(np.float64), probability)
    probability, below = predicted.upgrade_probability, outcome.may_upgrade
    if probability is None or not below.any():
        return None
    return outcome.upgraded[below].astype(np.float64), probability[below]


def tabulate_tenths(windows: Sequence[tuple[FloatArray, FloatArray]]) -> list[Tenth]:
    """Return ten parts of the customers, as equal in size as can be, ranked within each window.

    Parameters
    ----------
    windows : sequence of pairs of float64 array, shape (customers,)
        What happened and what was predicted, window by window.
    """
    places: list[list[tuple[FloatArray, FloatArray]]] = [[] for _ in range(10)]
    for actual, predicted in windows:
        parts = np.array_split(np.argsort(-predicted, kind="stable"), 10)
        for place, rows in zip(places, parts, strict=True):
            place.append((actual[rows], predicted[rows]))
    tenths = []
    for number, place in enumerate(places, 1):
        actual, predicted = (np.concatenate(each) for each in zip(*place, strict=True))
        if len(actual):
            error = float(actual.std() / np.sqrt(len(actual)))
            tenths.append(Tenth(number, len(actual), float(predicted.mean()), float(actual.mean()), error))
    return tenths


def trace_gains(windows: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Return the share of the customers, best first, and the share of the amounts that they bring.

    Parameters
    ----------
    windows : sequence of pairs of float64 array, shape (customers,)
        Amounts and the score that ranks, window by window; amounts below 0 count as none, and customers with
        equal scores share what they bring.

    Returns
    -------
    float64 array, shape (points,)
        From 0 to 1.
    float64 array, shape (points,)
        The mean over windows; NaN where there is nothing to gain.
    """
    x = np.linspace(0, 1, POINTS + 1)
    return x, np.mean([_trace(x, *window) for window in windows], axis=0)


def _trace(x: FloatArray, amounts: FloatArray, score: FloatArray) -> FloatArray:
    ranking = Ranking(score)
    sizes = np.cumsum(ranking.sums(np.ones((1, len(score))))[0])
    gains = np.cumsum(ranking.sums(np.maximum(amounts, 0)[None, :])[0])
    total = gains[-1] if gains[-1] > 0 else np.nan
    return np.interp(x, np.r_[0.0, sizes / sizes[-1]], np.r_[0.0, gains / total])
