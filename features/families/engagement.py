"""Engagement: interest shown between orders."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

ENGAGEMENT = Family("engagement", "engagement", needs="events")

for _kind, _noun in (
    ("visit", "visits"),
    ("search", "searches"),
    ("cart", "carts"),
    ("abandon", "abandoned carts"),
    ("loyalty", "loyalty actions"),
):
    ENGAGEMENT.totals(f"events:{_kind}", _noun.replace(" ", "_"), _noun, "{value} {window}")


@ENGAGEMENT.feature("days_since_last_event", "days", "{value} since the last event")
def _(view: View) -> FloatArray:
    return view.days_since_last_event


@ENGAGEMENT.feature("abandon_rate", "share", "{value} of carts abandoned", needs="events:abandon")
def _(view: View) -> FloatArray:
    return view.sum("events:abandon") / view.sum("events:cart")


@ENGAGEMENT.feature("visits_per_order", "visits", "{value} an order", needs="events:visit")
def _(view: View) -> FloatArray:
    return view.sum("events:visit") / view.sum("orders")


@ENGAGEMENT.feature(
    "visits_share_h1",
    "share",
    "{value} of all visits in the last {days} days",
    needs="events:visit",
    horizons=1,
)
def _(view: View) -> FloatArray:
    return view.sum("events:visit", "h1") / view.sum("events:visit")


@ENGAGEMENT.feature(
    "visits_pace",
    "ratio",
    "visits in the last {days} days: {value} the usual pace",
    needs="events:visit",
    horizons=1,
)
def _(view: View) -> FloatArray:
    usual = view.sum("events:visit") * (view.horizon_days / np.fmax(view.tenure_days, view.horizon_days))
    return view.sum("events:visit", "h1") / usual
