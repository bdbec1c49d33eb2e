"""Frequency: how often."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known, larger

FREQUENCY = Family("frequency", "loyalty")

FREQUENCY.over_windows("orders", "orders", "{value} {window}")(
    lambda known, window: known.sum("orders", window)
)
FREQUENCY.totals("lines", "lines", "lines", "{value} on orders and returns {window}")
FREQUENCY.totals("order_days", "order_days", "days", "orders on {value} {window}", theme="orders")


@FREQUENCY.feature(
    "orders_previous",
    "orders",
    "{value} in the {days} days before the last {days}",
    horizons=1,
    theme="orders",
)
def _(known: Known) -> Figure:
    return known.sum("orders", "h2") - known.sum("orders", "h1")


@FREQUENCY.feature(
    "orders_per_horizon", "orders", "{value} in {days} days, on average", horizons=1, theme="orders"
)
def _(known: Known) -> Figure:
    """Young customers count as if they had been there for one horizon."""
    return known.sum("orders") * (known.horizon_days / larger(known.tenure_days, known.horizon_days))


@FREQUENCY.feature("lines_per_order", "lines", "{value} an order, on average")
def _(known: Known) -> Figure:
    return known.sum("lines") / known.sum("orders")


@FREQUENCY.feature(
    "orders_share_h1", "share", "{value} of all orders in the last {days} days", horizons=1, theme="orders"
)
def _(known: Known) -> Figure:
    return known.sum("orders", "h1") / known.sum("orders")


@FREQUENCY.feature(
    "orders_share_h2", "share", "{value} of all orders in the last {days} days", horizons=2, theme="orders"
)
def _(known: Known) -> Figure:
    return known.sum("orders", "h2") / known.sum("orders")


@FREQUENCY.feature("orders_per_order_day", "orders", "{value} on a day with orders")
def _(known: Known) -> Figure:
    return known.sum("orders") / known.sum("order_days")
