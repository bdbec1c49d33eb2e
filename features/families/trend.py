"""Trend: more or less than before.

A comparison is (now - before) / (now + before): from -1 to 1, 0 is level.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from features.catalogue import Family
from features.timeline import MONEY_UNIT, FloatArray
from features.view import View

TREND = Family("trend", "growth_potential")


def _compare(now: FloatArray, before: FloatArray) -> FloatArray:
    return (now - before) / (now + before)


def _halves(view: View, name: str, window: str, twice: str) -> FloatArray:
    """Compare a window with the equally long stretch before it."""
    now = view.sum(name, window)
    return _compare(now, view.sum(name, twice) - now)


def _usual(view: View, name: str) -> FloatArray:
    """Return a total over one horizon at the pace of the whole time as a customer."""
    return view.sum(name) * (view.horizon_days / np.fmax(view.tenure_days, view.horizon_days))


for _name, _noun in (("orders", "orders"), ("gross", "spending")):
    for _window, _twice, _horizons in (
        ("h1_4", "h1_2", 0.25),
        ("h1_2", "h1", 0.5),
        ("h1", "h2", 1),
        ("h2", "h4", 2),
    ):
        TREND.feature(
            f"{_noun}_trend_{_window}",
            "",
            f"{_noun} in the last {{days}} days against the {{days}} days before: {{value}} (-1 to 1)",
            horizons=_horizons,
        )(partial(_halves, name=_name, window=_window, twice=_twice))


@TREND.feature("orders_pace", "ratio", "orders in the last {days} days: {value} the usual pace", horizons=1)
def _(view: View) -> FloatArray:
    return view.sum("orders", "h1") / _usual(view, "orders")


@TREND.feature(
    "spending_pace", "ratio", "spending in the last {days} days: {value} the usual pace", horizons=1
)
def _(view: View) -> FloatArray:
    return view.sum("gross", "h1") / _usual(view, "gross")


@TREND.feature(
    "order_value_trend", "ratio", "order value in the last {days} days: {value} the usual one", horizons=1
)
def _(view: View) -> FloatArray:
    usual = view.sum("gross") / view.sum("orders")
    return view.sum("gross", "h1") / view.sum("orders", "h1") / usual


@TREND.feature("last_day_spend_ratio", "ratio", "last spending: {value} the usual day's")
def _(view: View) -> FloatArray:
    return view.mark("day_spend", MONEY_UNIT) / (view.sum("gross") / view.sum("order_days"))


@TREND.feature(
    "quantity_trend",
    "",
    "quantity in the last {days} days against the usual: {value} (-1 to 1)",
    needs="transactions.quantity",
    horizons=1,
)
def _(view: View) -> FloatArray:
    return _compare(view.sum("quantity", "h1"), _usual(view, "quantity"))
