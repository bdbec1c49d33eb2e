from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from features.clock import DAY_US, to_microseconds
from features.dialect import learn_dialect
from features.history import History
from features.table_history import build_history
from features.tables import TableConfig, Tables, TablesConfig, scan_tables
from tests.training.bench_data import find_data, load_judge
from training.labels import build_labels

CASES = [
    ("online_retail_ii", "2011-09-09", 91),
    ("online_retail_ii", "2011-06-09", 183),
    ("online_retail_ii", "2010-12-01", 30),
    ("cdnow", "1998-01-01", 180),
    ("cdnow", "1997-03-15", 45),
]


def history_of(rows: list[tuple[str, str, float, str]]) -> History:
    """Return the history of lines (customer, day, amount, order)."""
    frame = pl.DataFrame(rows, schema=["customer_id", "day", "amount", "order_id"], orient="row")
    lines = frame.select(
        "customer_id",
        "amount",
        "order_id",
        timestamp=pl.col("day").str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC"),
    )
    tables = Tables(lines.lazy())
    return build_history(tables, learn_dialect(tables))


def moment(text: str) -> int:
    return to_microseconds(dt.datetime.fromisoformat(text))


@pytest.mark.parametrize(("data", "as_of", "horizon"), CASES)
def test_labels_equal_the_judge_on_real_data(data: str, as_of: str, horizon: int) -> None:
    path = find_data(data)
    judge = load_judge()
    tables = scan_tables(
        TablesConfig(transactions=TableConfig(source=str(path), columns={"timestamp": "ts"}))
    )
    history = build_history(tables, learn_dialect(tables))
    day = dt.datetime.fromisoformat(as_of)
    lines = pl.read_parquet(path).with_columns(
        pl.col("customer_id").cast(pl.String), pl.col("ts").cast(pl.Datetime("us"))
    )
    truth, _ = judge.truth(lines, day, horizon, 0.2)
    truth = truth.with_columns(pl.col("trailing", "value").round(4))  # float sums leave 1e-14 for 0
    trailing = truth["trailing"].to_numpy()
    threshold = float(np.quantile(trailing[trailing > 0], 0.8))

    labels = build_labels(history, to_microseconds(day), horizon, 0.2, until=2**61)

    assert history.ids[labels.customers].to_list() == truth["customer_id"].to_list()
    assert labels.threshold == pytest.approx(threshold, abs=1e-9)
    np.testing.assert_allclose(labels.trailing_value, trailing, atol=1e-6)
    np.testing.assert_allclose(labels.value, truth["value"], atol=1e-6)
    assert labels.churned.tolist() == truth["churned"].to_list()
    below = trailing < threshold
    assert labels.upgraded.tolist() == (below & (truth["value"].to_numpy() >= threshold)).tolist()
    assert labels.valued.tolist() == (~below).tolist()


def test_orders_are_counted_where_they_begin() -> None:
    history = history_of(
        [
            ("a", "2024-01-01", 5.0, "1"),
            ("a", "2024-02-01", 5.0, "2"),
            ("a", "2024-03-01", 5.0, "2"),  # the same order goes on
            ("a", "2024-03-02", -5.0, "3"),  # a return is no order
            ("a", "2024-03-03", 7.0, "4"),
        ]
    )

    labels = build_labels(history, moment("2024-02-15"), 90, 0.2, until=2**61)

    assert labels.orders.tolist() == [1.0]
    assert labels.value.tolist() == [7.0]
    assert not labels.churned[0]


def test_a_customer_who_only_returned_before_is_not_known_and_only_returns_after_is_churned() -> None:
    history = history_of(
        [
            ("returner", "2024-01-01", -5.0, "1"),
            ("returner", "2024-03-01", 5.0, "2"),
            ("leaver", "2024-01-01", 9.0, "3"),
            ("leaver", "2024-03-01", -9.0, "4"),
        ]
    )

    labels = build_labels(history, moment("2024-02-01"), 60, 0.2, until=2**61)

    assert history.ids[labels.customers].to_list() == ["leaver"]
    assert labels.churned.tolist() == [True]
    assert labels.value.tolist() == [-9.0]


def test_the_bounds_of_the_periods_belong_to_the_later_one() -> None:
    history = history_of(
        [("a", day, 1.0, day) for day in ("2024-01-01", "2024-01-11", "2024-01-21", "2024-01-31")]
    )

    labels = build_labels(history, moment("2024-01-21"), 10, 0.2, until=2**61)

    assert labels.trailing_value.tolist() == [1.0]  # the 11th, not the 21st
    assert labels.value.tolist() == [1.0]  # the 21st, not the 31st


def test_labels_of_an_unfinished_period_are_refused() -> None:
    history = history_of([("a", "2024-01-01", 1.0, "1")])
    as_of = moment("2024-02-01")

    with pytest.raises(ValueError, match="not over"):
        build_labels(history, as_of, 30, 0.2, until=as_of + 30 * DAY_US - 1)


def test_without_any_value_there_is_no_threshold_and_nobody_is_valued() -> None:
    history = history_of([("a", "2023-01-01", 1.0, "1")])

    labels = build_labels(history, moment("2024-02-01"), 30, 0.2, until=2**61)

    assert np.isnan(labels.threshold)
    assert not labels.valued.any()
    assert not labels.upgraded.any()
