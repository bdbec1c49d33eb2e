"""Spend: how much money."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known, larger, root, where
from features.timeline import MONEY_UNIT

SPEND = Family("spend", "profitability")

SPEND.over_windows("value", "money", "worth {value} {window}")(
    lambda known, window: known.sum("value", window)
)


@SPEND.over_windows("order_value", "money", "{value} an order {window}")
def _(known: Known, window: str) -> Figure:
    return known.sum("gross", window) / known.sum("orders", window)


@SPEND.feature(
    "value_previous",
    "money",
    "worth {value} in the {days} days before the last {days}",
    horizons=1,
    theme="value",
)
def _(known: Known) -> Figure:
    return known.sum("value", "h2") - known.sum("value", "h1")


@SPEND.feature(
    "value_per_horizon", "money", "worth {value} in {days} days, on average", horizons=1, theme="value"
)
def _(known: Known) -> Figure:
    """Young customers count as if they had been there for one horizon."""
    return known.sum("value") * (known.horizon_days / larger(known.tenure_days, known.horizon_days))


@SPEND.feature(
    "value_share_h1", "share", "{value} of all value in the last {days} days", horizons=1, theme="value"
)
def _(known: Known) -> Figure:
    return known.sum("value", "h1") / known.sum("value")


@SPEND.feature("gross_ever", "money", "spent {value} so far, returns not deducted", theme="value")
def _(known: Known) -> Figure:
    return known.sum("gross")


@SPEND.feature(
    "last_day_spend",
    "money",
    "spent {value} on the last day with orders",
    theme="spending on the last day with orders",
)
def _(known: Known) -> Figure:
    return known.mark("day_spend", MONEY_UNIT)


@SPEND.feature(
    "largest_day_spend", "money", "spent {value} on the best day", theme="spending on the best day"
)
def _(known: Known) -> Figure:
    return known.mark("largest_day_spend", MONEY_UNIT)


@SPEND.feature(
    "largest_day_share", "share", "{value} of all spending on the best day", theme="spending on the best day"
)
def _(known: Known) -> Figure:
    return known.mark("largest_day_spend", MONEY_UNIT) / known.sum("gross")


@SPEND.feature(
    "order_value_log_mean", "", "typical order value, as a logarithm: {value}", theme="order value"
)
def _(known: Known) -> Figure:
    return known.sum("order_log") / known.sum("orders")


@SPEND.feature(
    "order_value_log_sd",
    "",
    "spread of order values, as a logarithm: {value}",
    theme="spread of order values",
)
def _(known: Known) -> Figure:
    mean = known.sum("order_log") / known.sum("orders")
    variance = known.sum("order_log_sq") / known.sum("orders") - mean * mean
    return where(known.sum("orders") > 1, root(variance))
