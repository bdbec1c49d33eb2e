"""Profitability: what is left after costs, returns and service."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known, larger

PROFITABILITY = Family("profitability", "profitability")

PROFITABILITY.totals("cost", "cost", "money", "cost {value} {window}", needs="transactions.cost")
PROFITABILITY.totals("returned", "returned", "money", "{value} returned {window}", theme="returns")
PROFITABILITY.totals("return_lines", "return_lines", "lines", "{value} returned {window}")
PROFITABILITY.totals("events:support", "support_requests", "requests", "{value} to support {window}")
PROFITABILITY.totals("events:complaint", "complaints", "complaints", "{value} {window}")


def _margin(known: Known, window: str) -> Figure:
    return known.sum("gross", window) - known.sum("returned", window) - known.sum("cost", window)


def _margin_rate(known: Known, window: str) -> Figure:
    return _margin(known, window) / (known.sum("gross", window) - known.sum("returned", window))


@PROFITABILITY.feature(
    "margin_h1",
    "money",
    "{value} margin in the last {days} days",
    needs="transactions.cost",
    horizons=1,
    theme="margin",
)
def _(known: Known) -> Figure:
    return _margin(known, "h1")


@PROFITABILITY.feature(
    "margin_ever", "money", "{value} margin so far", needs="transactions.cost", theme="margin"
)
def _(known: Known) -> Figure:
    return _margin(known, "ever")


@PROFITABILITY.feature(
    "margin_rate_h1",
    "share",
    "{value} margin on sales in the last {days} days",
    needs="transactions.cost",
    horizons=1,
    theme="margin",
)
def _(known: Known) -> Figure:
    return _margin_rate(known, "h1")


@PROFITABILITY.feature(
    "margin_rate_ever", "share", "{value} margin on sales so far", needs="transactions.cost", theme="margin"
)
def _(known: Known) -> Figure:
    return _margin_rate(known, "ever")


@PROFITABILITY.feature(
    "return_rate_h1",
    "share",
    "{value} of sales returned in the last {days} days",
    horizons=1,
    theme="returns",
)
def _(known: Known) -> Figure:
    return known.sum("returned", "h1") / known.sum("gross", "h1")


@PROFITABILITY.feature("return_rate_ever", "share", "{value} of sales returned so far", theme="returns")
def _(known: Known) -> Figure:
    return known.sum("returned") / known.sum("gross")


@PROFITABILITY.feature("service_per_order", "", "{value} requests and complaints an order", needs="events")
def _(known: Known) -> Figure:
    requests, complaints = (larger(known.sum(f"events:{kind}"), 0) for kind in ("support", "complaint"))
    return (requests + complaints) / known.sum("orders")
