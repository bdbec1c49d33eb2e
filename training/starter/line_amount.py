"""What a line came to: a column of its own, or quantity times price."""

from __future__ import annotations

import re

import polars as pl

from training.starter.column_roles import ColumnLook

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SAME_IN_ORDER = 0.98


def guess_amount(looks: dict[str, ColumnLook], roles: dict[str, str], sample: pl.DataFrame) -> str | None:
    """Return a line's amount: a column of its own, else quantity times price, else a price.

    A total that repeats on, or is missing from, the further lines of an order is not the line's.
    """
    price, quantity, amount = roles.get("unit_price"), roles.get("quantity"), roles.get("amount")
    product = (
        f"{quote_name(quantity, in_expression=True)} * {quote_name(price, in_expression=True)}"
        if price and quantity
        else None
    )
    if amount and not (product and _is_of_order(amount, roles.get("order_id"), looks, sample)):
        return quote_name(amount)
    return product or (quote_name(price) if price else None)


def _is_of_order(amount: str, order: str | None, looks: dict[str, ColumnLook], sample: pl.DataFrame) -> bool:
    if looks[amount].filled < _SAME_IN_ORDER:
        return True
    if order is None:
        return False
    several = (
        sample.group_by(order)
        .agg(pl.len(), pl.col(amount).n_unique().alias("amounts"))
        .filter(pl.col("len") > 1)
    )
    return len(several) > 0 and float((several["amounts"] == 1).mean() or 0.0) >= _SAME_IN_ORDER  # type: ignore[arg-type]


def quote_name(name: str, *, in_expression: bool = False) -> str:
    """Return a column's name as the config writes it: quoted in expressions where it is no plain word."""
    if not in_expression or _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'
