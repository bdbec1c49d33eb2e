"""Labels: what customers did after a moment. The only place that looks past an `as_of`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from features.clock import DAY_US
from features.history import History
from features.purchases import TOTALS, UNITS
from features.timeline import BoolArray, FloatArray, IntArray
from models.sellers import read_sellers
from models.thresholds import Threshold, fit_thresholds

_READ = np.array([TOTALS.index(name) for name in ("value", "gross", "orders")])


@dataclass(frozen=True)
class Labels:
    """What customers did in ``[as_of, as_of + horizon)``, and who they were before.

    Attributes
    ----------
    customers : int64 array, shape (customers,)
        Positions in the history.
    trailing_value : float64 array, shape (customers,)
        Value in ``[as_of - horizon, as_of)``, in money.
    value : float64 array, shape (customers,)
        Value in the future period, in money, returns deducted.
    churned : bool array, shape (customers,)
        No line with a positive amount in the future period.
    orders : float64 array, shape (customers,)
        Orders that began in the future period.
    threshold : float
        Trailing value from which a customer is valued, in money; NaN when nobody has any.
    seller_threshold : float64 array, shape (customers,), optional
        With sellers each customer's own, which holds instead.
    """

    customers: IntArray
    trailing_value: FloatArray
    value: FloatArray
    churned: BoolArray
    orders: FloatArray
    threshold: float
    seller_threshold: FloatArray | None = None

    def take(self, rows: BoolArray | IntArray) -> Labels:
        """Return some of the customers, with the thresholds of all."""
        own = self.seller_threshold
        return replace(
            self,
            customers=self.customers[rows],
            trailing_value=self.trailing_value[rows],
            value=self.value[rows],
            churned=self.churned[rows],
            orders=self.orders[rows],
            seller_threshold=None if own is None else own[rows],
        )

    @property
    def thresholds(self) -> Threshold:
        """The threshold for all, or with sellers each customer's own."""
        return self.threshold if self.seller_threshold is None else self.seller_threshold

    @property
    def valued(self) -> BoolArray:
        """Whether the trailing value reaches the threshold."""
        valued: BoolArray = self.trailing_value >= self.thresholds
        return valued

    @property
    def upgraded(self) -> BoolArray:
        """Whether a customer who is not valued reaches the threshold in the future period."""
        return ~self.valued & (self.value >= self.thresholds)


def find_known(history: History, as_of: int) -> IntArray:
    """Return the positions of the known customers: those with a purchase before `as_of` (microseconds)."""
    timeline = history.purchases.timeline
    everyone = np.arange(len(history))
    now = timeline.rows_before(everyone, np.array([as_of]))
    gross = timeline.sums(everyone, timeline.offsets[None, :-1], now, _READ[1:2], UNITS)[0, 0]
    return np.flatnonzero(gross > 0)


def read_outcome(
    history: History, as_of: int, horizon_days: int, customers: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return value, what was bought, and orders in the horizon after a moment, each of shape (customers,)."""
    timeline = history.purchases.timeline
    now, end = timeline.rows_before(customers, np.array([as_of, as_of + horizon_days * DAY_US]))
    value, gross, orders = timeline.sums(customers, now[None], end[None], _READ, UNITS)[:, 0]
    return value, gross, orders


def build_labels(
    history: History, as_of: int, horizon_days: int, valued_share: float, *, until: int
) -> Labels:
    """Return the labels of all customers who are known at a moment.

    Parameters
    ----------
    history : History
    as_of : int
        Microseconds since 1970 UTC.
    horizon_days : int
    valued_share : float
        Share of the customers with value that counts as valued.
    until : int
        The end of what may be seen, in microseconds; the future period must not reach beyond it.

    Raises
    ------
    ValueError
        When the future period is not over at `until`: its labels are not known yet.
    """
    horizon = horizon_days * DAY_US
    if as_of + horizon > until:
        raise ValueError(f"the {horizon_days} days after this as_of are not over: labels would be incomplete")
    customers = find_known(history, as_of)
    trailing = read_outcome(history, as_of - horizon, horizon_days, customers)[0]
    value, gross, orders = read_outcome(history, as_of, horizon_days, customers)
    sellers = read_sellers(history, customers)
    found = fit_thresholds(trailing, valued_share, sellers)
    own = None if sellers is None else np.asarray(found.of(sellers))
    return Labels(customers, trailing, value, gross <= 0, orders, found.base, own)
