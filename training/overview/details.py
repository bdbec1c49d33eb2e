"""What happened with each customer, as the JSON that a page about one customer reads."""

from __future__ import annotations

import datetime as dt

import polars as pl

from features.sources import reading
from training.overview.orders import Orders, local_day, read_orders
from training.source_history import SourceHistory

HAPPENINGS = 200
MONTHS = 36
FAVOURITES = 5
ATTRIBUTES = 30
_TEXT = 120


def build_details(source: SourceHistory, orders: Orders | None = None) -> pl.DataFrame:
    """Return `customer_id` and `detail`, the JSON of a `models.overview.CustomerDetail`, of every customer.

    Parameters
    ----------
    source : SourceHistory
        The tables, up to the moment of the scores.
    orders : Orders, optional
        Those of the source, where they were read already.
    """
    by_day = (orders or read_orders(source, 1)).frame
    parts = [_build_timeline(source, by_day), _build_months(by_day)]
    for optional in (_build_favourites(source), _build_attributes(source)):
        if optional is not None:
            parts.append(optional)
    found = parts[0]
    for part in parts[1:]:
        found = found.join(part, on="customer_id", how="full", coalesce=True)
    fields = [name for name in found.columns if name != "customer_id"]
    return found.select("customer_id", detail=pl.struct(*fields).struct.json_encode())


def _build_timeline(source: SourceHistory, orders: pl.DataFrame) -> pl.DataFrame:
    happenings = [_list_orders(orders)]
    for told in (_list_events(source), _list_contacts(source)):
        if told is not None:
            happenings.append(told)
    by_customer = (
        pl.concat(happenings)
        .sort("customer_id", "day", "rank", "words", "money")
        .group_by("customer_id", maintain_order=True)
        .agg(
            pl.col("day").tail(HAPPENINGS).dt.to_string(),
            *(pl.col(name).tail(HAPPENINGS) for name in ("kind", "words", "money", "count")),
            happenings=pl.len().cast(pl.Int64),
        )
    )
    return by_customer.select(
        "customer_id", "happenings", timeline=pl.struct("day", "kind", "words", "money", "count")
    )


def _list_orders(orders: pl.DataFrame) -> pl.DataFrame:
    channel = pl.col("channel") if "channel" in orders.columns else pl.lit(None, dtype=pl.String)
    return orders.select(
        "customer_id",
        "day",
        rank=pl.lit(1, pl.Int8),
        kind=pl.when((pl.col("order") == 0) & (pl.col("value") < 0))
        .then(pl.lit("return"))
        .otherwise(pl.lit("order")),
        words=_words(channel),
        money=pl.col("value").round(2),
        count="lines",
    )


def _list_events(source: SourceHistory) -> pl.DataFrame | None:
    if source.tables.events is None:
        return None
    rows = source.tables.events.select(
        "customer_id", local_day(source.dialect.timezone).alias("day"), words=_words(pl.col("kind"))
    )
    with reading("events"):
        by_day = rows.group_by("customer_id", "day", "words").agg(count=pl.len()).collect(engine="streaming")
    return by_day.select(
        "customer_id",
        "day",
        rank=pl.lit(2, pl.Int8),
        kind=pl.lit("event"),
        words="words",
        money=pl.lit(None, pl.Float64),
        count=pl.col("count").cast(pl.Int64),
    )


def _list_contacts(source: SourceHistory) -> pl.DataFrame | None:
    table = source.tables.contacts
    if table is None:
        return None
    columns = table.collect_schema().names()
    made = pl.col("treated").fill_null(value=True) if "treated" in columns else pl.lit(value=True)
    told = [pl.col(name) for name in ("campaign_id", "offer", "channel") if name in columns]
    words = pl.concat_str(told, separator=", ", ignore_nulls=True)
    with reading("contacts"):
        return table.select(
            "customer_id",
            local_day(source.dialect.timezone).alias("day"),
            rank=pl.lit(0, pl.Int8),
            kind=pl.when(made).then(pl.lit("contact")).otherwise(pl.lit("held_out")),
            words=_words(words),
            money=pl.lit(None, pl.Float64),
            count=pl.lit(1, pl.Int64),
        ).collect()


def _build_months(orders: pl.DataFrame) -> pl.DataFrame:
    by_month = (
        orders.group_by("customer_id", month=pl.col("day").dt.month_start())
        .agg(orders=pl.col("order").sum(), value=pl.col("value").sum().round(2))
        .sort("customer_id", "month")
        .group_by("customer_id", maintain_order=True)
        .agg(
            pl.col("month").tail(MONTHS).dt.to_string(),
            *(pl.col(c).tail(MONTHS) for c in ("orders", "value")),
        )
    )
    return by_month.select("customer_id", months=pl.struct("month", "orders", "value"))


def _build_favourites(source: SourceHistory) -> pl.DataFrame | None:
    lines = source.tables.transactions
    if "category" not in lines.collect_schema().names():
        return None
    known = lines.filter(pl.col("category").is_not_null())
    with reading("transactions"):
        spent = (
            known.group_by("customer_id", category=_words(pl.col("category")))
            .agg(value=pl.col("amount").cast(pl.Float64).sum().round(2))
            .filter(pl.col("value") > 0)
            .collect(engine="streaming")
        )
    ordered = spent.sort("customer_id", "value", "category", descending=[False, True, False])
    best = ordered.group_by("customer_id", maintain_order=True).head(FAVOURITES)
    return best.group_by("customer_id", maintain_order=True).agg(favourites=pl.struct("category", "value"))


def _build_attributes(source: SourceHistory) -> pl.DataFrame | None:
    table = source.tables.customers
    if table is None:
        return None
    names = [name for name in table.collect_schema().names() if name != "customer_id"][:ATTRIBUTES]
    if not names:
        return None
    # Of a customer's several rows the last one holds.
    with reading("customers"):
        known = table.unique("customer_id", keep="last", maintain_order=True).collect()
    texts = known.select(
        "customer_id", *(_words(_say(known[name], source.dialect.timezone)).alias(name) for name in names)
    )
    return texts.select("customer_id", attributes=pl.struct(*names))


def _say(column: pl.Series, timezone: str) -> pl.Expr:
    """Return an attribute as a person writes it: moments to the minute, and those at midnight as days.

    A moment with a zone is told in the business's zone, and one without as it is.
    """
    attribute, dtype = pl.col(column.name), column.dtype
    if dtype == pl.Boolean:
        return pl.when(attribute).then(pl.lit("yes")).when(~attribute).then(pl.lit("no"))
    if isinstance(dtype, pl.Datetime):
        local = attribute.dt.convert_time_zone(timezone) if dtype.time_zone else attribute
        midnight = column.to_frame().select((local.dt.time() == dt.time()).all()).item()
        return local.dt.strftime("%-d %b %Y" if midnight else "%-d %b %Y, %H:%M")
    if dtype == pl.Date:
        return attribute.dt.strftime("%-d %b %Y")
    if dtype.is_float() and (column == column.round(0)).all():
        return attribute.cast(pl.Int64, strict=False).cast(pl.String)
    return attribute.cast(pl.String)


def _words(text: pl.Expr) -> pl.Expr:
    short = pl.when(text.str.len_chars() > _TEXT).then(text.str.head(_TEXT - 1) + pl.lit("…")).otherwise(text)
    return short.fill_null("")
