from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from features.clock import to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from training.arrivals import find_latecomers
from training.source_history import SourceHistory, cut_tables

MAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
BEFORE, AFTER = dt.datetime(2024, 4, 30, tzinfo=dt.UTC), dt.datetime(2024, 5, 2, tzinfo=dt.UTC)


def build_tables(signup: Mapping[str, dt.date] | None = None, name: str = "Signup date") -> Tables:
    ids = ["bought", "buys_later", "visited", "visits_later", "silent"]
    customers = pl.DataFrame({"customer_id": ids})
    if signup is not None:
        dates = pl.Series(name, [signup.get(each) for each in ids], dtype=pl.Date)
        customers = customers.with_columns(dates)
    who = ["bought", "bought", "buys_later", "not listed"]
    lines = pl.LazyFrame({"customer_id": who, "timestamp": [BEFORE, AFTER, AFTER, AFTER]})
    visits = pl.LazyFrame({"customer_id": ["visited", "visits_later"], "timestamp": [BEFORE, MAY]})
    return Tables(lines, customers.lazy(), events=visits)


def list_known(tables: Tables, as_of: dt.datetime = MAY, timezone: str = "UTC") -> list[str]:
    customers = cut_tables(tables, as_of, timezone).customers
    assert customers is not None
    known: list[str] = customers.collect()["customer_id"].to_list()
    return known


def test_who_has_no_date_was_there_all_along_whatever_they_do_later() -> None:
    everybody = ["bought", "buys_later", "visited", "visits_later", "silent"]
    assert list_known(build_tables()) == everybody
    assert list_known(build_tables({"silent": AFTER.date()})) == everybody[:-1]


def test_the_day_of_signing_up_decides_where_it_is_known() -> None:
    day = dt.date(2024, 4, 1)
    signup = {
        **dict.fromkeys(("bought", "visited", "visits_later"), AFTER.date()),
        "buys_later": day,
        "silent": MAY.date(),
    }
    assert list_known(build_tables(signup)) == ["bought", "buys_later", "visited"]
    assert list_known(build_tables(signup, name="kunde_seit")) == ["bought", "buys_later", "visited"]
    assert list_known(build_tables({"silent": AFTER.date()}, name="birthday"))[-1] == "silent"


@pytest.mark.parametrize("first", ["2020-01-01", None])
def test_of_several_dates_the_earliest_that_is_known_counts(first: str | None) -> None:
    told = pl.LazyFrame({"customer_id": ["silent"], "created_at": ["2024-08-01"], "signup_date": [first]})
    dates = told.with_columns(pl.col("created_at", "signup_date").cast(pl.String).str.to_date())
    for columns in (["created_at", "signup_date"], ["signup_date", "created_at"]):
        tables = replace(build_tables(), customers=dates.select("customer_id", *columns))
        assert list_known(tables) == (["silent"] if first else [])


@pytest.mark.parametrize("value", [dt.time(3), dt.timedelta(days=3), "last spring", 20240801])
def test_only_dates_tell_of_signing_up(value: object) -> None:
    listed = pl.LazyFrame({"customer_id": ["silent"], "created_at": [value]})
    assert list_known(replace(build_tables(), customers=listed)) == ["silent"]


def test_a_day_is_one_of_the_business_and_a_moment_is_that_moment() -> None:
    zone = "America/New_York"
    midnight = dt.datetime(2024, 5, 1, 4, tzinfo=dt.UTC)
    signups = {
        "the day before": pl.Series([dt.date(2024, 4, 30)]),
        "that day": pl.Series([dt.date(2024, 5, 1)]),
        "no zone, before": pl.Series([dt.datetime(2024, 4, 30, 23)]),
        "no zone, after": pl.Series([dt.datetime(2024, 5, 1)]),
        "a zone, before": pl.Series([dt.datetime(2024, 5, 1, 3, tzinfo=dt.UTC)]),
        "a zone, after": pl.Series([midnight]),
    }
    for what, signup in signups.items():
        listed = pl.LazyFrame({"customer_id": ["silent"], "member_since": signup})
        known = list_known(replace(build_tables(), customers=listed), midnight, zone)
        assert known == (["silent"] if "before" in what else []), what


def test_without_a_table_of_customers_nobody_is_late() -> None:
    assert find_latecomers(replace(build_tables(), customers=None), MAY, "UTC").is_empty()


def test_a_model_is_fitted_on_the_same_moments_that_the_tables_are_cut_by() -> None:
    dated = build_tables({"visited": dt.date(2024, 4, 1)})
    assert dated.customers is not None
    also = dated.customers.with_columns(member_since=pl.lit(dt.date(2024, 4, 20)))
    lines = dated.transactions.with_columns(amount=pl.lit(1.0))
    tables = cut_tables(Tables(lines, also.filter(pl.col("customer_id") != "silent")), MAY, "Europe/Berlin")
    dialect = learn_dialect(tables, timezone="Europe/Berlin")
    source = SourceHistory(tables, dialect, build_history(tables, dialect), MAY)
    told = dict(zip(source.history.ids, source.read_signups(), strict=True))
    assert told["visited"] == to_microseconds(dt.datetime(2024, 3, 31, 22, tzinfo=dt.UTC))
    assert told["bought"] == to_microseconds(dt.datetime(2024, 4, 19, 22, tzinfo=dt.UTC))
    undated = replace(source, tables=build_tables())
    assert np.isneginf(undated.read_signups()).all()
    assert np.isneginf(replace(source, tables=replace(tables, customers=None)).read_signups()).all()
