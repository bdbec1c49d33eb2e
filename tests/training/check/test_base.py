from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from models.settings import load_settings
from tests.training.bases import FIRST, build_lines, check, codes, find, write_config
from training.check.findings import Severity
from training.check.tables import check_tables
from training.check.verdict import say_verdict


def test_the_minimum_is_a_warning(tmp_path: Path) -> None:
    result = check(tmp_path, transactions=build_lines(40, 100))

    assert not result.of(Severity.ERROR)
    assert find(result, "few_customers").count == 40
    assert find(result, "short_history").count == result.base.whole_days  # type: ignore[union-attr]
    assert {"few_churned", "few_upgraded"} <= codes(result)


def test_enough_is_enough(tmp_path: Path) -> None:
    lines = pl.DataFrame(
        [
            (f"c{who}", FIRST + dt.timedelta(days=day), 5.0 + (who * day * 31 % 97) ** 2)
            for who in range(2000)
            for day in range(who % 50, 500 if who % 3 else 350, 20 + who % 60)
        ],
        schema=["customer_id", "timestamp", "amount"],
        orient="row",
    )

    result = check(tmp_path, more="[target]\nhorizon_days = 60", transactions=lines)

    assert not {"few_customers", "short_history"} & codes(result)
    assert not {code for code in codes(result) if code.startswith("few_")}


def test_nobody_known_a_horizon_ago(tmp_path: Path) -> None:
    assert "no_examples" in codes(check(tmp_path, transactions=build_lines(40, 40)))


def test_a_history_shorter_than_two_horizons_is_learned_from_in_part(tmp_path: Path) -> None:
    result = check(tmp_path, transactions=build_lines(600, 120))

    assert "no_examples" not in codes(result)
    found = find(result, "short_history")
    assert found.text == (
        "the history is 118 days, two horizons are 180 days: a future of 39 days is learned from instead,"
        " and no past window is left to judge the model by"
    )
    assert found.advice == "bring more history or set target.horizon_days to 59 or less"
    assert say_verdict(result)[1].startswith("Ready to train.")
    assert "a future of 39 days means a churn rate" in find(result, "churn_rate").text


def test_the_first_day_counts_where_it_is_whole(tmp_path: Path) -> None:
    by_date = build_lines(600, 120).with_columns(pl.col("timestamp").dt.truncate("1d"))

    assert find(check(tmp_path, transactions=by_date), "short_history").count == 119


def test_a_history_shorter_than_three_horizons_can_not_be_judged(tmp_path: Path) -> None:
    found = find(check(tmp_path, transactions=build_lines(40, 260)), "not_judged")

    assert "three horizons are 270 days: no past window is left" in found.text
    assert "set target.horizon_days to 86 or less" in found.advice
    assert "not_judged" not in codes(check(tmp_path, transactions=build_lines(40, 280)))


def test_the_churn_rate_of_the_horizon_is_told(tmp_path: Path) -> None:
    finding = find(check(tmp_path, transactions=build_lines()), "churn_rate")

    assert "0 %" in finding.text
    assert finding.severity is Severity.WARNING


def test_the_horizon_that_the_gaps_suggest(tmp_path: Path) -> None:
    finding = find(check(tmp_path, transactions=build_lines()), "suggested_horizon")

    assert finding.count == 45
    assert "of the repeat orders come within 41 days" in finding.text


def test_nobody_comes_back(tmp_path: Path) -> None:
    lines = build_lines().with_columns(customer_id=pl.int_range(pl.len()))

    assert "nobody_returns" in codes(check(tmp_path, transactions=lines))


def test_gaps_in_the_history(tmp_path: Path) -> None:
    hole = pl.col("timestamp").is_between(dt.datetime(2022, 6, 1), dt.datetime(2022, 7, 1, 23))
    lines = build_lines().filter(~hole)

    finding = find(check(tmp_path, transactions=lines), "history_gaps")

    assert (finding.severity, finding.count) == (Severity.WARNING, 31)
    assert "2022-05-31 and 2022-07-02" in finding.text


def test_a_weekly_business_has_no_gaps(tmp_path: Path) -> None:
    lines = build_lines().with_columns(pl.col("timestamp").dt.truncate("1w"))

    assert "history_gaps" not in codes(check(tmp_path, transactions=lines))


def test_data_that_ends_long_ago_is_told(tmp_path: Path) -> None:
    build_lines().write_csv(tmp_path / "lines.csv")
    settings = load_settings(write_config(tmp_path, {"transactions": tmp_path / "lines.csv"}))
    end = FIRST.replace(hour=0, tzinfo=dt.UTC) + dt.timedelta(days=698)

    found = find(check_tables(settings, end + dt.timedelta(days=100)), "old_data")

    assert (found.count, found.severity) == (100, Severity.NOTE)
    assert "old_data" not in codes(check_tables(settings, end + dt.timedelta(days=80)))
