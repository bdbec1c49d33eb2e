"""Rhythm: how regular, and how overdue. Gaps are the calendar days between days with orders."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

RHYTHM = Family("rhythm", "loyalty")


def _gaps(view: View) -> FloatArray:
    return np.where(view.sum("order_days") > 1, view.sum("order_days") - 1, np.nan)


def _mean_gap(view: View) -> FloatArray:
    return view.mark("span_days") / view.shared(_gaps)


def _gap_sd(view: View) -> FloatArray:
    gaps, mean = view.shared(_gaps), view.shared(_mean_gap)
    variance = view.sum("gap_sq") / gaps - mean * mean
    return np.where(gaps > 1, np.sqrt(np.maximum(variance, 0)), np.nan)


@RHYTHM.feature("mean_gap_days", "days", "{value} between orders, on average")
def _(view: View) -> FloatArray:
    return view.shared(_mean_gap)


@RHYTHM.feature("mean_gap_horizons", "ratio", "{value} the horizon between orders, on average")
def _(view: View) -> FloatArray:
    return view.shared(_mean_gap) / view.horizon_days


@RHYTHM.feature("gap_sd_days", "days", "gaps between orders vary by {value}")
def _(view: View) -> FloatArray:
    return view.shared(_gap_sd)


@RHYTHM.feature("gap_variation", "ratio", "gaps between orders vary by {value} their mean")
def _(view: View) -> FloatArray:
    return view.shared(_gap_sd) / view.shared(_mean_gap)


@RHYTHM.feature("last_gap_days", "days", "{value} between the last two orders")
def _(view: View) -> FloatArray:
    return view.mark("last_gap_days")


@RHYTHM.feature("last_gap_ratio", "ratio", "the last gap between orders was {value} the usual one")
def _(view: View) -> FloatArray:
    return view.mark("last_gap_days") / view.shared(_mean_gap)


@RHYTHM.feature("longest_gap_days", "days", "{value} between orders at most")
def _(view: View) -> FloatArray:
    return view.mark("longest_gap_days")


@RHYTHM.feature("overdue_ratio", "ratio", "last order {value} the usual gap ago")
def _(view: View) -> FloatArray:
    return view.days_since_last_order / view.shared(_mean_gap)


@RHYTHM.feature("overdue_longest_ratio", "ratio", "last order {value} the longest gap ago")
def _(view: View) -> FloatArray:
    return view.days_since_last_order / view.mark("longest_gap_days")


@RHYTHM.feature("overdue_days", "days", "{value} past the usual gap")
def _(view: View) -> FloatArray:
    return view.days_since_last_order - view.shared(_mean_gap)


@RHYTHM.feature("overdue_deviations", "", "past the usual gap by {value} standard deviations")
def _(view: View) -> FloatArray:
    """Add a day to the deviation, so that clockwork customers are not infinitely overdue."""
    return (view.days_since_last_order - view.shared(_mean_gap)) / (view.shared(_gap_sd) + 1)
