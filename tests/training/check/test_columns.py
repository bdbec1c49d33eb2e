from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from features.rows import REASONS
from tests.training.bases import build_lines, check, codes, find
from training.check.columns import _WHAT_TO_DO
from training.check.findings import Severity
from training.check.reasons import parse_reason

MOMENT = dt.datetime(2022, 2, 2)


def test_exact_duplicates_are_counted_and_kept(tmp_path: Path) -> None:
    lines = build_lines()

    result = check(tmp_path, transactions=pl.concat([lines, lines.head(5)]))

    assert find(result, "exact_duplicates").count == 5
    assert result.rows[1] == len(lines) + 5


def test_rows_that_differ_anywhere_are_no_duplicates(tmp_path: Path) -> None:
    lines = build_lines()
    twice = pl.concat([lines.with_columns(product_id=pl.lit(str(number))) for number in range(2)])

    assert "exact_duplicates" not in codes(check(tmp_path, transactions=twice))


def test_customers_with_two_rows(tmp_path: Path) -> None:
    people = pl.DataFrame({"customer_id": ["c0001", "c0001", "c0002"], "age": [1, 2, 3]})

    assert (
        find(check(tmp_path, transactions=build_lines(), customers=people), "repeated_customers").count == 1
    )


def test_kinds_that_are_not_known(tmp_path: Path) -> None:
    kinds = ["visit", "email_opened", "email_opened", "dance", "jump"]
    events = pl.DataFrame({"customer_id": "c0001", "timestamp": MOMENT, "kind": kinds})

    result = check(tmp_path, transactions=build_lines(), events=events)

    misspelt = find(result, "misspelt_kind")
    assert (misspelt.severity, misspelt.count) == (Severity.WARNING, 2)
    assert "email_open is" in misspelt.text
    assert "2 kinds of events" in find(result, "unknown_kinds").text


def test_optional_columns_that_hold_little(tmp_path: Path) -> None:
    lines = build_lines().with_columns(
        channel=pl.lit(None, pl.String), category=pl.when(pl.int_range(pl.len()) % 9 > 0).then(pl.lit("tea"))
    )

    found = {
        finding.column: finding
        for finding in check(tmp_path, transactions=lines).findings
        if finding.code == "missing_values"
    }

    assert found["channel"].severity is Severity.WARNING
    assert found["channel"].text == "holds nothing"
    assert found["category"].severity is Severity.NOTE


def test_costs_that_are_missing_of_a_margin_are_a_warning(tmp_path: Path) -> None:
    lines = build_lines().with_columns(cost=pl.when(pl.int_range(pl.len()) % 9 > 0).then(pl.lit(1.0)))

    margin = find(check(tmp_path, more='[target]\nvalue = "margin"', transactions=lines), "missing_costs")

    assert margin.severity is Severity.WARNING
    assert "count as all margin" in margin.text
    assert "missing_costs" not in {each.code for each in check(tmp_path, transactions=lines).findings}


def test_a_mapping_that_rejects_most_rows_stops(tmp_path: Path) -> None:
    lines = build_lines().with_columns(
        pl.when(pl.int_range(pl.len()) % 3 == 0).then("customer_id").alias("customer_id")
    )

    assert find(check(tmp_path, transactions=lines), "mostly_rejected").severity is Severity.ERROR


def test_every_finding_of_rejected_rows_says_what_to_do(tmp_path: Path) -> None:
    lines = build_lines().with_columns(
        pl.col("amount").cast(pl.String), pl.col("timestamp").dt.strftime("%F")
    )
    for row, (column, value) in enumerate(
        [("amount", "x"), ("timestamp", "x"), ("timestamp", "2999-01-01"), ("amount", "inf")]
    ):
        lines[row, column] = value

    found = [each for each in check(tmp_path, transactions=lines).findings if each.code == "rejected_rows"]

    assert len(found) == 4
    assert all("rejected.parquet" not in each.advice and each.advice for each in found)
    assert {each.column for each in found} == {"amount", "timestamp"}


def test_every_reason_is_recognised_and_has_advice() -> None:
    for code, words in REASONS.items():
        text = words.format(column="amount")
        column = "amount" if "{column}" in words else ""
        assert parse_reason(text) == parse_reason(f"{text}: 'a: 'b''") == (code, column)

    assert REASONS.keys() <= _WHAT_TO_DO.keys()


def test_one_id_for_many_lines_is_a_placeholder(tmp_path: Path) -> None:
    lines = build_lines(60)
    guests = (
        lines.head(1).select(pl.all().repeat_by(3000).explode()).with_columns(customer_id=pl.lit("GUEST"))
    )

    finding = find(check(tmp_path, transactions=pl.concat([lines, guests])), "one_id_for_many")

    assert finding.count == 3000
    assert '"GUEST"' in finding.text
    assert "one_id_for_many" not in codes(check(tmp_path, transactions=lines))


def test_order_ids_of_several_customers_are_orders_of_each(tmp_path: Path) -> None:
    lines = build_lines(2, 40).with_columns(order_id=pl.lit("o1"))
    alone = build_lines(2, 40).with_columns(order_id="customer_id")

    result = check(tmp_path, transactions=lines)

    assert find(result, "shared_orders").count == 1
    assert result.base is not None
    assert result.base.orders == 2
    assert "shared_orders" not in codes(check(tmp_path, transactions=alone))


def test_events_that_happen_twice_are_not_bought_twice(tmp_path: Path) -> None:
    events = pl.DataFrame({"customer_id": ["c0001"] * 2, "timestamp": MOMENT, "kind": "visit"})

    finding = find(check(tmp_path, transactions=build_lines(), events=events), "exact_duplicates")

    assert "buy" not in finding.advice
