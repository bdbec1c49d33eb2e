"""Frequency: how often."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

FREQUENCY = Family("frequency", "loyalty")

FREQUENCY.over_windows("orders", "orders", "{value} {window}")(lambda view: view.windows("orders"))
FREQUENCY.totals("lines", "lines", "lines", "{value} on orders and returns {window}")
FREQUENCY.totals("order_days", "order_days", "days", "orders on {value} {window}")


@FREQUENCY.feature(
    "orders_previous", "orders", "{value} in the {days} days before the last {days}", horizons=1
)
def _(view: View) -> FloatArray:
    return view.sum("orders", "h2") - view.sum("orders", "h1")


@FREQUENCY.feature("orders_per_horizon", "orders", "{value} in {days} days, on average", horizons=1)
def _(view: View) -> FloatArray:
    """Young customers count as if they had been there for one horizon."""
    return view.sum("orders") * (view.horizon_days / np.fmax(view.tenure_days, view.horizon_days))


@FREQUENCY.feature("lines_per_order", "lines", "{value} an order, on average")
def _(view: View) -> FloatArray:
    return view.sum("lines") / view.sum("orders")


@FREQUENCY.feature("orders_share_h1", "share", "{value} of all orders in the last {days} days", horizons=1)
def _(view: View) -> FloatArray:
    return view.sum("orders", "h1") / view.sum("orders")


@FREQUENCY.feature("orders_share_h2", "share", "{value} of all orders in the last {days} days", horizons=2)
def _(view: View) -> FloatArray:
    return view.sum("orders", "h2") / view.sum("orders")


@FREQUENCY.feature("orders_per_order_day", "orders", "{value} on a day with orders")
def _(view: View) -> FloatArray:
    return view.sum("orders") / view.sum("order_days")
