"""Predicted: what one rung of the ladder says of each customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from features.timeline import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Predicted:
    """What one rung says, row by row; None is what it has nothing to say about.

    Attributes
    ----------
    expected_value : float64 array, shape (customers,)
        Mean of the value in the horizon, in money.
    value_p10, value_p50, value_p90 : float64 array, shape (customers,), optional
        Quantiles of the value in the horizon, in money.
    churn_probability, upgrade_probability : float64 array, shape (customers,), optional
        0 to 1. The upgrade's is read for customers who are not valued only, and may be NaN for the others.

    Raises
    ------
    ValueError
        When the arrays are not of one length.
    """

    expected_value: FloatArray
    value_p10: FloatArray | None = None
    value_p50: FloatArray | None = None
    value_p90: FloatArray | None = None
    churn_probability: FloatArray | None = None
    upgrade_probability: FloatArray | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self._columns().items() if column is not None}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a prediction differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.expected_value)

    def take(self, rows: IntArray | BoolArray) -> Predicted:
        """Return what is said of some of the customers."""
        parts = {name: None if column is None else column[rows] for name, column in self._columns().items()}
        return Predicted(**parts)  # type: ignore[arg-type]  # the first column is never None

    def _columns(self) -> dict[str, FloatArray | None]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def concatenate(parts: Sequence[Predicted]) -> Predicted:
    """Return the predictions of several windows, one below the other; a column that one lacks is left out."""
    columns: dict[str, FloatArray | None] = {}
    for field in fields(Predicted):
        found = [getattr(part, field.name) for part in parts]
        columns[field.name] = None if any(column is None for column in found) else np.concatenate(found)
    return Predicted(**columns)  # type: ignore[arg-type]  # the first column is never None
