"""Recency: how long ago."""

from __future__ import annotations

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

RECENCY = Family("recency", "loyalty")


@RECENCY.feature("days_since_last_order", "days", "{value} since the last order")
def _(view: View) -> FloatArray:
    return view.days_since_last_order


@RECENCY.feature("horizons_since_last_order", "ratio", "last order {value} the horizon ago")
def _(view: View) -> FloatArray:
    return view.days_since_last_order / view.horizon_days


@RECENCY.feature("days_since_second_last_order_day", "days", "{value} since the order before the last")
def _(view: View) -> FloatArray:
    return view.days_since("second_day_start")


@RECENCY.feature("days_since_third_last_order_day", "days", "{value} since the third last order")
def _(view: View) -> FloatArray:
    return view.days_since("third_day_start")


@RECENCY.feature("tenure_days", "days", "{value} since the first order", changeable=False)
def _(view: View) -> FloatArray:
    return view.tenure_days


@RECENCY.feature("silent_share", "share", "silent for {value} of the time as a customer")
def _(view: View) -> FloatArray:
    return view.days_since_last_order / view.tenure_days


@RECENCY.feature("days_since_last_return", "days", "{value} since the last return", dimension="profitability")
def _(view: View) -> FloatArray:
    return view.days_since("last_returned")
