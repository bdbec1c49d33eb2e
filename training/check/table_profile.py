"""One reading of a table: what its columns hold, which rows are bad, and the little that later steps need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from features.errors import SourceError
from features.sources import reading
from features.tables import REASON, ROW
from training.check.column_profile import ColumnProfile, finish_columns, plan_statistics
from training.check.consent import ConsentRows
from training.check.customer_codes import CustomerCodes
from training.check.places import Places
from training.check.reading_rules import ReadingRules
from training.check.rejects import RejectWriter

BATCH_ROWS = 262_144


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
    consent
        What the good rows say of consent, for customers.
    currencies
        Good rows by what a currency column says.
    lines
        `customer`, `day`, `value`, `bought`, `order`, `order_id` and `amount` of the good rows, for
        transactions.
    shared_orders
        How many order ids belong to several customers.
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
    consent: ConsentRows = field(default_factory=ConsentRows)
    currencies: Counter[str] = field(default_factory=Counter)
    lines: pl.DataFrame | None = None
    shared_orders: int = 0
    scales: dict[str, tuple[int, float]] = field(default_factory=dict)


def profile_table(
    name: str,
    rows: pl.LazyFrame,
    codes: CustomerCodes,
    rules: ReadingRules,
    rejects: RejectWriter,
    on_rows: Callable[[int], None],
    expected_rows: int | None = None,
    places: Places | None = None,
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
    expected_rows
        Rows in the source, where it knows.
    places
        In which file a row is, where there are several.

    Raises
    ------
    SourceError
        Reading failed half-way, or came to another number of rows than there are.
    """
    profile, kept, last = TableProfile(name), _Kept(), 0
    with reading(name):
        schema = rows.collect_schema()
        names = [column for column in schema.names() if column not in {ROW, REASON}]
        statistics = plan_statistics(schema, names) + (
            rules.count_odd_moments() if "timestamp" in names else []
        )

        def add(batch: pl.DataFrame) -> None:
            nonlocal last
            last = max(last, *batch[ROW].tail(1))
            good = _set_aside(profile, batch, rejects, places).select(names)
            _add_batch(profile, kept, good, statistics, codes, rules)
            on_rows(len(batch))

        # Unlike an iteration over `collect_batches`, which just ends then, this tells when the engine panics.
        rows.sink_batches(add, chunk_size=BATCH_ROWS, engine="streaming")
    expected = last if expected_rows is None else expected_rows
    if profile.rows != expected or profile.rows != last:
        found = f"{profile.rows:,} of its {max(expected, last):,} rows were read"
        raise SourceError(f"{name} can't be read to its end: {found}; is the source changing or damaged?")
    kept.finish(profile)
    profile.columns = finish_columns(kept.statistics, schema, names)
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
            profile.shared_orders = _count_shared_orders(profile.lines)
            self.customers = [profile.lines["customer"]]
        if self.customers:
            each = pl.concat(self.customers).unique()
            profile.customers = each.sort().to_numpy()
            profile.repeated_customers = profile.good - len(each)


def _count_shared_orders(lines: pl.DataFrame) -> int:
    """Return how many order ids belong to several customers."""
    named = lines.lazy().filter(pl.col("order_id").is_not_null())
    owners = named.select("order_id", "order").unique().group_by("order_id").len()
    return int(owners.select((pl.col("len") > 1).sum()).collect().item())


def _set_aside(
    profile: TableProfile, batch: pl.DataFrame, rejects: RejectWriter, places: Places | None
) -> pl.DataFrame:
    """Count a batch, set its rejected rows aside and return the good ones."""
    profile.rows += len(batch)
    bad = batch[REASON].is_not_null()
    if bad.any():
        rejected = batch.filter(bad)
        rejects.add(profile.name, rejected, places)
        reasons = rejected[REASON].str.split(": '").list.first()
        profile.reasons.update(_count_values(reasons))
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
        if "currency" in good.columns:
            profile.currencies.update(_count_values(good["currency"]))
    else:
        kept.customers.append(customer)
    if profile.name == "customers":
        profile.consent.add(good)
    if profile.name == "events":
        profile.kinds.update(_count_values(good["kind"]))


def _count_values(column: pl.Series) -> dict[str, int]:
    return dict(column.drop_nulls().value_counts().iter_rows())


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
