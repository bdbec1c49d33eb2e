"""Breadth: how much of what is on offer. Returns do not count."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known, where

BREADTH = Family("breadth", "growth_potential")


def bought_lines(known: Known) -> Figure:
    """Return the lines so far that are no returns."""
    return known.sum("lines") - known.sum("return_lines")


def bought_lines_h1(known: Known) -> Figure:
    """Return the lines in the last horizon that are no returns."""
    return known.sum("lines", "h1") - known.sum("return_lines", "h1")


BREADTH.totals(
    "new_products",
    "new_products",
    "products",
    "{value} bought for the first time {window}",
    needs="transactions.product_id",
)
BREADTH.totals(
    "new_categories",
    "new_categories",
    "categories",
    "{value} bought from for the first time {window}",
    needs="transactions.category",
)
BREADTH.totals("quantity", "quantity", "pieces", "{value} {window}", needs="transactions.quantity")


@BREADTH.feature(
    "new_product_share_h1",
    "share",
    "{value} of the last {days} days' lines are new products",
    needs="transactions.product_id",
    horizons=1,
    theme="new products",
)
def _(known: Known) -> Figure:
    return known.sum("new_products", "h1") / bought_lines_h1(known)


@BREADTH.feature(
    "product_variety",
    "share",
    "{value} of all lines are products bought for the first time",
    needs="transactions.product_id",
    theme="new products",
)
def _(known: Known) -> Figure:
    return known.sum("new_products") / bought_lines(known)


@BREADTH.feature(
    "new_products_per_order",
    "products",
    "{value} new in an order, on average",
    needs="transactions.product_id",
    theme="new products",
)
def _(known: Known) -> Figure:
    return known.sum("new_products") / known.sum("orders")


@BREADTH.feature(
    "category_concentration",
    "share",
    "bought from few categories: {value} (100% is one)",
    needs="transactions.category",
)
def _(known: Known) -> Figure:
    """Herfindahl index of bought lines by category."""
    lines = bought_lines(known)
    return known.sum("category_squares") / (lines * lines)


@BREADTH.feature(
    "channels_ever", "channels", "ordered through {value}", needs="transactions.channel", theme="channels"
)
def _(known: Known) -> Figure:
    return known.sum("new_channels")


@BREADTH.feature(
    "sellers_ever", "sellers", "ordered from {value}", needs="transactions.seller_id", theme="sellers"
)
def _(known: Known) -> Figure:
    return known.sum("new_sellers")


@BREADTH.feature(
    "quantity_per_order", "pieces", "{value} an order, on average", needs="transactions.quantity"
)
def _(known: Known) -> Figure:
    return known.sum("quantity") / known.sum("orders")


@BREADTH.feature("quantity_per_line", "pieces", "{value} a line, on average", needs="transactions.quantity")
def _(known: Known) -> Figure:
    return known.sum("quantity") / bought_lines(known)


@BREADTH.feature(
    "newest_share",
    "share",
    "{value} of all products found in the last {days} days",
    needs="transactions.product_id",
    horizons=1,
    theme="new products",
)
def _(known: Known) -> Figure:
    found = known.sum("new_products")
    return where(found > 0, known.sum("new_products", "h1") / found)
