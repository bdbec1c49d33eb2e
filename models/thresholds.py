"""Thresholds: the trailing value from which a customer is valued, in the whole base and within a seller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.timeline import FloatArray
from models.sellers import Sellers, borrow, group_by_seller, look_up

Threshold = float | FloatArray
"""One threshold for all, or with sellers one for each customer, in money; NaN when nobody has any value."""


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of a base at one moment.

    Attributes
    ----------
    base : float
        Of the whole base, in money; NaN when nobody has any value.
    sellers : mapping of str to float
        Within a seller; one that is not here has the base's.

    Examples
    --------
    >>> Thresholds(100.0, {"north": 150.0}).of(["north", "new"]).tolist()
    [150.0, 100.0]
    """

    base: float
    sellers: Mapping[str, float] = field(default_factory=dict, repr=False)

    @property
    def known(self) -> bool:
        """Whether anybody had value."""
        return bool(np.isfinite(self.base))

    def of(self, sellers: Sellers | None) -> Threshold:
        """Return the threshold for all, or with sellers each customer's own, shape (customers,)."""
        if sellers is None:
            return self.base
        return np.array(look_up(self.sellers, self.base, sellers), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return the thresholds as plain data; null when nobody has any value."""
        return {"base": self.base if self.known else None, "sellers": dict(self.sellers)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Thresholds:
        """Return the thresholds that `to_json` wrote."""
        return cls(float("nan") if data["base"] is None else data["base"], data["sellers"])


def compute_threshold(trailing_value: FloatArray, valued_share: float) -> float:
    """Return the linear ``1 - valued_share`` quantile of the positive trailing values; NaN if none is."""
    positive = trailing_value[trailing_value > 0]
    return float(np.quantile(positive, 1 - valued_share)) if len(positive) else float("nan")


def fit_thresholds(
    trailing_value: FloatArray, valued_share: float, sellers: Sellers | None = None
) -> Thresholds:
    """Find from where on customers are valued; with sellers within each, and thin ones borrow.

    Parameters
    ----------
    trailing_value : float64 array, shape (customers,)
        In money.
    valued_share : float
        Share of the customers with value that counts as valued.
    sellers : sequence of str, shape (customers,), optional
    """
    base = compute_threshold(trailing_value, valued_share)
    if sellers is None or not np.isfinite(base):
        return Thresholds(base)
    own = {
        seller: borrow(compute_threshold(part, valued_share), base, int(np.count_nonzero(part > 0)))
        for seller, part in group_by_seller(trailing_value, sellers).items()
    }
    return Thresholds(base, own)


def take(threshold: Threshold, rows: Any) -> Threshold:
    """Return the thresholds of some of the customers; one for all stays."""
    return threshold[rows] if isinstance(threshold, np.ndarray) else threshold
