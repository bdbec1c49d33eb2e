"""Recency: how long ago."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known

RECENCY = Family("recency", "loyalty")


@RECENCY.feature(
    "days_since_last_order", "days", "{value} since the last order", theme="time since the last order"
)
def _(known: Known) -> Figure:
    return known.days_since_last_order


@RECENCY.feature(
    "horizons_since_last_order", "horizons", "{value} since the last order", theme="time since the last order"
)
def _(known: Known) -> Figure:
    return known.days_since_last_order / known.horizon_days


@RECENCY.feature(
    "days_since_second_last_order_day",
    "days",
    "{value} since the order before the last",
    theme="time since the order before the last",
)
def _(known: Known) -> Figure:
    return known.days_since("second_day_start")


@RECENCY.feature(
    "days_since_third_last_order_day",
    "days",
    "{value} since the third last order",
    theme="time since the third last order",
)
def _(known: Known) -> Figure:
    return known.days_since("third_day_start")


@RECENCY.feature(
    "tenure_days",
    "days",
    "{value} since the first order",
    changeable=False,
    theme="time since the first order",
)
def _(known: Known) -> Figure:
    return known.tenure_days


@RECENCY.feature(
    "silent_share", "share", "silent for {value} of the time as a customer", theme="time since the last order"
)
def _(known: Known) -> Figure:
    return known.days_since_last_order / known.tenure_days


@RECENCY.feature(
    "days_since_last_return",
    "days",
    "{value} since the last return",
    dimension="profitability",
    theme="time since the last return",
)
def _(known: Known) -> Figure:
    return known.days_since("last_returned")
