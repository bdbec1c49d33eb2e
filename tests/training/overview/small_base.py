"""A small synthetic business with everything in it, and scores for it that are plain to check."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache

import polars as pl

from features.dialect import Dialect
from features.table_history import build_history
from features.tables import Tables
from training.source_history import SourceHistory, cut_tables
from training.synthetic import SyntheticConfig, build_tables

AS_OF = dt.datetime(2023, 9, 15, tzinfo=dt.UTC)
HORIZON = 90


@dataclass(frozen=True)
class SmallBase:
    source: SourceHistory
    scores: pl.DataFrame

    @property
    def lines(self) -> list[dict[str, object]]:
        return self.source.tables.transactions.collect().to_dicts()


@lru_cache(maxsize=4)
def build_small_base(zone: str = "Europe/Berlin", *, by_seller: bool = False) -> SmallBase:
    config = SyntheticConfig(
        customers=350,
        days=620,
        start=dt.date(2022, 1, 10),
        seed=3,
        orders_per_year=8,
        sellers=3,
        contact_share=0.95,
        holdout_share=0.4,
    )
    made = build_tables(config)
    at = dt.datetime.combine(AS_OF.date(), dt.time()).replace(tzinfo=dt.UTC)

    def moment(table: pl.DataFrame) -> pl.LazyFrame:
        return table.lazy().with_columns(
            pl.col("timestamp").dt.replace_time_zone("UTC").dt.cast_time_unit("us")
        )

    tables = Tables(
        moment(made.transactions), made.customers.lazy(), moment(made.events), moment(made.contacts)
    )
    return build_base(cut_tables(tables, at), zone, by_seller=by_seller)


def build_base(
    tables: Tables, zone: str = "UTC", *, by_seller: bool = False, margin: bool = False
) -> SmallBase:
    dialect = replace(Dialect(), timezone=zone, by_seller=by_seller, margin=margin)
    source = SourceHistory(tables, dialect, build_history(tables, dialect), AS_OF)
    return SmallBase(source, build_scores(tables, by_seller=by_seller))


def build_scores(tables: Tables, *, by_seller: bool = False) -> pl.DataFrame:
    """Score rows by a rule of thumb, so that the overview alone is under test."""
    keys = ["customer_id", "seller_id"] if by_seller else ["customer_id"]
    since = AS_OF - dt.timedelta(days=HORIZON)
    recent = pl.col("timestamp") >= since.astimezone(dt.UTC)
    value = pl.col("amount").filter(recent).sum()
    known = tables.transactions.group_by(keys).agg(trailing_value=value).sort(keys).collect()
    return known.with_columns(
        horizon_days=pl.lit(HORIZON),
        threshold=pl.lit(120.0),
        segment=pl.when(pl.col("trailing_value") >= 120)
        .then(pl.lit("valued"))
        .when(pl.col("trailing_value") > 30)
        .then(pl.lit("volume"))
        .otherwise(pl.lit("occasional")),
        current_tier=pl.when(pl.col("trailing_value") >= 80).then(pl.lit("A")).otherwise(pl.lit("C")),
    )
