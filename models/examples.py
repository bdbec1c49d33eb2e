"""Examples: customers at one moment of the past, with what they did afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.catalogue import FeatureTable
from features.clock import DAY_US
from features.history import History
from features.purchases import TOTALS, UNITS
from features.timeline import BoolArray, FloatArray, IntArray


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
    """

    features: FeatureTable
    span_days: float
    horizon_days: int
    trailing_value: FloatArray

    def __len__(self) -> int:
        return len(self.features.matrix)

    def column(self, name: str) -> FloatArray:
        """Return a feature as float64, shape (customers,)."""
        return self.features.matrix[:, self.features.names.index(name)].astype(np.float64)

    def columns(self, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return features, shape (customers, names)."""
        index = [self.features.names.index(name) for name in names]
        return self.features.matrix[:, index]

    def expectation(self) -> FloatArray:
        """Return the purchase process's expected value, positive."""
        return np.maximum(np.nan_to_num(self.column("process_value")), _LEAST_VALUE)

    def activity(self) -> FloatArray:
        """Return the log-odds of an order by the purchase process."""
        active = np.clip(np.nan_to_num(self.column("process_active")), _LEAST_CHANCE, 1 - _LEAST_CHANCE)
        log_odds: FloatArray = np.log(active / (1 - active))
        return log_odds


_VALUE = np.array([TOTALS.index("value")])
_LEAST_VALUE = 1e-12
_LEAST_CHANCE = 1e-6
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Examples(Situation):
    """A situation with its outcome, row by row.

    Attributes
    ----------
    value, orders : float64 array, shape (customers,)
        Value in the horizon after the moment, in money, and orders.
    active : bool array, shape (customers,)
        Whether there was an order.
    threshold : float
        Trailing value from which a customer is valued; NaN when nobody has any.
    """

    value: FloatArray
    orders: FloatArray
    active: BoolArray
    threshold: float

    @property
    def customers(self) -> IntArray:
        """Positions in the history: what tells customers apart across moments."""
        return self.features.customers

    @property
    def below(self) -> BoolArray:
        """Who is not valued."""
        return ~(self.trailing_value >= self.threshold)

    @property
    def upgraded(self) -> BoolArray:
        """Who is not valued and reaches the threshold afterwards."""
        return self.below & (self.value >= self.threshold)

    def take(self, rows: BoolArray) -> Examples:
        """Return some of the rows."""
        table = self.features
        return replace(
            self,
            features=replace(table, customers=table.customers[rows], matrix=table.matrix[rows]),
            trailing_value=self.trailing_value[rows],
            value=self.value[rows],
            orders=self.orders[rows],
            active=self.active[rows],
        )


def read_trailing_value(history: History, as_of: int, horizon_days: int, customers: IntArray) -> FloatArray:
    """Return the exact value in the horizon before a moment, in money: shape (customers,)."""
    timeline = history.purchases.timeline
    start, now = timeline.rows_before(customers, np.array([as_of - horizon_days * DAY_US, as_of]))
    value: FloatArray = timeline.sums(customers, start[None], now[None], _VALUE, UNITS)[0, 0]
    return value


def thin_examples(examples: Sequence[Examples], most: int) -> list[Examples]:
    """Return the examples of a sample of the customers, such that there are about `most` rows at most."""
    rows = sum(len(each) for each in examples)
    if rows <= most:
        return list(examples)
    limit = np.uint64(most / rows * 2.0**32)
    mixed = (each.customers.astype(np.uint64) * _MIX >> np.uint64(32) for each in examples)
    return [each.take(code < limit) for each, code in zip(examples, mixed, strict=True)]


def split(column: FloatArray, examples: Sequence[Examples]) -> list[FloatArray]:
    """Return a column over all examples as one for each moment."""
    return np.split(column, np.cumsum([len(each) for each in examples])[:-1])
