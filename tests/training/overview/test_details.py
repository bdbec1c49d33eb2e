from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features.tables import Tables
from models.overview import CustomerDetail
from tests.training.overview.oracle import days_of, find_orders
from tests.training.overview.small_base import AS_OF, SmallBase, build_base, build_small_base
from training.overview import build_details

ZONE = "Europe/Berlin"


@pytest.fixture(scope="module")
def base() -> SmallBase:
    return build_small_base()


@pytest.fixture(scope="module")
def details(base: SmallBase) -> dict[str, CustomerDetail]:
    rows = build_details(base.source).rows()
    return {customer: CustomerDetail.model_validate_json(text) for customer, text in rows}


def test_every_customer_that_a_table_knows_has_one(
    base: SmallBase, details: dict[str, CustomerDetail]
) -> None:
    tables = base.source.tables
    known = {row["customer_id"] for row in base.lines}
    for table in (tables.customers, tables.events, tables.contacts):
        assert table is not None
        known |= set(table.select("customer_id").collect()["customer_id"])
    assert details.keys() == known


def test_orders_and_value_are_the_customers(base: SmallBase, details: dict[str, CustomerDetail]) -> None:
    lines = base.lines
    days = days_of(find_orders(lines, ZONE))
    customer = max(days, key=lambda each: len(days[each]))
    detail = details[customer]
    mine = [row for row in lines if row["customer_id"] == customer]
    assert sum(detail.months.orders) == len(days[customer])
    assert sum(detail.months.value) == pytest.approx(sum(float(str(row["amount"])) for row in mine), abs=0.01)
    shown = [
        day for day, kind in zip(detail.timeline.day, detail.timeline.kind, strict=True) if kind == "order"
    ]
    assert shown == days[customer][-len(shown) :]
    assert list(detail.timeline.day) == sorted(detail.timeline.day)


def test_contacts_events_and_attributes_are_told(details: dict[str, CustomerDetail]) -> None:
    kinds = {kind for detail in details.values() for kind in detail.timeline.kind}
    assert kinds >= {"order", "return", "event", "contact", "held_out"}
    words = {word for detail in details.values() for word in detail.timeline.words}
    assert any(word.startswith("K0") for word in words)
    assert any(detail.attributes for detail in details.values())
    assert not any(text == "" for detail in details.values() for text in detail.attributes.values())


def test_moments_are_told_in_the_zone_of_the_business() -> None:
    told = {
        "day": pl.Series([dt.datetime(2023, 12, 31, 23, tzinfo=dt.UTC)]),
        "moment": pl.Series([dt.datetime(2024, 6, 30, 22, 30, tzinfo=dt.UTC)]),
        "bare": pl.Series([dt.datetime(2024, 1, 1)]),
    }
    lines = pl.LazyFrame({"customer_id": ["x"], "timestamp": [AS_OF], "amount": [1.0]})
    tables = Tables(
        lines.with_columns(pl.col("timestamp").dt.convert_time_zone("UTC")),
        pl.LazyFrame({"customer_id": ["x"], **told}),
    )
    detail = CustomerDetail.model_validate_json(build_details(build_base(tables, ZONE).source)["detail"][0])
    assert detail.attributes == {"day": "1 Jan 2024", "moment": "1 Jul 2024, 00:30", "bare": "1 Jan 2024"}


def test_only_the_last_happenings_are_kept_and_all_are_counted() -> None:
    moments = [AS_OF - dt.timedelta(days=500 - day) for day in range(500)]
    lines = pl.LazyFrame({"customer_id": ["x"] * 500, "timestamp": moments, "amount": [1.0] * 500})
    base = build_base(Tables(lines.with_columns(pl.col("timestamp").dt.convert_time_zone("UTC"))))
    detail = CustomerDetail.model_validate_json(build_details(base.source)["detail"][0])
    assert (detail.happenings, len(detail.timeline.day)) == (500, 200)
    assert detail.timeline.day[-1] == (AS_OF - dt.timedelta(days=1)).date()
    assert len(detail.months.month) <= 36


def test_texts_that_would_break_json_or_pages_come_through_and_long_ones_are_cut() -> None:
    nasty = '</script>"\\\u202e😀' + "x" * 500
    row = {
        "customer_id": [nasty],
        "timestamp": [AS_OF - dt.timedelta(days=1)],
        "amount": [1.0],
        "category": [nasty],
    }
    lines = pl.LazyFrame(row).with_columns(pl.col("timestamp").dt.convert_time_zone("UTC"))
    found = build_details(
        build_base(Tables(lines, pl.LazyFrame({"customer_id": [nasty], "note": [nasty]}))).source
    )
    detail = CustomerDetail.model_validate_json(found["detail"][0])
    assert found["customer_id"][0] == nasty
    assert detail.favourites[0].category == nasty[:119] + "…"
    assert detail.attributes["note"].startswith('</script>"\\')


def test_attributes_are_written_as_a_person_writes_them() -> None:
    row = {"customer_id": ["x"], "timestamp": [AS_OF - dt.timedelta(days=1)], "amount": [1.0]}
    lines = pl.LazyFrame(row).with_columns(pl.col("timestamp").dt.convert_time_zone("UTC"))
    told = {
        "customer_id": ["x"],
        "signup": [dt.datetime(2024, 3, 9)],
        "seen": [dt.datetime(2024, 3, 9, 18, 5, 7)],
        "born": [dt.date(1990, 12, 1)],
        "member": [True],
        "children": [2.0],
        "income": [1.5],
        "unknown": pl.Series([None], dtype=pl.Datetime),
    }
    found = build_details(build_base(Tables(lines, pl.LazyFrame(told))).source)
    detail = CustomerDetail.model_validate_json(found["detail"][0])
    assert detail.attributes == {
        "signup": "9 Mar 2024",
        "seen": "9 Mar 2024, 18:05",
        "born": "1 Dec 1990",
        "member": "yes",
        "children": "2",
        "income": "1.5",
    }
