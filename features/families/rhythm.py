"""Rhythm: how regular, and how overdue. Gaps are the calendar days between days with orders."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known, root, where

RHYTHM = Family("rhythm", "loyalty")


def _gaps(known: Known) -> Figure:
    return where(known.sum("order_days") > 1, known.sum("order_days") - 1)


def _mean_gap(known: Known) -> Figure:
    return known.mark("span_days") / _gaps(known)


def _gap_sd(known: Known) -> Figure:
    gaps, mean = _gaps(known), _mean_gap(known)
    variance = known.sum("gap_sq") / gaps - mean * mean
    return where(gaps > 1, root(variance))


@RHYTHM.feature(
    "mean_gap_days", "days", "{value} between orders, on average", theme="usual gap between orders"
)
def _(known: Known) -> Figure:
    return _mean_gap(known)


@RHYTHM.feature(
    "mean_gap_horizons", "horizons", "{value} between orders, on average", theme="usual gap between orders"
)
def _(known: Known) -> Figure:
    return _mean_gap(known) / known.horizon_days


@RHYTHM.feature("gap_sd_days", "days", "gaps between orders vary by {value}", theme="regularity of orders")
def _(known: Known) -> Figure:
    return _gap_sd(known)


@RHYTHM.feature(
    "gap_variation", "ratio", "gaps between orders vary by {value} their mean", theme="regularity of orders"
)
def _(known: Known) -> Figure:
    return _gap_sd(known) / _mean_gap(known)


@RHYTHM.feature(
    "last_gap_days", "days", "{value} between the last two orders", theme="last gap between orders"
)
def _(known: Known) -> Figure:
    return known.mark("last_gap_days")


@RHYTHM.feature(
    "last_gap_ratio",
    "ratio",
    "the last gap between orders was {value} the usual one",
    theme="last gap between orders",
)
def _(known: Known) -> Figure:
    return known.mark("last_gap_days") / _mean_gap(known)


@RHYTHM.feature(
    "longest_gap_days", "days", "{value} between orders at most", theme="longest gap between orders"
)
def _(known: Known) -> Figure:
    return known.mark("longest_gap_days")


@RHYTHM.feature(
    "overdue_ratio", "ratio", "last order {value} the usual gap ago", theme="time since the last order"
)
def _(known: Known) -> Figure:
    return known.days_since_last_order / _mean_gap(known)


@RHYTHM.feature(
    "overdue_longest_ratio",
    "ratio",
    "last order {value} the longest gap ago",
    theme="time since the last order",
)
def _(known: Known) -> Figure:
    return known.days_since_last_order / known.mark("longest_gap_days")


@RHYTHM.feature("overdue_days", "days", "{value} past the usual gap", theme="time since the last order")
def _(known: Known) -> Figure:
    return known.days_since_last_order - _mean_gap(known)


@RHYTHM.feature(
    "overdue_deviations",
    "",
    "past the usual gap by {value} standard deviations",
    theme="time since the last order",
)
def _(known: Known) -> Figure:
    """Add a day to the deviation, so that clockwork customers are not infinitely overdue."""
    return (known.days_since_last_order - _mean_gap(known)) / (_gap_sd(known) + 1)
