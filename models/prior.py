"""The prior: what is expected of customers of whom nothing is known, from those who bought once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.timeline import BoolArray, FloatArray
from models.distribution import ValueDistribution

_HALVINGS = 60


@dataclass(frozen=True)
class Prior:
    """What the customers with one order at the model's `as_of` come to, as if one of them were drawn.

    Attributes
    ----------
    value, orders : float
        Means of expected value, in money, and of expected orders.
    active, upgrade : float
        Means of the probabilities.
    low, median, high : float
        Quantiles of the value of one that is drawn: how customers differ is in them. The range is at least as
        wide as that of a customer with one order is on average.
    below, above : float
        Means of the value, in money, that those bring who do not reach the threshold, and who do.
    """

    value: float = 0.0
    low: float = 0.0
    median: float = 0.0
    high: float = 0.0
    orders: float = 0.0
    active: float = 0.0
    upgrade: float = 0.0
    below: float = 0.0
    above: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the prior as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Prior:
        """Return the prior that `to_json` wrote."""
        return cls(**data)


def learn_prior(
    figures: Mapping[str, FloatArray],
    order_days: FloatArray,
    given: FloatArray,
    distribution: ValueDistribution,
) -> Prior:
    """Learn the prior from what is predicted of those who bought.

    Parameters
    ----------
    figures : mapping of str to float64 array
        By the names of `Prior`'s attributes.
    order_days, given : float64 array, shape (customers,)
        Days with an order so far, and orders expected given that there is one.
    distribution : ValueDistribution
        How value spreads about what is expected.
    """
    once: BoolArray = order_days == 1
    chosen = once if once.any() else np.ones(len(order_days), dtype=np.bool_)
    if not chosen.any():
        return Prior()
    figures = {name: figure[chosen] for name, figure in figures.items()}
    means = {name: float(np.mean(figure)) for name, figure in figures.items()}
    expected = (figures["value"], figures["active"], given[chosen])
    low, median, high = (_draw(distribution, share, *expected) for share in (0.1, 0.5, 0.9))
    spread = {"low": min(low, means["low"]), "median": median, "high": max(high, means["high"])}
    return Prior(**{**means, **spread})


def _draw(distribution: ValueDistribution, share: float, *expected: FloatArray) -> float:
    """Return the quantile of the value of a customer who is drawn, by bisection."""
    low, high = 0.0, 1e3 * max(float(expected[0].max()), 1e-12)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if 1 - float(distribution.chance_above(middle, *expected).mean()) < share:
            low = middle
        else:
            high = middle
    return low if low > 0 else 0.0
