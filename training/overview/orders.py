"""Orders by day: the one table, read once, that an overview of purchases is computed from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from features.sources import reading
from training.source_history import SourceHistory

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Orders:
    """What customers ordered, day by day.

    Attributes
    ----------
    frame : DataFrame
        `customer_id`, with sellers `seller_id`, `day` (local), `order` (1 on the day that an order is placed,
        else 0), `value` (money, returns deducted), `lines`, and `channel` and `region` where lines tell.
    end : date
        Local day before which everything happened.
    horizon_days : int
    by_seller : bool
        Scores are of customers with a seller each.
    """

    frame: pl.DataFrame
    end: dt.date
    horizon_days: int
    by_seller: bool

    @property
    def keys(self) -> list[str]:
        """What one row of the scores is about."""
        return ["customer_id", "seller_id"] if self.by_seller else ["customer_id"]

    @cached_property
    def first_day(self) -> dt.date:
        """The oldest day with a line."""
        day: dt.date = self.frame["day"].min()  # type: ignore[assignment]
        return day

    @cached_property
    def placed(self) -> pl.DataFrame:
        """The orders: the rows of the days on which one is placed."""
        return self.frame.filter(pl.col("order") == 1)

    @cached_property
    def first_orders(self) -> pl.DataFrame:
        """`customer_id` and the day of the first order, as `first`."""
        return self.placed.group_by("customer_id").agg(first=pl.col("day").min())

    def sum_trailing(self, end: dt.date) -> pl.DataFrame:
        """Return `orders` and `value` of the horizon before a day, by the keys of the scores."""
        start = end - dt.timedelta(days=self.horizon_days)
        within = self.frame.filter(pl.col("day").is_between(start, end, closed="left"))
        return within.group_by(self.keys).agg(orders=pl.col("order").sum(), value=pl.col("value").sum())

    def since(self, days: int) -> pl.DataFrame:
        """Return the rows of so many days before the end."""
        return self.frame.filter(pl.col("day") >= self.end - dt.timedelta(days=days))


def read_orders(source: SourceHistory, horizon_days: int) -> Orders:
    """Read the transactions once and add their lines up to orders by day.

    Lines of one `order_id` of a customer, or without one those of a calendar day, are an order; it is placed
    on the first day that something of it is bought. Returns count on the day that they happen.
    """
    dialect = source.dialect
    columns = source.tables.transactions.collect_schema().names()
    by_seller = dialect.by_seller and "seller_id" in columns
    keys = ["customer_id", "seller_id"] if by_seller else ["customer_id"]
    lines = source.tables.transactions.select(
        *(pl.col(key) for key in keys),
        local_day(dialect.timezone).alias("day"),
        _order(columns, dialect.timezone).alias("placed_as"),
        (pl.col("amount") > 0).alias("bought"),
        _value(columns, margin=dialect.margin).alias("value"),
        *(pl.col(name) for name in ("channel", "region") if name in columns),
    )
    told = [pl.col(name).min() for name in ("channel", "region") if name in columns]
    by_day = lines.group_by(*keys, "placed_as", "day").agg(
        pl.col("bought").any(), pl.col("value").sum(), *told, lines=pl.len()
    )
    with reading("transactions"):
        frame = by_day.collect(engine="streaming")
    first_bought = pl.col("day").filter(pl.col("bought")).min().over(*keys, "placed_as")
    placed = (pl.col("bought") & (pl.col("day") == first_bought)).fill_null(value=False)
    frame = frame.with_columns(order=placed.cast(pl.Int64), lines=pl.col("lines").cast(pl.Int64))
    return Orders(frame.drop("placed_as", "bought"), find_end(source), horizon_days, by_seller)


def local_day(timezone: str) -> pl.Expr:
    """Return the calendar day of each row's timestamp in the business's zone."""
    return pl.col("timestamp").dt.convert_time_zone(timezone).dt.date()


def find_end(source: SourceHistory) -> dt.date:
    """Return the first local day of which nothing is known any more."""
    moment = source.as_of.astimezone(ZoneInfo(source.dialect.timezone))
    midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return moment.date() if midnight else moment.date() + _DAY


def list_months(first: dt.date, end: dt.date) -> Iterator[dt.date]:
    """Yield the first day of every month that a stretch of days touches; `end` is excluded.

    Examples
    --------
    >>> [f"{month:%b}" for month in list_months(dt.date(2024, 11, 30), dt.date(2025, 2, 1))]
    ['Nov', 'Dec', 'Jan']
    """
    month = first.replace(day=1)
    while month < end:
        yield month
        month = next_month(month)


def next_month(month: dt.date) -> dt.date:
    """Return the first day of the month after one."""
    return (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _order(columns: list[str], timezone: str) -> pl.Expr:
    day = local_day(timezone).cast(pl.Int32).hash(seed=1)
    if "order_id" not in columns:
        return day
    return pl.when(pl.col("order_id").is_null()).then(day).otherwise(pl.col("order_id").hash())


def _value(columns: list[str], *, margin: bool) -> pl.Expr:
    amount = pl.col("amount").cast(pl.Float64)
    return amount - pl.col("cost").cast(pl.Float64).fill_null(0.0) if margin and "cost" in columns else amount
