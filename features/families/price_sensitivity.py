"""Price sensitivity: how much the customer waits for, or lives on, lower prices."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known

PRICE_SENSITIVITY = Family("price sensitivity", "profitability", needs="transactions.discount")

PRICE_SENSITIVITY.totals("discount", "discount", "money", "{value} taken off {window}")
PRICE_SENSITIVITY.totals("discounted_lines", "discounted_lines", "lines", "{value} at a discount {window}")


def _rate(known: Known, window: str) -> Figure:
    off = known.sum("discount", window)
    return off / (known.sum("gross", window) + off)


def _line_share(known: Known, window: str) -> Figure:
    return known.sum("discounted_lines", window) / known.sum("lines", window)


@PRICE_SENSITIVITY.feature("discount_rate_ever", "share", "{value} off the price so far", theme="discount")
def _(known: Known) -> Figure:
    return _rate(known, "ever")


@PRICE_SENSITIVITY.feature(
    "discount_rate_h1", "share", "{value} off the price in the last {days} days", horizons=1, theme="discount"
)
def _(known: Known) -> Figure:
    return _rate(known, "h1")


@PRICE_SENSITIVITY.feature(
    "discount_rate_change",
    "share",
    "discounts of late against ever: {value} more",
    horizons=1,
    theme="discount",
)
def _(known: Known) -> Figure:
    return _rate(known, "h1") - _rate(known, "ever")


@PRICE_SENSITIVITY.feature(
    "discounted_line_share_ever", "share", "{value} of lines at a discount so far", theme="discounted lines"
)
def _(known: Known) -> Figure:
    return _line_share(known, "ever")


@PRICE_SENSITIVITY.feature(
    "discounted_line_share_h1",
    "share",
    "{value} of lines at a discount in the last {days} days",
    horizons=1,
    theme="discounted lines",
)
def _(known: Known) -> Figure:
    return _line_share(known, "h1")


@PRICE_SENSITIVITY.feature(
    "unit_price_ever",
    "money",
    "{value} a piece, on average",
    needs="transactions.quantity",
    theme="unit price",
)
def _(known: Known) -> Figure:
    return known.sum("gross") / known.sum("quantity")


@PRICE_SENSITIVITY.feature(
    "unit_price_trend",
    "ratio",
    "price of a piece of late: {value} the usual one",
    needs="transactions.quantity",
    horizons=1,
    theme="unit price",
)
def _(known: Known) -> Figure:
    usual = known.sum("gross") / known.sum("quantity")
    return known.sum("gross", "h1") / known.sum("quantity", "h1") / usual
