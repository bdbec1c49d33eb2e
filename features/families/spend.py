"""Spend: how much money."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.timeline import MONEY_UNIT, FloatArray
from features.view import View

SPEND = Family("spend", "profitability")

SPEND.over_windows("value", "money", "worth {value} {window}")(lambda view: view.windows("value"))


@SPEND.over_windows("order_value", "money", "{value} an order {window}")
def _(view: View) -> FloatArray:
    return view.windows("gross") / view.windows("orders")


@SPEND.feature(
    "value_previous", "money", "worth {value} in the {days} days before the last {days}", horizons=1
)
def _(view: View) -> FloatArray:
    return view.sum("value", "h2") - view.sum("value", "h1")


@SPEND.feature("value_per_horizon", "money", "worth {value} in {days} days, on average", horizons=1)
def _(view: View) -> FloatArray:
    """Young customers count as if they had been there for one horizon."""
    return view.sum("value") * (view.horizon_days / np.fmax(view.tenure_days, view.horizon_days))


@SPEND.feature("value_share_h1", "share", "{value} of all value in the last {days} days", horizons=1)
def _(view: View) -> FloatArray:
    return view.sum("value", "h1") / view.sum("value")


@SPEND.feature("gross_ever", "money", "spent {value} so far, returns not deducted")
def _(view: View) -> FloatArray:
    return view.sum("gross")


@SPEND.feature("last_day_spend", "money", "spent {value} on the last day with orders")
def _(view: View) -> FloatArray:
    return view.mark("day_spend", MONEY_UNIT)


@SPEND.feature("largest_day_spend", "money", "spent {value} on the best day")
def _(view: View) -> FloatArray:
    return view.mark("largest_day_spend", MONEY_UNIT)


@SPEND.feature("largest_day_share", "share", "{value} of all spending on the best day")
def _(view: View) -> FloatArray:
    return view.mark("largest_day_spend", MONEY_UNIT) / view.sum("gross")


@SPEND.feature("order_value_log_mean", "", "typical order value, as a logarithm: {value}")
def _(view: View) -> FloatArray:
    return view.sum("order_log") / view.sum("orders")


@SPEND.feature("order_value_log_sd", "", "spread of order values, as a logarithm: {value}")
def _(view: View) -> FloatArray:
    mean = view.sum("order_log") / view.sum("orders")
    variance = view.sum("order_log_sq") / view.sum("orders") - mean * mean
    return np.where(view.sum("orders") > 1, np.sqrt(np.maximum(variance, 0)), np.nan)
