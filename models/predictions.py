"""Predictions: what is said of each customer, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.timeline import FloatArray, IntArray


@dataclass(frozen=True)
class Predictions:
    """Scores of customers at one moment, row by row; all figures are finite but where it is said.

    Attributes
    ----------
    customers : int64 array
        Positions in the history.
    expected_value, value_p10, value_p50, value_p90 : float64 array
        Mean and quantiles of the value in the horizon, in money.
    expected_orders : float64 array
    next_order_days : float64 array
        Days from `as_of` until an order is as likely as not, at the pace that the chance of one within the
        horizon means; at most ten years.
    churn_probability : float64 array
    upgrade_probability : float64 array
        NaN for the valued.
    trailing_value : float64 array
        Value in the horizon before `as_of`, in money.
    upgrade_gap, upgrade_value : float64 array
        Money short of the threshold, and what the upgrade would bring beyond what is expected; NaN for the
        valued.
    priority : float64 array
        ``upgrade_probability * upgrade_value``; NaN for the valued.
    evidence : str array
        Of `models.segments.EVIDENCES`.
    threshold : float
        In money; NaN when nobody had any value.
    """

    customers: IntArray
    expected_value: FloatArray
    value_p10: FloatArray
    value_p50: FloatArray
    value_p90: FloatArray
    expected_orders: FloatArray
    next_order_days: FloatArray
    churn_probability: FloatArray
    upgrade_probability: FloatArray
    trailing_value: FloatArray
    upgrade_gap: FloatArray
    upgrade_value: FloatArray
    priority: FloatArray
    evidence: npt.NDArray[np.str_]
    threshold: float

    def __len__(self) -> int:
        return len(self.customers)
