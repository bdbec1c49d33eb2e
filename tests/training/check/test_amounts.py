from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from tests.training.bases import build_lines, check, codes, find
from training.check.amounts import check_currencies, check_scales
from training.check.findings import Severity


def test_zero_amounts_are_counted(tmp_path: Path) -> None:
    lines = build_lines()
    lines[0, "amount"] = 0.0

    assert find(check(tmp_path, transactions=lines), "zero_amounts").count == 1


def test_extreme_amounts_are_told_from_a_long_tail(tmp_path: Path) -> None:
    tail = build_lines().with_columns(amount=(pl.int_range(pl.len()) % 997 / 200).exp())
    assert "extreme_amounts" not in codes(check(tmp_path, transactions=tail))

    tail[5, "amount"] = 4e9
    finding = find(check(tmp_path, transactions=tail), "extreme_amounts")
    assert finding.count == 1
    assert "4 billion EUR" in finding.text


def test_returns_are_a_note_and_many_a_warning(tmp_path: Path) -> None:
    lines = build_lines()
    assert find(check(tmp_path, transactions=lines), "no_returns").severity is Severity.NOTE

    some = lines.with_columns(
        pl.when(pl.int_range(pl.len()) % 50 == 0).then(-1.0).otherwise("amount").alias("amount")
    )
    assert find(check(tmp_path, transactions=some), "return_share").severity is Severity.NOTE

    many = lines.with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(-1.0).otherwise("amount").alias("amount")
    )
    assert find(check(tmp_path, transactions=many), "return_share").severity is Severity.WARNING


def test_only_returns_stop(tmp_path: Path) -> None:
    lines = build_lines().with_columns(-pl.col("amount"))

    assert find(check(tmp_path, transactions=lines), "nothing_bought").severity is Severity.ERROR


def test_amounts_that_are_read_as_0_stop(tmp_path: Path) -> None:
    least = find(check(tmp_path, transactions=build_lines().with_columns(amount=5e-5)), "nothing_bought")
    assert least.severity is Severity.ERROR
    assert "the largest amount is 5e-05, and amounts count from 0.0001 on" in least.text

    assert "nothing_bought" not in codes(
        check(tmp_path, transactions=build_lines().with_columns(amount=1e-4))
    )


def test_what_the_target_needs_has_to_be_there(tmp_path: Path) -> None:
    result = check(tmp_path, more='[target]\nvalue = "margin"\nby_seller = true', transactions=build_lines())

    assert {"cost_needed", "seller_needed"} <= {finding.code for finding in result.of(Severity.ERROR)}


def test_margin_counts_amount_less_cost(tmp_path: Path) -> None:
    lines = build_lines().with_columns(cost=pl.when(pl.col("amount") > 3).then(1.0))

    base = check(tmp_path, more='[target]\nvalue = "margin"', transactions=lines).base

    assert base is not None
    assert base.value == sum(amount - (amount > 3) for amount in lines["amount"])


def test_several_currencies_in_a_column(tmp_path: Path) -> None:
    lines = build_lines().with_columns(
        Currency=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("SEK")).otherwise(pl.lit("EUR"))
    )

    finding = find(check(tmp_path, transactions=lines), "mixed_currencies")

    assert "SEK (3 rows)" in finding.text


def test_another_currency_than_the_project_says() -> None:
    assert [each.code for each in check_currencies("transactions", {"USD": 5}, "EUR")] == ["other_currency"]
    assert not list(check_currencies("transactions", {"eur": 5}, "EUR"))
    assert not list(check_currencies("transactions", {}, "EUR"))


def test_regions_that_count_in_another_unit() -> None:
    scales = {"DE": (1000, 3000.0), "FR": (900, 2800.0), "JP": (500, 500 * 7.9), "tiny": (3, 90.0)}

    found = list(check_scales(scales))

    assert [finding.count for finding in found] == [500]
    assert "JP" in found[0].text
    assert not list(check_scales({"DE": (1000, 3000.0)}))


def test_regions_are_added_up_over_batches(tmp_path: Path) -> None:
    lines = build_lines(200).with_columns(
        region=pl.when(pl.col("customer_id") < "c0100").then(pl.lit("JP")).otherwise(pl.lit("DE"))
    )
    lines = lines.with_columns(
        amount=pl.col("amount") * pl.when(pl.col("region") == "JP").then(150).otherwise(1)
    )

    result = check(tmp_path, transactions=lines)

    assert find(result, "mixed_scales").column == "region"
    assert result.created > dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
