"""Profitability: what is left after costs, returns and service."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

PROFITABILITY = Family("profitability", "profitability")

PROFITABILITY.totals("cost", "cost", "money", "cost {value} {window}", needs="transactions.cost")
PROFITABILITY.totals("returned", "returned", "money", "{value} returned {window}")
PROFITABILITY.totals("return_lines", "return_lines", "lines", "{value} returned {window}")
PROFITABILITY.totals("events:support", "support_requests", "requests", "{value} to support {window}")
PROFITABILITY.totals("events:complaint", "complaints", "complaints", "{value} {window}")


def _margin(view: View, window: str) -> FloatArray:
    return view.sum("gross", window) - view.sum("returned", window) - view.sum("cost", window)


def _margin_rate(view: View, window: str) -> FloatArray:
    return _margin(view, window) / (view.sum("gross", window) - view.sum("returned", window))


@PROFITABILITY.feature(
    "margin_h1", "money", "{value} margin in the last {days} days", needs="transactions.cost", horizons=1
)
def _(view: View) -> FloatArray:
    return _margin(view, "h1")


@PROFITABILITY.feature("margin_ever", "money", "{value} margin so far", needs="transactions.cost")
def _(view: View) -> FloatArray:
    return _margin(view, "ever")


@PROFITABILITY.feature(
    "margin_rate_h1",
    "share",
    "{value} margin on sales in the last {days} days",
    needs="transactions.cost",
    horizons=1,
)
def _(view: View) -> FloatArray:
    return _margin_rate(view, "h1")


@PROFITABILITY.feature(
    "margin_rate_ever", "share", "{value} margin on sales so far", needs="transactions.cost"
)
def _(view: View) -> FloatArray:
    return _margin_rate(view, "ever")


@PROFITABILITY.feature(
    "return_rate_h1", "share", "{value} of sales returned in the last {days} days", horizons=1
)
def _(view: View) -> FloatArray:
    return view.sum("returned", "h1") / view.sum("gross", "h1")


@PROFITABILITY.feature("return_rate_ever", "share", "{value} of sales returned so far")
def _(view: View) -> FloatArray:
    return view.sum("returned") / view.sum("gross")


@PROFITABILITY.feature("service_per_order", "", "{value} requests and complaints an order", needs="events")
def _(view: View) -> FloatArray:
    kinds = [view.sum(f"events:{kind}") for kind in ("support", "complaint")]
    served: FloatArray = np.nansum(kinds, axis=0)
    return served / view.sum("orders")
