"""Advocacy: whether the customer speaks for the business."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known, larger

ADVOCACY = Family("advocacy", "advocacy", needs="events")

for _kind in ("review", "referral", "share", "survey"):
    ADVOCACY.totals(f"events:{_kind}", f"{_kind}s", f"{_kind}s", "{value} {window}")


@ADVOCACY.feature("mean_review_score", "", "reviews with {value} on average", needs="events:review")
def _(known: Known) -> Figure:
    return known.sum("events:review.sum") / known.sum("events:review.figures")


@ADVOCACY.feature("mean_survey_score", "", "answers surveys with {value} on average", needs="events:survey")
def _(known: Known) -> Figure:
    return known.sum("events:survey.sum") / known.sum("events:survey.figures")


@ADVOCACY.feature("advocacy_per_order", "", "{value} reviews, referrals and shares an order")
def _(known: Known) -> Figure:
    reviews, referrals, shares = (
        larger(known.sum(f"events:{kind}"), 0) for kind in ("review", "referral", "share")
    )
    return (reviews + referrals + shares) / known.sum("orders")
