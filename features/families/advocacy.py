"""Advocacy: whether the customer speaks for the business."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

ADVOCACY = Family("advocacy", "advocacy", needs="events")

for _kind in ("review", "referral", "share", "survey"):
    ADVOCACY.totals(f"events:{_kind}", f"{_kind}s", f"{_kind}s", "{value} {window}")


@ADVOCACY.feature("mean_review_score", "", "reviews with {value} on average", needs="events:review")
def _(view: View) -> FloatArray:
    return view.sum("events:review.sum") / view.sum("events:review.figures")


@ADVOCACY.feature("mean_survey_score", "", "answers surveys with {value} on average", needs="events:survey")
def _(view: View) -> FloatArray:
    return view.sum("events:survey.sum") / view.sum("events:survey.figures")


@ADVOCACY.feature("advocacy_per_order", "", "{value} reviews, referrals and shares an order")
def _(view: View) -> FloatArray:
    kinds = [view.sum(f"events:{kind}") for kind in ("review", "referral", "share")]
    spoken: FloatArray = np.nansum(kinds, axis=0)
    return spoken / view.sum("orders")
