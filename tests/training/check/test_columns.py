from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from tests.training.bases import build_lines, check, codes, find
from training.check.findings import Severity

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
