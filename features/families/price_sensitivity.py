"""Price sensitivity: how much the customer waits for, or lives on, lower prices."""

from __future__ import annotations

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

PRICE_SENSITIVITY = Family("price sensitivity", "profitability", needs="transactions.discount")

PRICE_SENSITIVITY.totals("discount", "discount", "money", "{value} taken off {window}")
PRICE_SENSITIVITY.totals("discounted_lines", "discounted_lines", "lines", "{value} at a discount {window}")


def _rate(view: View, window: str) -> FloatArray:
    off = view.sum("discount", window)
    return off / (view.sum("gross", window) + off)


def _line_share(view: View, window: str) -> FloatArray:
    return view.sum("discounted_lines", window) / view.sum("lines", window)


@PRICE_SENSITIVITY.feature("discount_rate_ever", "share", "{value} off the price so far")
def _(view: View) -> FloatArray:
    return _rate(view, "ever")


@PRICE_SENSITIVITY.feature(
    "discount_rate_h1", "share", "{value} off the price in the last {days} days", horizons=1
)
def _(view: View) -> FloatArray:
    return _rate(view, "h1")


@PRICE_SENSITIVITY.feature(
    "discount_rate_change", "share", "discounts of late against ever: {value} more", horizons=1
)
def _(view: View) -> FloatArray:
    return _rate(view, "h1") - _rate(view, "ever")


@PRICE_SENSITIVITY.feature("discounted_line_share_ever", "share", "{value} of lines at a discount so far")
def _(view: View) -> FloatArray:
    return _line_share(view, "ever")


@PRICE_SENSITIVITY.feature(
    "discounted_line_share_h1", "share", "{value} of lines at a discount in the last {days} days", horizons=1
)
def _(view: View) -> FloatArray:
    return _line_share(view, "h1")


@PRICE_SENSITIVITY.feature(
    "unit_price_ever", "money", "{value} a piece, on average", needs="transactions.quantity"
)
def _(view: View) -> FloatArray:
    return view.sum("gross") / view.sum("quantity")


@PRICE_SENSITIVITY.feature(
    "unit_price_trend",
    "ratio",
    "price of a piece of late: {value} the usual one",
    needs="transactions.quantity",
    horizons=1,
)
def _(view: View) -> FloatArray:
    usual = view.sum("gross") / view.sum("quantity")
    return view.sum("gross", "h1") / view.sum("quantity", "h1") / usual
