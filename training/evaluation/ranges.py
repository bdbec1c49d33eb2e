"""Ranges: how many customers are meant to end above theirs, and how far off that may be.

`value_p90` is meant to be passed by one customer in ten. But the 90th percentile of who orders with a chance
below a tenth is 0, which only an order passes: of those no more than that chance can end above it.
"""

from __future__ import annotations

import numpy as np

from features.timeline import FloatArray
from training.evaluation.predicted import Predicted

ABOVE = 0.10
"""Chance to end above `value_p90` of who is likely enough to order."""


def compute_meant_above(predicted: Predicted) -> FloatArray:
    """Return the chance with which each customer is meant to end above the range, shape (customers,)."""
    if predicted.churn_probability is None:
        return np.full(len(predicted), ABOVE)
    return np.minimum(ABOVE, 1 - predicted.churn_probability)


def find_allowed_above(meant: float, off: float) -> tuple[float, float]:
    """Return the smallest and the largest share of customers above their range that is allowed.

    Parameters
    ----------
    meant : float
        The share that is meant.
    off : float
        How far it may be from `ABOVE` where that is meant. Below a smaller share the same part of it is
        allowed; above there is no less room than there is then.

    Examples
    --------
    >>> find_allowed_above(0.10, 0.05), find_allowed_above(0.04, 0.05)
    ((0.05, 0.15), (0.02, 0.15))
    """
    return round(meant * (1 - off / ABOVE), 9), round(ABOVE + off, 9)
