"""Breadth: how much of what is on offer. Returns do not count."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.timeline import FloatArray
from features.view import View

BREADTH = Family("breadth", "growth_potential")


def bought_lines(view: View) -> FloatArray:
    """Return the lines so far that are no returns."""
    return view.sum("lines") - view.sum("return_lines")


def bought_lines_h1(view: View) -> FloatArray:
    """Return the lines in the last horizon that are no returns."""
    return view.sum("lines", "h1") - view.sum("return_lines", "h1")


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
)
def _(view: View) -> FloatArray:
    return view.sum("new_products", "h1") / view.shared(bought_lines_h1)


@BREADTH.feature(
    "product_variety",
    "share",
    "{value} of all lines are products bought for the first time",
    needs="transactions.product_id",
)
def _(view: View) -> FloatArray:
    return view.sum("new_products") / view.shared(bought_lines)


@BREADTH.feature(
    "new_products_per_order",
    "products",
    "{value} new in an order, on average",
    needs="transactions.product_id",
)
def _(view: View) -> FloatArray:
    return view.sum("new_products") / view.sum("orders")


@BREADTH.feature(
    "category_concentration",
    "share",
    "bought from few categories: {value} (100% is one)",
    needs="transactions.category",
)
def _(view: View) -> FloatArray:
    """Herfindahl index of bought lines by category."""
    lines = view.shared(bought_lines)
    return view.sum("category_squares") / (lines * lines)


@BREADTH.feature("channels_ever", "channels", "ordered through {value}", needs="transactions.channel")
def _(view: View) -> FloatArray:
    return view.sum("new_channels")


@BREADTH.feature("sellers_ever", "sellers", "ordered from {value}", needs="transactions.seller_id")
def _(view: View) -> FloatArray:
    return view.sum("new_sellers")


@BREADTH.feature(
    "quantity_per_order", "pieces", "{value} an order, on average", needs="transactions.quantity"
)
def _(view: View) -> FloatArray:
    return view.sum("quantity") / view.sum("orders")


@BREADTH.feature("quantity_per_line", "pieces", "{value} a line, on average", needs="transactions.quantity")
def _(view: View) -> FloatArray:
    return view.sum("quantity") / view.shared(bought_lines)


@BREADTH.feature(
    "newest_share",
    "share",
    "{value} of all products found in the last {days} days",
    needs="transactions.product_id",
    horizons=1,
)
def _(view: View) -> FloatArray:
    found = view.sum("new_products")
    return np.where(found > 0, view.sum("new_products", "h1") / found, np.nan)
