"""How well a score ranks amounts: the figure that blends and rungs are chosen by."""

from __future__ import annotations

import numpy as np

from features.timeline import FloatArray


def norm_gini(amounts: FloatArray, score: FloatArray) -> float:
    """Return the Gini of the concentration curve of amounts ranked by a score, over a perfect ranking's.

    Ties of the score share their amounts. 0 is as good as chance, and where there is nothing to rank.
    """
    best = _gini(amounts, amounts)
    return _gini(amounts, score) / best if best > 0 else 0.0


def _gini(amounts: FloatArray, score: FloatArray) -> float:
    total = float(amounts.sum())
    if total <= 0:
        return 0.0
    _, place, counts = np.unique(-score, return_inverse=True, return_counts=True)
    shared = np.repeat(np.bincount(place, amounts) / counts, counts)
    return float(2 * np.mean((np.cumsum(shared) - shared / 2) / total) - 1)
