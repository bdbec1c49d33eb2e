from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features.tables import Tables
from training.arrivals import find_latecomers
from training.source_history import cut_tables

MAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
BEFORE, AFTER = dt.datetime(2024, 4, 30, tzinfo=dt.UTC), dt.datetime(2024, 5, 2, tzinfo=dt.UTC)


def build_tables(signup: dict[str, dt.date | None] | None = None, name: str = "Signup date") -> Tables:
    ids = ["bought", "buys_later", "visited", "visits_later", "silent"]
    customers = pl.DataFrame({"customer_id": ids})
    if signup is not None:
        dates = pl.Series(name, [signup.get(each) for each in ids], dtype=pl.Date)
        customers = customers.with_columns(dates)
    who = ["bought", "bought", "buys_later", "not listed"]
    lines = pl.LazyFrame({"customer_id": who, "timestamp": [BEFORE, AFTER, AFTER, AFTER]})
    visits = pl.LazyFrame({"customer_id": ["visited", "visits_later"], "timestamp": [BEFORE, MAY]})
    return Tables(lines, customers.lazy(), events=visits)


def list_known(tables: Tables, as_of: dt.datetime = MAY) -> list[str]:
    customers = cut_tables(tables, as_of).customers
    assert customers is not None
    known: list[str] = customers.collect()["customer_id"].to_list()
    return known


def test_who_appears_only_later_is_not_there_yet() -> None:
    assert list_known(build_tables()) == ["bought", "visited", "silent"]


def test_the_day_of_signing_up_decides_where_it_is_known() -> None:
    day = dt.date(2024, 4, 1)
    signup = {"bought": AFTER.date(), "buys_later": day, "visits_later": None, "silent": MAY.date()}
    assert list_known(build_tables(signup)) == ["bought", "buys_later", "visited"]
    assert list_known(build_tables(signup, name="kunde_seit")) == ["bought", "buys_later", "visited"]
    assert list_known(build_tables({"silent": AFTER.date()}, name="birthday"))[-1] == "silent"


def test_a_day_is_one_of_the_zone_of_the_moment() -> None:
    evening = dt.datetime(2024, 4, 30, 20, tzinfo=dt.timezone(dt.timedelta(hours=-4)))
    assert "silent" not in list_known(build_tables({"silent": dt.date(2024, 5, 1)}), evening)
    assert "silent" in list_known(build_tables({"silent": dt.date(2024, 4, 30)}), evening)


@pytest.mark.parametrize("missing", ["customers", "events"])
def test_tables_that_are_not_there_tell_nothing(missing: str) -> None:
    tables = build_tables()
    without = Tables(
        tables.transactions,
        None if missing == "customers" else tables.customers,
        None if missing == "events" else tables.events,
    )
    assert find_latecomers(without, MAY).to_list() == ([] if missing == "customers" else ["buys_later"])
