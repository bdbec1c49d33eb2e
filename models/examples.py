"""Examples: customers at one moment of the past, with what they did afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt

from features.catalogue import FeatureTable
from features.clock import DAY_US
from features.history import History
from features.purchases import TOTALS, UNITS
from features.timeline import BoolArray, FloatArray, IntArray
from models.odds import give_orders, to_log_odds
from models.thresholds import Threshold, take

LEAST_VALUE = 1e-12
LEAST_CHANCE = 1e-6
"""The least that the purchase process is taken to expect."""


@dataclass(frozen=True)
class Situation:
    """What models know of customers at a moment.

    Attributes
    ----------
    features : FeatureTable
        Those of `models.process.FEATURES` among them.
    span_days : float
        The horizon in busy days.
    horizon_days : int
    trailing_value : float64 array, shape (customers,)
        Value in the horizon before the moment, in money, exact.
    threshold : float, or float64 array of shape (customers,)
        Trailing value from which a customer is valued, in money; NaN when nobody has any.
    """

    features: FeatureTable
    span_days: float
    horizon_days: int
    trailing_value: FloatArray
    threshold: Threshold

    def __len__(self) -> int:
        return len(self.features.matrix)

    def column(self, name: str) -> FloatArray:
        """Return a feature as float64, shape (customers,)."""
        return self.features.matrix[:, self.features.names.index(name)].astype(np.float64)

    def columns(self, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return features, shape (customers, names)."""
        return self.features.matrix[:, _find(self.features.names, tuple(names))]

    @property
    def below(self) -> BoolArray:
        """Who is not valued."""
        below: BoolArray = ~(self.trailing_value >= self.threshold)
        return below

    def take(self, rows: BoolArray | IntArray) -> Self:
        """Return some of the customers."""
        table = self.features
        return replace(
            self,
            features=replace(table, customers=table.customers[rows], matrix=table.matrix[rows]),
            trailing_value=self.trailing_value[rows],
            threshold=take(self.threshold, rows),
        )

    def process(self, name: str) -> FloatArray:
        """Return what the purchase process expects of what is predicted: `orders`, `active` or `value`."""
        return zero_unknown(self.column(f"process_{name}"))

    def expectation(self) -> FloatArray:
        """Return the purchase process's expected value, positive."""
        return np.maximum(self.process("value"), LEAST_VALUE)

    def activity(self) -> FloatArray:
        """Return the log-odds of an order by the purchase process."""
        return to_log_odds(self.process("active"), LEAST_CHANCE)

    def spending(self) -> FloatArray:
        """Return the value that the purchase process expects given that there is an order, positive."""
        return self.expectation() / np.maximum(self.process("active"), LEAST_CHANCE)

    def orders_if_active(self) -> FloatArray:
        """Return the orders that the purchase process expects given that there is one: at least 1."""
        return give_orders(self.process("orders"), self.process("active"))


def zero_unknown(figures: FloatArray) -> FloatArray:
    """Return figures with 0 for NaN."""
    return np.where(np.isnan(figures), 0.0, figures)


@lru_cache(maxsize=64)
def _find(names: tuple[str, ...], wanted: tuple[str, ...]) -> IntArray:
    """Return the columns of some features among all, found once: it takes as long as to score a customer."""
    place = {name: column for column, name in enumerate(names)}
    return np.array([place[name] for name in wanted], dtype=np.int64)


_VALUE = np.array([TOTALS.index("value")])


@dataclass(frozen=True)
class Examples(Situation):
    """A situation with its outcome, row by row.

    Attributes
    ----------
    value, orders : float64 array, shape (customers,)
        Value in the horizon after the moment, in money, and orders.
    active : bool array, shape (customers,)
        Whether there was an order.
    people : int64 array, shape (customers,)
        What tells customers apart, across moments and sellers.
    said : mapping of str to float64 array, optional
        What `process` returns, where the outcome is of a shorter time than the horizon that features look at.
    """

    value: FloatArray
    orders: FloatArray
    active: BoolArray
    people: IntArray
    said: Mapping[str, FloatArray] | None = None

    @property
    def upgraded(self) -> BoolArray:
        """Who is not valued and reaches the threshold afterwards."""
        return self.below & (self.value >= self.threshold)

    def take(self, rows: BoolArray | IntArray) -> Self:
        """Return some of the customers."""
        return replace(
            super().take(rows),
            value=self.value[rows],
            orders=self.orders[rows],
            active=self.active[rows],
            people=self.people[rows],
            said=None if self.said is None else {name: each[rows] for name, each in self.said.items()},
        )

    def process(self, name: str) -> FloatArray:
        """Return what the purchase process expects of the outcome: `orders`, `active` or `value`."""
        return super().process(name) if self.said is None else self.said[name]


def read_trailing_value(history: History, as_of: int, horizon_days: int, customers: IntArray) -> FloatArray:
    """Return the exact value in the horizon before a moment, in money: shape (customers,)."""
    timeline = history.purchases.timeline
    start, now = timeline.rows_before(customers, np.array([as_of - horizon_days * DAY_US, as_of]))
    value: FloatArray = timeline.sums(customers, start[None], now[None], _VALUE, UNITS)[0, 0]
    return value


def split(column: FloatArray, examples: Sequence[Examples]) -> list[FloatArray]:
    """Return a column over all examples as one for each moment."""
    return np.split(column, np.cumsum([len(each) for each in examples])[:-1])
