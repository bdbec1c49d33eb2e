"""Engagement: interest shown between orders."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known, larger

ENGAGEMENT = Family("engagement", "engagement", needs="events")

for _kind, _noun in (
    ("visit", "visits"),
    ("search", "searches"),
    ("cart", "carts"),
    ("abandon", "abandoned carts"),
    ("loyalty", "loyalty actions"),
):
    ENGAGEMENT.totals(f"events:{_kind}", _noun.replace(" ", "_"), _noun, "{value} {window}")


@ENGAGEMENT.feature(
    "days_since_last_event", "days", "{value} since the last event", theme="time since the last event"
)
def _(known: Known) -> Figure:
    return known.days_since("events")


@ENGAGEMENT.feature(
    "abandon_rate", "share", "{value} of carts abandoned", needs="events:abandon", theme="abandoned carts"
)
def _(known: Known) -> Figure:
    return known.sum("events:abandon") / known.sum("events:cart")


@ENGAGEMENT.feature("visits_per_order", "visits", "{value} an order", needs="events:visit", theme="visits")
def _(known: Known) -> Figure:
    return known.sum("events:visit") / known.sum("orders")


@ENGAGEMENT.feature(
    "visits_share_h1",
    "share",
    "{value} of all visits in the last {days} days",
    needs="events:visit",
    horizons=1,
    theme="visits",
)
def _(known: Known) -> Figure:
    return known.sum("events:visit", "h1") / known.sum("events:visit")


@ENGAGEMENT.feature(
    "visits_pace",
    "ratio",
    "visits in the last {days} days: {value} the usual pace",
    needs="events:visit",
    horizons=1,
    theme="visits",
)
def _(known: Known) -> Figure:
    usual = known.sum("events:visit") * (known.horizon_days / larger(known.tenure_days, known.horizon_days))
    return known.sum("events:visit", "h1") / usual
