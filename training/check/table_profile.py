"""One reading of a table: what its columns hold, which rows are bad, and the little that later steps need."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from features.sources import reading
from training.check.customer_codes import CustomerCodes
from training.check.rejects import RejectWriter

BATCH_ROWS = 262_144

EARLIEST_PLAUSIBLE = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
"""Moments before it are hardly ever a sale that a computer kept."""

_SUM, _MIN, _MAX = pl.Expr.sum, pl.Expr.min, pl.Expr.max
_STATISTICS: dict[str, tuple[Callable[[pl.Expr], pl.Expr], Callable[[pl.Expr], pl.Expr]]] = {
    "nulls": (lambda column: column.null_count(), _SUM),
    "zeros": (lambda column: (column == 0).sum(), _SUM),
    "negatives": (lambda column: (column < 0).sum(), _SUM),
    "sum_positive": (lambda column: column.filter(column > 0).sum(), _SUM),
    "sum_negative": (lambda column: column.filter(column < 0).sum(), _SUM),
    "minimum": (lambda column: column.min(), _MIN),
    "maximum": (lambda column: column.max(), _MAX),
}
_OF_NUMBERS = tuple(_STATISTICS)
_OF_MOMENTS = ("nulls", "minimum", "maximum")


@dataclass(frozen=True)
class ColumnProfile:
    """What the good rows of a column hold; figures that do not fit its type are None."""

    name: str
    dtype: str
    nulls: int = 0
    zeros: int | None = None
    negatives: int | None = None
    sum_positive: float | None = None
    sum_negative: float | None = None
    minimum: Any = None
    maximum: Any = None
    early: int | None = None
    late: int | None = None


@dataclass
class TableProfile:
    """What one reading of a table found.

    Attributes
    ----------
    rows, good
        Rows read, and those that were not rejected.
    reasons
        Rejected rows by reason, without the value found.
    columns
        By name, of the good rows.
    customers
        Codes of the customers of the good rows, sorted, each once.
    duplicates
        Good rows that equal an earlier one in every column.
    repeated_customers
        Good rows whose customer had a row before; a fault in `customers` only.
    kinds
        Rows by `kind`, for events.
    lines
        `customer`, `day`, `value`, `bought`, `order` and `amount` of the good rows, for transactions.
    scales
        Positive amounts by region: how many, and the sum of their natural logarithms.
    """

    name: str
    rows: int = 0
    good: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    customers: np.ndarray[Any, np.dtype[np.uint32]] = field(default_factory=lambda: np.empty(0, np.uint32))
    duplicates: int = 0
    repeated_customers: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    lines: pl.DataFrame | None = None
    scales: dict[str, tuple[int, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadingRules:
    """How rows are judged and lines kept: the calendar, what counts as value, what is past.

    Attributes
    ----------
    timezone
        Zone in which the business's days begin.
    margin
        Value is amount less cost.
    now
        The present, timezone-aware; later than a day after it is the future, for clocks differ.
    """

    timezone: str
    margin: bool
    now: dt.datetime

    def count_odd_moments(self) -> list[pl.Expr]:
        """Return how many timestamps are too early to be true, and how many lie in the future."""
        moment, limit = pl.col("timestamp"), self.now + dt.timedelta(days=1)
        early = (moment < EARLIEST_PLAUSIBLE).sum().alias("timestamp\0early")
        return [early, (moment > limit).sum().alias("timestamp\0late")]

    def columns(self, schema: pl.Schema) -> list[pl.Expr]:
        """Return `day`, `amount`, `value`, `bought` and `order` of a line."""
        amount = pl.col("amount")
        cost = pl.col("cost").fill_null(0.0) if self.margin and "cost" in schema else pl.lit(0.0)
        day = pl.col("timestamp").dt.convert_time_zone(self.timezone).dt.date().cast(pl.Int32)
        by_day = pl.struct("customer", day.alias("day")).hash(1)
        order = pl.coalesce(pl.col("order_id").hash(1), by_day) if "order_id" in schema else by_day
        return [
            day.alias("day"),
            amount,
            (amount - cost).alias("value"),
            (amount > 0).alias("bought"),
            order.alias("order"),
        ]


def profile_table(
    name: str,
    rows: pl.LazyFrame,
    codes: CustomerCodes,
    rules: ReadingRules,
    rejects: RejectWriter,
    on_rows: Callable[[int], None],
) -> TableProfile:
    """Read a table once, in batches.

    Parameters
    ----------
    name
        Name of the table.
    rows
        Its rows as `scan_rows` gives them.
    codes
        Gives each customer a code; the same for all tables.
    rules
        How rows are judged and transaction lines kept.
    rejects
        Where rejected rows go.
    on_rows
        Called with the number of rows of each batch.

    Raises
    ------
    SourceError
        Reading failed half-way.
    """
    profile = TableProfile(name)
    with reading(name):
        schema = rows.collect_schema()
        names = [column for column in schema.names() if column not in {"row", "reason"}]
        statistics = _plan_statistics(schema, names) + (
            rules.count_odd_moments() if "timestamp" in names else []
        )
        kept = _Kept()
        for batch in rows.collect_batches(chunk_size=BATCH_ROWS, engine="streaming"):
            _add_batch(
                profile, kept, _set_aside(profile, batch, rejects).select(names), statistics, codes, rules
            )
            on_rows(len(batch))
    kept.finish(profile)
    profile.columns = _finish_columns(kept.statistics, schema, names)
    return profile


@dataclass
class _Kept:
    """What is kept of every batch until the table has been read."""

    statistics: list[pl.DataFrame] = field(default_factory=list)
    hashes: list[np.ndarray[Any, np.dtype[np.uint64]]] = field(default_factory=list)
    customers: list[pl.Series] = field(default_factory=list)
    lines: list[pl.DataFrame] = field(default_factory=list)

    def finish(self, profile: TableProfile) -> None:
        if self.hashes:
            profile.duplicates = profile.good - pl.Series(np.concatenate(self.hashes)).n_unique()
        self.hashes.clear()
        if self.lines:
            profile.lines = pl.concat(self.lines)
            self.customers = [profile.lines["customer"]]
        if self.customers:
            each = pl.concat(self.customers).unique()
            profile.customers = each.sort().to_numpy()
            profile.repeated_customers = profile.good - len(each)


def _set_aside(profile: TableProfile, batch: pl.DataFrame, rejects: RejectWriter) -> pl.DataFrame:
    """Count a batch, set its rejected rows aside and return the good ones."""
    profile.rows += len(batch)
    bad = batch["reason"].is_not_null()
    if bad.any():
        rejected = batch.filter(bad)
        rejects.add(profile.name, rejected)
        reasons = rejected["reason"].str.split(": '").list.first()
        profile.reasons.update(dict(reasons.value_counts().iter_rows()))
        batch = batch.filter(~bad)
    profile.good += len(batch)
    return batch


def _add_batch(
    profile: TableProfile,
    kept: _Kept,
    good: pl.DataFrame,
    statistics: list[pl.Expr],
    codes: CustomerCodes,
    rules: ReadingRules,
) -> None:
    kept.statistics.append(good.select(statistics))
    kept.hashes.append(good.hash_rows(1).to_numpy())
    customer = codes.encode(good["customer_id"]).alias("customer")
    if profile.name == "transactions":
        kept.lines.append(good.with_columns(customer).select("customer", *rules.columns(good.schema)))
        _add_scales(profile.scales, good)
    else:
        kept.customers.append(customer)
    if profile.name == "events":
        profile.kinds.update(dict(good["kind"].value_counts().iter_rows()))


def _add_scales(scales: dict[str, tuple[int, float]], good: pl.DataFrame) -> None:
    if "region" not in good.columns:
        return
    by_region = (
        good.lazy()
        .filter((pl.col("amount") > 0) & pl.col("region").is_not_null())
        .group_by("region")
        .agg(pl.len(), logs=pl.col("amount").log().sum())
        .collect()
    )
    for region, count, logs in by_region.iter_rows():
        before = scales.get(region, (0, 0.0))
        scales[region] = (before[0] + count, before[1] + logs)


def _combine(column: str) -> pl.Expr:
    statistic = column.split("\0")[1]
    return _STATISTICS[statistic][1](pl.col(column)) if statistic in _STATISTICS else pl.col(column).sum()


def _plan_statistics(schema: pl.Schema, names: list[str]) -> list[pl.Expr]:
    return [
        _STATISTICS[statistic][0](pl.col(name)).alias(f"{name}\0{statistic}")
        for name in names
        for statistic in _statistics_of(schema[name])
    ]


def _statistics_of(dtype: pl.DataType) -> tuple[str, ...]:
    if dtype.is_numeric():
        return _OF_NUMBERS
    return _OF_MOMENTS if dtype.is_temporal() else ("nulls",)


def _finish_columns(
    parts: list[pl.DataFrame], schema: pl.Schema, names: list[str]
) -> dict[str, ColumnProfile]:
    """Combine the batches' figures; a table without a batch has columns without figures."""
    if not parts:
        return {name: ColumnProfile(name, str(schema[name])) for name in names}
    together = pl.concat(parts)
    combined = together.select(_combine(column) for column in together.columns)
    figures: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, value in combined.row(0, named=True).items():
        name, statistic = key.split("\0")
        figures[name][statistic] = value
    return {name: ColumnProfile(name, str(schema[name]), **figures[name]) for name in names}
