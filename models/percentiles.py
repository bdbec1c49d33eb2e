"""Percentiles: where a figure stands in the base, from quantiles stored at training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.compiled import compiled_with_memory
from features.timeline import FloatArray


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of one or more figures.

    A figure between two quantiles is interpolated; one that is equal to several of them, because many
    customers share it, gets the middle of their percentiles. A customer alone gets what the base would give.

    Attributes
    ----------
    quantiles : float64 array, shape (figures, knots)
        Quantiles of each figure at even steps from 0 to 1; NaN where nobody had a figure.

    Examples
    --------
    >>> percentiles = fit_percentiles([[0, 0, 0, 10, 20]], knots=5)
    >>> percentiles.rank([[0, 10, 15, 99]]).tolist()
    [[25.0, 75.0, 87.5, 100.0]]
    """

    quantiles: FloatArray

    def rank(self, figures: npt.ArrayLike) -> FloatArray:
        """Return percentiles from 0 to 100.

        Parameters
        ----------
        figures : array-like of shape (figures, customers)
            NaN stays NaN; so does a figure that nobody had at training.
        """
        values = np.ascontiguousarray(figures, dtype=np.float64)
        ranks: FloatArray = np.empty_like(values)
        _rank(np.ascontiguousarray(self.quantiles), values, ranks)
        return ranks

    def to_json(self) -> dict[str, Any]:
        """Return the percentiles as plain data."""
        return {"quantiles": [None if np.isnan(row[0]) else row.tolist() for row in self.quantiles]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Percentiles:
        """Return the percentiles that `to_json` wrote."""
        rows = data["quantiles"]
        knots = next((len(row) for row in rows if row is not None), 2)
        unknown = [np.nan] * knots
        return cls(
            np.array([unknown if row is None else row for row in rows], dtype=np.float64).reshape(-1, knots)
        )


def fit_percentiles(figures: npt.ArrayLike, knots: int = 1001) -> Percentiles:
    """Store the quantiles of figures.

    Parameters
    ----------
    figures : array-like of shape (figures, customers)
        NaN does not count; nor does what is infinite.
    knots : int
        Quantiles stored for each figure, at even steps from the least to the greatest.
    """
    values = np.asarray(figures, dtype=np.float64)
    quantiles = np.full((len(values), knots), np.nan)
    for row, figure in zip(quantiles, values, strict=True):
        known = figure[np.isfinite(figure)]
        if len(known):
            row[:] = _quantiles(np.sort(known), knots)
    return Percentiles(quantiles)


def _quantiles(ascending: FloatArray, knots: int) -> FloatArray:
    """Return linear quantiles; NumPy's would sort anew, and its rounding can swap close neighbours."""
    place = np.linspace(0, len(ascending) - 1, knots)
    lower = place.astype(np.int64)
    start, end = ascending[lower], ascending[np.minimum(lower + 1, len(ascending) - 1)]
    return np.maximum.accumulate(start + (end - start) * (place - lower))


@compiled_with_memory
def _rank(quantiles, values, ranks):  # type: ignore[no-untyped-def]
    last = quantiles.shape[1] - 1
    for i in range(len(values)):
        knots = quantiles[i]
        for j in range(values.shape[1]):
            value = values[i, j]
            if np.isnan(value) or np.isnan(knots[0]):
                ranks[i, j] = np.nan
                continue
            below = np.searchsorted(knots, value)
            if below > last:
                place = 1.0 * last
            elif knots[below] == value:
                place = (below + np.searchsorted(knots, value, "right") - 1) / 2
            elif below == 0:
                place = 0.0
            else:
                start = knots[below - 1]
                place = below - 1 + (value - start) / (knots[below] - start)
            ranks[i, j] = place * 100 / last
