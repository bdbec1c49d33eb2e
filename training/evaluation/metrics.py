"""Metrics: how far a prediction was from what happened, one small function a figure.

Every function takes `counts`, how many times each customer is counted, shape (draws, customers), and returns
one figure a draw, shape (draws,). NaN is a figure that can't be told, such as an AUC where nobody churned.
Where two customers have the same score the figure does not depend on which comes first, except in parts of
equal size.
"""

from __future__ import annotations

import numpy as np

from features.timeline import BoolArray, FloatArray
from training.evaluation.ranking import Ranking, middles

_CLIP = 1e-6
"""Probabilities are held this far from 0 and 1, so that one sure mistake does not make a loss infinite."""


def compute_gini(amounts: FloatArray, ranking: Ranking, counts: FloatArray) -> FloatArray:
    """Return the Gini of the concentration curve of amounts, none below 0, along a ranking."""
    gained, counted = ranking.sums(counts * amounts), ranking.sums(counts)
    return 2 * _divide((counted * middles(gained)).sum(1), counts.sum(1) * gained.sum(1)) - 1


def compute_norm_gini(amounts: FloatArray, ranking: Ranking, best: Ranking, counts: FloatArray) -> FloatArray:
    """Return the Gini along a ranking as a share of what the best possible ranking reaches: 1 is perfect."""
    return _divide(compute_gini(amounts, ranking, counts), compute_gini(amounts, best, counts))


def compute_spearman(first: Ranking, second: Ranking, counts: FloatArray) -> FloatArray:
    """Return the rank correlation between two rankings of the same customers."""
    total = np.maximum(counts.sum(1, keepdims=True), 1)  # a draw of a handful may hold nobody
    a, b = (ranking.positions(counts) for ranking in (first, second))
    a, b = a - (counts * a).sum(1, keepdims=True) / total, b - (counts * b).sum(1, keepdims=True) / total
    weighted = counts * a
    spread = np.sqrt((weighted * a).sum(1) * (counts * b * b).sum(1))
    return _divide((weighted * b).sum(1), spread)


def compute_mean(amounts: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the mean of amounts."""
    return _divide(counts @ amounts, counts.sum(1))


def compute_bias(actual: FloatArray, predicted: FloatArray, counts: FloatArray) -> FloatArray:
    """Return how far the predicted total is above the actual one, as a share of its size."""
    return _divide(counts @ (predicted - actual), np.abs(counts @ actual))


def compute_decile_error(
    actual: FloatArray, predicted: FloatArray, ranking: Ranking, counts: FloatArray
) -> FloatArray:
    """Return the error of the totals of ten parts along the ranking, as a share of all value."""
    off = np.abs(ranking.parts(counts, predicted - actual)).sum(1)
    return _divide(off, counts @ np.abs(actual))


def compute_capture(
    amounts: FloatArray, ranking: Ranking, best: Ranking, counts: FloatArray, part: int
) -> FloatArray:
    """Return what the first ``1 / part`` of the customers bring, as a share of what the best would."""
    size = _head(counts, part)
    return _divide(ranking.heads(counts, amounts, size)[:, 0], best.heads(counts, amounts, size)[:, 0])


def compute_auc(event: BoolArray, ranking: Ranking, counts: FloatArray) -> FloatArray:
    """Return the chance that one with the event ranks before one without; half for equal scores."""
    hits, misses = ranking.sums(counts * event), ranking.sums(counts * ~event)
    return 1 - _divide((hits * middles(misses)).sum(1), hits.sum(1) * misses.sum(1))


def compute_average_precision(event: BoolArray, ranking: Ranking, counts: FloatArray) -> FloatArray:
    """Return the precision, averaged over the recall that each score adds (no interpolation)."""
    hits, counted = ranking.sums(counts * event), ranking.sums(counts)
    precision = np.cumsum(hits, axis=1) / np.maximum(np.cumsum(counted, axis=1), 1)
    return _divide((hits * precision).sum(1), hits.sum(1))


def compute_lift(event: BoolArray, ranking: Ranking, counts: FloatArray, part: int) -> FloatArray:
    """Return the event's rate among the first ``1 / part``, over that of all."""
    size = _head(counts, part)
    rate: FloatArray = ranking.heads(counts, event.astype(np.float64), size)[:, 0] / size[:, 0]
    return rate / np.maximum(compute_mean(event.astype(np.float64), counts), 1e-12)


def clip(probability: FloatArray) -> FloatArray:
    """Return probabilities that a logarithm can be taken of."""
    return np.clip(probability, _CLIP, 1 - _CLIP)


def log_losses(event: BoolArray, probability: FloatArray) -> FloatArray:
    """Return each customer's logarithmic loss, shape (customers,)."""
    losses: FloatArray = -np.log(np.where(event, probability, 1 - probability))
    return losses


def compute_ece(event: BoolArray, probability: FloatArray, rising: Ranking, counts: FloatArray) -> FloatArray:
    """Return the expected calibration error over ten parts of equal size, by rising probability."""
    off = np.abs(rising.parts(counts, probability - event)).sum(1)
    return _divide(off, counts.sum(1))


def compute_ece_noise(probability: FloatArray, rising: Ranking, counts: FloatArray) -> FloatArray:
    """Return the calibration error that perfectly calibrated probabilities would show, by chance alone.

    In a part of n customers the mean outcome is off by about a normal error; its mean size is
    ``sqrt(2 / pi)`` standard deviations.
    """
    spread = np.sqrt(np.maximum(rising.parts(counts, probability * (1 - probability)), 0))
    return _divide(np.sqrt(2 / np.pi) * spread.sum(1), counts.sum(1))


def _head(counts: FloatArray, part: int) -> FloatArray:
    size: FloatArray = np.maximum(1.0, counts.sum(1, keepdims=True) // part)
    return size


def _divide(above: FloatArray, below: FloatArray) -> FloatArray:
    """Return the ratio; NaN where there is nothing to divide by."""
    known = np.isfinite(below) & (below != 0)
    ratio: FloatArray = np.divide(above, below, out=np.full(len(above), np.nan), where=known)
    return ratio
