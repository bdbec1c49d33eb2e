"""How value is spread: over customers, over orders, over seasons, regions and channels."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from models.overview import Concentration, Part, Scatter, SeasonCell
from training.overview.orders import Orders

POINTS = 1500
PARTS = 12
BETWEEN = 0.5
"""Share of the threshold from which a volume customer stands between volume and valued."""


def build_concentration(trailing: pl.DataFrame) -> Concentration:
    """Return which share of the value the best customers bring."""
    value = trailing["value"].filter(trailing["value"] > 0).sort(descending=True).to_numpy()
    if not len(value):
        return Concentration(customers=0, value=0.0)
    reached = np.concatenate([[0.0], np.cumsum(value)])
    shares = np.interp(np.linspace(0, len(value), 101), np.arange(len(reached)), reached) / reached[-1]
    curve = tuple(float(share) for share in shares.round(4))
    return Concentration(customers=len(value), value=round(float(reached[-1]), 2), value_shares=curve)


def build_scatter(trailing: pl.DataFrame, scores: pl.DataFrame, keys: list[str]) -> Scatter:
    """Return orders against value, all customers who ordered or an even sample of them."""
    known = scores.select(*keys, "segment", "threshold")
    rows = trailing.filter(pl.col("orders") > 0).join(known, on=keys, how="inner", nulls_equal=True)
    close = (pl.col("segment") == "volume") & (pl.col("value") >= BETWEEN * pl.col("threshold"))
    group = (
        pl.when(close)
        .then(pl.lit("between"))
        .when(pl.col("segment").is_in(["valued", "volume"]))
        .then("segment")
        .otherwise(pl.lit("other"))
    )
    rows = rows.with_columns(group=group)
    counts = rows.group_by("group").agg(customers=pl.len(), value=pl.col("value").sum()).sort("group")
    # Along falling value, every so-many-th: the sample has the shape of the whole, and is the same each time.
    ordered = rows.sort("value", "orders", *keys, descending=[True, True, *(False for _ in keys)])
    shown = ordered.gather(np.unique(np.linspace(0, len(ordered) - 1, min(POINTS, len(ordered))).astype(int)))
    thresholds = scores["threshold"].drop_nulls().drop_nans().unique()
    return Scatter(
        of=len(rows),
        orders=tuple(shown["orders"]),
        value=tuple(shown["value"].round(2)),
        group=tuple(shown["group"]),
        counts=dict(counts.select("group", "customers").rows()),
        values=dict(counts.select("group", pl.col("value").round(2)).rows()),
        threshold=float(thresholds[0]) if len(thresholds) == 1 else None,
    )


def build_season(orders: Orders) -> tuple[SeasonCell, ...]:
    """Return every weekday of every month of the year that the data has seen."""
    cell = [pl.col("day").dt.month().alias("month"), pl.col("day").dt.weekday().alias("weekday")]
    last = orders.end - dt.timedelta(days=1)
    days = pl.DataFrame({"day": pl.date_range(orders.first_day, last, eager=True)})
    seen = days.group_by(cell).agg(days=pl.len())
    sums = orders.frame.group_by(cell).agg(orders=pl.col("order").sum(), value=pl.col("value").sum().round(2))
    cells = seen.join(sums, on=["month", "weekday"], how="left").fill_null(0).sort("month", "weekday")
    return tuple(SeasonCell(**row) for row in cells.to_dicts())


def build_parts(rows: pl.DataFrame, column: str) -> tuple[Part, ...]:
    """Return what each region or channel brought, the small ones put together; nothing without the column."""
    if column not in rows.columns or not rows[column].null_count() < len(rows):
        return ()
    sums = (
        rows.group_by(column)
        .agg(
            customers=pl.col("customer_id").n_unique(),
            orders=pl.col("order").sum(),
            value=pl.col("value").sum().round(2),
        )
        .sort("value", column, descending=[True, False], nulls_last=True)
    )
    named = sums.filter(pl.col(column).is_not_null())
    most = PARTS if len(named) <= PARTS else PARTS - 1
    shown = pl.concat([named.head(most), sums.filter(pl.col(column).is_null())])
    parts = [Part(name=_shorten(row.pop(column)), parts=1, **row) for row in shown.to_dicts()]
    rest = named.slice(most)
    if len(rest):
        parts.append(_put_together(rest, rows.filter(pl.col(column).is_in(rest[column].implode()))))
    return tuple(parts)


def _put_together(rest: pl.DataFrame, rows: pl.DataFrame) -> Part:
    return Part(
        name="all others",
        parts=len(rest),
        customers=rows["customer_id"].n_unique(),
        orders=int(rest["orders"].sum()),
        value=round(float(rest["value"].sum()), 2),
    )


def _shorten(name: str | None) -> str | None:
    return name if name is None or len(name) <= 200 else f"{name[:199]}…"
