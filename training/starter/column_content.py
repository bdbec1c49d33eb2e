"""What columns mean by what they hold, where their names say nothing."""

from __future__ import annotations

import polars as pl

from training.starter.column_roles import ColumnLook

_LEAST_DISTINCT = 3
_ONE_MOMENT = 0.95


def add_roles_by_content(
    roles: dict[str, str], looks: dict[str, ColumnLook], sample: pl.DataFrame
) -> dict[str, str]:
    """Return the roles with a moment, a customer and an amount where the data gives them away.

    A moment is the only column of dates. An order happens at one moment, a customer comes back: the id whose
    rows most often differ in their moment is the customer's. An amount has cents.
    """
    found = dict(roles)
    if "timestamp" not in found and (moment := _find_moment(found, looks)):
        found["timestamp"] = moment
    if "customer_id" not in found and "timestamp" in found and (who := _find_customer(found, looks, sample)):
        found["customer_id"] = who
    if not {"amount", "unit_price"} & found.keys() and (money := _find_money(found, looks, sample)):
        found["amount"] = money
    return found


def _free(roles: dict[str, str], looks: dict[str, ColumnLook]) -> list[ColumnLook]:
    return [look for look in looks.values() if look.name not in roles.values() and look.filled]


def _find_moment(roles: dict[str, str], looks: dict[str, ColumnLook]) -> str | None:
    moments = [look for look in _free(roles, looks) if look.is_moment]
    return max(moments, key=lambda look: (look.filled, look.distinct)).name if moments else None


def _find_customer(roles: dict[str, str], looks: dict[str, ColumnLook], sample: pl.DataFrame) -> str | None:
    ids = [
        look
        for look in _free(roles, looks)
        if not look.is_moment and (look.whole or not look.is_number) and look.distinct >= _LEAST_DISTINCT
    ]
    comes_back = {look.name: _share_coming_back(sample, look.name, roles["timestamp"]) for look in ids}
    likely = [look for look in ids if comes_back[look.name] > 1 - _ONE_MOMENT]
    return max(likely, key=lambda look: look.distinct).name if likely else None


def _share_coming_back(sample: pl.DataFrame, column: str, moment: str) -> float:
    """Return the share of a column's values that are met at several moments."""
    moments = sample.drop_nulls(column).group_by(column).agg(pl.col(moment).n_unique().alias("moments"))
    return float((moments["moments"] > 1).mean() or 0.0) if len(moments) else 0.0  # type: ignore[arg-type]


def _find_money(roles: dict[str, str], looks: dict[str, ColumnLook], sample: pl.DataFrame) -> str | None:
    numbers = [look for look in _free(roles, looks) if look.is_number and not look.is_moment]
    cents = {look.name: _share_with_cents(sample[look.name]) for look in numbers}
    likely = [name for name, share in cents.items() if share > 0]
    return max(likely, key=lambda name: cents[name]) if likely else None


def _share_with_cents(column: pl.Series) -> float:
    if column.dtype == pl.String:
        return float(column.drop_nulls().str.contains(r"\d[.,]\d{2}\b").mean() or 0.0)  # type: ignore[arg-type]
    values = column.drop_nulls().cast(pl.Float64)
    return float((values % 1 != 0).mean() or 0.0)  # type: ignore[arg-type]
