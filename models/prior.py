"""The prior: what is expected of customers who never bought, from those who bought once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.timeline import BoolArray, FloatArray


@dataclass(frozen=True)
class Prior:
    """Means over the customers with one order at the model's `as_of`.

    Attributes
    ----------
    value, low, median, high, orders : float
        Expected value, its quantiles, and expected orders.
    active, upgrade : float
        Probabilities.
    """

    value: float = 0.0
    low: float = 0.0
    median: float = 0.0
    high: float = 0.0
    orders: float = 0.0
    active: float = 0.0
    upgrade: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the prior as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Prior:
        """Return the prior that `to_json` wrote."""
        return cls(**data)


def learn_prior(figures: Mapping[str, FloatArray], order_days: FloatArray) -> Prior:
    """Learn the prior from what is predicted of those who bought, by the names of `Prior`'s attributes."""
    once: BoolArray = order_days == 1
    chosen = once if once.any() else np.ones(len(order_days), dtype=np.bool_)
    if not chosen.any():
        return Prior()
    return Prior(**{name: float(np.mean(figure[chosen])) for name, figure in figures.items()})
