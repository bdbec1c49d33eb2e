from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import TableConfig, TablesConfig, scan_tables
from tests.training.bench_data import find_data, load_judge
from tests.training.evaluation.scenes import build_window
from training.evaluation.figures import Measure, find_direction, measure
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted, concatenate
from training.labels import build_labels


def random_case(seed: int, customers: int, *, ties: bool) -> tuple[Outcome, Predicted]:
    rng = np.random.default_rng(seed)
    scores = rng.gamma(1.0, 20.0, customers)
    value = rng.normal(0.5, 1, customers) * scores
    value[rng.random(customers) < 0.3] = 0
    low, middle, high = np.sort(rng.normal(size=(3, customers)), axis=0) * 10 + scores
    churn, upgrade = rng.random(customers), rng.random(customers)
    if ties:
        scores, churn, upgrade = np.round(scores, -1), np.round(churn, 1), np.round(upgrade, 1)
    below = rng.random(customers) < 0.7
    upgrade[~below] = np.nan
    outcome = Outcome(np.arange(customers), value, value <= 0, below, below & (value > 20))
    return outcome, Predicted(scores, low, middle, high, churn, upgrade)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("customers", [53, 500, 2003])
def test_every_figure_equals_the_judge(customers: int, ties: bool) -> None:
    judge = load_judge()
    outcome, said = random_case(customers, customers, ties=ties)

    found = measure(outcome, said)

    below = outcome.may_upgrade
    assert said.churn_probability is not None
    assert said.upgrade_probability is not None
    truth = {
        "value": judge.value_metrics(outcome.value, said.expected_value),
        "churn": judge.event_metrics(outcome.churned.astype(float), said.churn_probability),
        "upgrade": judge.event_metrics(
            outcome.upgraded[below].astype(float), said.upgrade_probability[below]
        ),
    }
    for target, figures in truth.items():
        for name, figure in figures.items():
            assert found[f"{target}.{name}"] == pytest.approx(figure, abs=1e-9, rel=1e-9), name


@pytest.mark.parametrize(("data", "as_of", "horizon"), [("cdnow", "1998-01-01", 90)])
def test_the_whole_way_from_lines_equals_the_judge(data: str, as_of: str, horizon: int) -> None:
    path, judge, day = find_data(data), load_judge(), dt.datetime.fromisoformat(as_of)
    tables = scan_tables(
        TablesConfig(transactions=TableConfig(source=str(path), columns={"timestamp": "ts"}))
    )
    history = build_history(tables, learn_dialect(tables))
    labels = build_labels(history, to_microseconds(day), horizon, 0.2, until=2**61)
    value = np.maximum(labels.trailing_value, 0)
    chance = 1 / (1 + value / 20)
    said = Predicted(value + 5, value * 0, value / 2, value * 2, chance, 1 - chance)
    columns = {name: column for name, column in vars(said).items() if column is not None}
    lines = pl.read_parquet(path).with_columns(
        pl.col("customer_id").cast(pl.String), pl.col("ts").cast(pl.Datetime("us"))
    )
    truth = judge.judge(
        lines, pl.DataFrame({"customer_id": history.ids[labels.customers], **columns}), day, horizon
    )

    found = measure(Outcome.of(labels), said)

    assert found["median_mae"] == pytest.approx(truth["median_mae"], rel=1e-9)
    for part in ("value", "interval", "churn", "upgrade"):
        for name, figure in truth[part].items():
            assert found[f"{part}.{name}"] == pytest.approx(figure, rel=1e-6), name  # money is exact here


@given(seed=st.integers(0, 10_000), customers=st.integers(30, 80), ties=st.booleans())
@settings(max_examples=30, deadline=None)
def test_counting_a_customer_twice_is_like_having_them_twice(seed: int, customers: int, ties: bool) -> None:
    outcome, said = random_case(seed, customers, ties=ties)
    counts = np.random.default_rng(seed).integers(0, 4, customers)
    rows = np.repeat(np.arange(customers), counts)

    drawn = Measure(outcome, said)(counts[None, :].astype(np.float64))
    repeated = measure(outcome.take(rows), said.take(rows))

    for name, figure in repeated.items():
        assert drawn[name][0] == pytest.approx(figure, abs=1e-9, nan_ok=True), name


def test_knowing_the_future_is_perfect() -> None:
    window = build_window(500)
    outcome = window.outcome
    said = Predicted(outcome.value, churn_probability=outcome.churned.astype(np.float64))

    found = measure(outcome, said)

    assert found["value.norm_gini"] == pytest.approx(1)
    assert found["value.bias"] == pytest.approx(0)
    assert found["churn.auc"] == 1
    assert found["churn.ece"] == pytest.approx(0, abs=1e-5)


def test_a_rung_without_probabilities_is_ranked_by_its_value() -> None:
    window = build_window(500)

    found = measure(window.outcome, Predicted(window.labels.trailing_value))

    assert 0.6 < found["churn.auc"] < 1
    assert "churn.log_loss" not in found
    assert "interval.inside" not in found


def test_what_cannot_be_told_is_nan_or_left_out() -> None:
    outcome = Outcome(np.arange(3), np.zeros(3), np.ones(3, bool), np.ones(3, bool), np.zeros(3, bool))

    found = measure(outcome, Predicted(np.ones(3), churn_probability=np.full(3, 0.9)))

    assert np.isnan(found["value.norm_gini"])
    assert np.isnan(found["value.bias"])
    assert np.isnan(found["churn.auc"])
    assert found["churn.log_loss"] == pytest.approx(-np.log(0.9))
    assert "upgrade.auc" not in found


def test_unfinished_predictions_are_refused_except_the_upgrade_of_the_valued() -> None:
    outcome, said = random_case(1, 100, ties=False)
    broken = said.expected_value.copy()
    broken[3] = np.nan

    assert np.isnan(said.upgrade_probability).any()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected_value: 1 customers have no finite prediction"):
        measure(outcome, replace(said, expected_value=broken))
    with pytest.raises(ValueError, match="99 predictions for 100 customers"):
        measure(outcome, said.take(np.arange(99)))
    with pytest.raises(ValueError, match="differ in length"):
        replace(said, value_p10=np.zeros(3))


def test_predictions_are_put_one_below_the_other() -> None:
    _, said = random_case(1, 10, ties=False)

    both = concatenate([said, replace(said, value_p50=None)])

    assert len(both) == 20
    assert both.value_p50 is None


def test_directions() -> None:
    assert find_direction("churn.auc") == 1
    assert find_direction("value.abs_bias") == -1
    assert find_direction("value.bias") == find_direction("churn.rate") == 0
