from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import DAY_US
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from models.target import TierCuts
from tests.training.bases import find_bench_data
from training.check.base_figures import BaseFigures, build_base_figures
from training.labels import build_labels

Line = tuple[int, int, float, int]
LINES = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(0, 60),
        st.integers(-500, 2000).map(lambda cents: cents / 100),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=80,
)


def build(
    lines: list[Line], horizon_days: int = 20, valued_share: float = 0.2, golden: float = 0.8
) -> BaseFigures:
    schema = {"customer": pl.UInt32, "day": pl.Int32, "value": pl.Float64, "order": pl.UInt64}
    frame = pl.DataFrame(lines, schema=schema, orient="row").with_columns(bought=pl.col("value") > 0)
    return build_base_figures(frame, horizon_days, valued_share, TierCuts(A=golden, B=0.99))


@given(LINES)
def test_the_targets_are_what_plain_loops_find(lines: list[Line]) -> None:
    target = build(lines).target
    horizon = target.days
    as_of = max(day for _, day, _, _ in lines) + 1 - horizon
    known = sorted({who for who, day, value, _ in lines if day < as_of and value > 0})
    trailing = {
        who: sum(v for w, d, v, _ in lines if w == who and as_of - horizon <= d < as_of) for who in known
    }
    future = {who: sum(v for w, d, v, _ in lines if w == who and d >= as_of) for who in known}
    churned = [who for who in known if not any(w == who and d >= as_of and v > 0 for w, d, v, _ in lines)]
    positive = [value for value in trailing.values() if value > 1e-9]
    threshold = float(np.quantile(positive, 0.8)) if positive else np.inf
    below = [who for who in known if trailing[who] < threshold - 1e-9]

    assert (target.known, target.churned) == (len(known), len(churned))
    if positive:
        assert target.threshold == pytest.approx(threshold)
        assert target.not_valued == len(below)
        assert target.upgraded == sum(future[who] >= threshold - 1e-9 for who in below)


@pytest.mark.parametrize(("history", "days"), [(40, 20), (39, 13), (12, 4), (11, 20)])
def test_the_future_looked_at_is_the_one_that_is_learned_from(history: int, days: int) -> None:
    target = build([(0, 0, 5.0, 1), (0, history - 1, 5.0, 2)]).target

    assert target.days == days
    assert target.as_of == dt.date(1970, 1, 1) + dt.timedelta(days=history - days)


@given(LINES)
def test_nothing_is_lost_over_time(lines: list[Line]) -> None:
    base = build(lines)

    assert base.by_day["lines"].sum() == base.lines == len(lines)
    assert base.by_day["value"].sum() == pytest.approx(sum(value for _, _, value, _ in lines))
    assert base.orders == len({order for _, _, value, order in lines if value > 0})
    assert base.customers == len({who for who, _, value, _ in lines if value > 0})


@given(LINES)
def test_the_curve_of_concentration_rises_ever_slower(lines: list[Line]) -> None:
    concentration = build(lines).concentration
    if concentration is None:
        return

    customers, value = concentration.customer_share, concentration.value_share
    assert (customers[0], value[0]) == (0, 0)
    assert (customers[-1], value[-1]) == (1, pytest.approx(1))
    assert np.all(np.diff(np.diff(value) / np.diff(customers)) <= 1e-9)
    assert concentration.golden_value_share >= 0.8 - 1e-9


def test_the_golden_share() -> None:
    base = build([(who, 5, 80.0 if who == 0 else 5.0, who) for who in range(5)])

    assert base.concentration is not None
    assert base.concentration.golden_customer_share == pytest.approx(0.2)
    assert base.concentration.golden_value_share == pytest.approx(0.8)


def test_the_golden_share_is_of_all_who_ever_ordered() -> None:
    lines: list[Line] = [(who, 5, 80.0 if who == 0 else 5.0, who) for who in range(5)]
    gone: list[Line] = [(who, -90, 7.0, who) for who in range(5, 10)]
    base = build([*lines, *gone])

    assert base.concentration is not None
    assert (base.concentration.customers, base.concentration.known, base.customers) == (5, 10, 10)
    assert base.concentration.golden_customer_share == pytest.approx(0.1)
    assert base.concentration.golden_value_share == pytest.approx(0.8)


def test_real_data_gives_the_truth_of_the_definitions() -> None:
    source = pl.read_parquet(find_bench_data("cdnow", "transactions.parquet"))
    lines = source.select(
        pl.col("customer_id").cast(pl.Categorical).to_physical().cast(pl.UInt32).alias("customer"),
        pl.col("ts").dt.date().cast(pl.Int32).alias("day"),
        pl.col("amount").alias("value"),
        bought=pl.col("amount") > 0,
        order=pl.struct("customer_id", "ts").hash(),
    )
    as_of, horizon = dt.datetime(1998, 7, 1) - dt.timedelta(days=90), dt.timedelta(days=90)
    before, after = pl.col("ts") < as_of, (pl.col("ts") >= as_of) & (pl.col("amount") > 0)
    truth = (
        source.group_by("customer_id")
        .agg(
            known=(before & (pl.col("amount") > 0)).any(),
            churned=~after.any(),
            trailing=pl.col("amount").filter(before & (pl.col("ts") >= as_of - horizon)).sum(),
        )
        .filter("known")
    )

    target = build_base_figures(lines, 90, 0.2, TierCuts()).target

    assert target.as_of == as_of.date()
    assert (target.known, target.churned) == (len(truth), truth["churned"].sum())
    positive = truth["trailing"].filter(truth["trailing"] > 0)
    assert target.threshold == pytest.approx(positive.quantile(0.8, "linear"))


@given(LINES)
def test_the_rates_are_those_of_the_labels(lines: list[Line]) -> None:
    target = build(lines).target
    horizon = target.days
    frame = pl.DataFrame(lines, schema=["customer_id", "day", "amount", "order_id"], orient="row").select(
        pl.col("customer_id", "order_id").cast(pl.String),
        "amount",
        timestamp=pl.col("day").cast(pl.Date).cast(pl.Datetime("us", "UTC")),
    )
    tables = Tables(frame.lazy())
    as_of = max(day for _, day, _, _ in lines) + 1 - horizon
    history = build_history(tables, learn_dialect(tables))

    labels = build_labels(history, as_of * DAY_US, horizon, 0.2, until=2**61)

    assert (target.known, target.churned) == (len(labels.customers), labels.churned.sum())
    assert (target.not_valued, target.upgraded) == ((~labels.valued).sum(), labels.upgraded.sum())
    if target.known:
        assert target.churn_rate == labels.churned.mean()
