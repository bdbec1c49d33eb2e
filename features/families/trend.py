"""Trend: more or less than before.

A comparison is (now - before) / (now + before): from -1 to 1, 0 is level.
"""

from __future__ import annotations

from functools import partial

from features.declarations import Family
from features.figures import Figure, Known, larger
from features.timeline import MONEY_UNIT

TREND = Family("trend", "growth_potential")


def _compare(now: Figure, before: Figure) -> Figure:
    return (now - before) / (now + before)


def _halves(known: Known, name: str, window: str, twice: str) -> Figure:
    """Compare a window with the equally long stretch before it."""
    now = known.sum(name, window)
    return _compare(now, known.sum(name, twice) - now)


def _usual(known: Known, name: str) -> Figure:
    """Return a total over one horizon at the pace of the whole time as a customer."""
    return known.sum(name) * (known.horizon_days / larger(known.tenure_days, known.horizon_days))


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
            theme=f"trend of {_noun}",
        )(partial(_halves, name=_name, window=_window, twice=_twice))


@TREND.feature(
    "orders_pace",
    "ratio",
    "orders in the last {days} days: {value} the usual pace",
    horizons=1,
    theme="orders",
)
def _(known: Known) -> Figure:
    return known.sum("orders", "h1") / _usual(known, "orders")


@TREND.feature(
    "spending_pace",
    "ratio",
    "spending in the last {days} days: {value} the usual pace",
    horizons=1,
    theme="value",
)
def _(known: Known) -> Figure:
    return known.sum("gross", "h1") / _usual(known, "gross")


@TREND.feature(
    "order_value_trend",
    "ratio",
    "order value in the last {days} days: {value} the usual one",
    horizons=1,
    theme="order value",
)
def _(known: Known) -> Figure:
    usual = known.sum("gross") / known.sum("orders")
    return known.sum("gross", "h1") / known.sum("orders", "h1") / usual


@TREND.feature(
    "last_day_spend_ratio",
    "ratio",
    "last spending: {value} the usual day's",
    theme="spending on the last day with orders",
)
def _(known: Known) -> Figure:
    return known.mark("day_spend", MONEY_UNIT) / (known.sum("gross") / known.sum("order_days"))


@TREND.feature(
    "quantity_trend",
    "",
    "quantity in the last {days} days against the usual: {value} (-1 to 1)",
    needs="transactions.quantity",
    horizons=1,
    theme="quantity",
)
def _(known: Known) -> Figure:
    return _compare(known.sum("quantity", "h1"), _usual(known, "quantity"))
