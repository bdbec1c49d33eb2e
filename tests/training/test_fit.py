from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from features.clock import DAY_US, to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from features.timeline import FloatArray
from models.predictions import Predictions, tell
from models.predictor import OURS, PROCESS, Predictor
from models.ranking_gain import norm_gini
from models.season import Season
from models.target import TargetConfig
from models.upgrade import LEAST
from models.value import SPENDING_WEIGHT
from training.fit import fit_predictor
from training.fitting import Fitting
from training.labels import Labels, build_labels
from training.rolling import ask_rung, fit_rungs
from training.synthetic import SyntheticConfig, build_tables

HORIZON = 60
AS_OF = to_microseconds(dt.datetime(2023, 12, 1))
START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)


def build_fitting(tables: Tables, as_of: int = AS_OF, horizon: int = HORIZON) -> Fitting:
    dialect = learn_dialect(tables)
    return Fitting(build_history(tables, dialect), dialect, TargetConfig(horizon_days=horizon), as_of)


def zoned(frame: pl.DataFrame) -> pl.LazyFrame:
    return frame.lazy().with_columns(pl.col(pl.Datetime).dt.cast_time_unit("us").dt.replace_time_zone("UTC"))


@pytest.fixture(scope="module")
def tables() -> Tables:
    made = build_tables(SyntheticConfig(customers=2_000, days=420, seed=4))
    return Tables(zoned(made.transactions), zoned(made.customers))


@pytest.fixture(scope="module")
def fitting(tables: Tables) -> Fitting:
    return build_fitting(tables)


@pytest.fixture(scope="module")
def predictor(fitting: Fitting) -> Predictor:
    return fit_predictor(fitting, snapshots=3)


@pytest.fixture(scope="module")
def outcome(fitting: Fitting) -> Labels:
    return build_labels(fitting.history, AS_OF, HORIZON, 0.2, until=AS_OF + 2 * HORIZON * DAY_US)


@pytest.fixture(scope="module")
def predictions(fitting: Fitting, predictor: Predictor, outcome: Labels) -> Predictions:
    return predictor.predict(fitting.history, AS_OF, outcome.customers)


def assert_sane(found: Predictions) -> None:
    for field in fields(found):
        column = getattr(found, field.name)
        if field.name in ("upgrade_probability", "upgrade_gap", "upgrade_value", "priority"):
            assert (np.isfinite(column) | (found.trailing_value >= found.threshold)).all(), field.name
        elif column is not found.threshold and column.dtype.kind == "f":
            assert np.isfinite(column).all(), field.name
    assert (found.value_p10 <= found.value_p50).all()
    assert (found.value_p50 <= found.value_p90).all()
    for chance in (found.churn_probability, found.upgrade_probability):
        assert ((chance >= 0) & (chance <= 1) | np.isnan(chance)).all()


def test_ours_serves_and_ranks_better_than_every_simple_rung(
    fitting: Fitting, predictor: Predictor, predictions: Predictions, outcome: Labels
) -> None:
    assert predictor.served_by == OURS
    came = np.maximum(outcome.value, 0)
    ours = norm_gini(came, predictions.expected_value)
    situation = predictor.read(fitting.history, AS_OF, outcome.customers)
    rungs = {rung.name: ask_rung(rung, situation) for rung in fit_rungs(fitting, predictor, snapshots=3)}
    assert {"last period", "CRM rule", "RFM cells", "plain boosting"} == rungs.keys()
    for name, guess in rungs.items():
        assert ours > norm_gini(came, guess.expected_value) - 0.005, name
    assert ours > norm_gini(came, rungs["RFM cells"].expected_value)
    churn = roc_auc_score(outcome.churned, predictions.churn_probability)
    assert churn > roc_auc_score(outcome.churned, rungs["RFM cells"].churn_probability)


def test_probabilities_are_calibrated_and_ranges_hold(predictions: Predictions, outcome: Labels) -> None:
    for part in np.array_split(np.argsort(predictions.churn_probability), 5):
        gap = predictions.churn_probability[part].mean() - outcome.churned[part].mean()
        assert abs(gap) < 0.12
    below = ~outcome.valued
    rate = predictions.upgrade_probability[below].mean()
    assert rate == pytest.approx(outcome.upgraded[below].mean(), abs=0.02)
    assert 0.04 < (outcome.value > predictions.value_p90).mean() < 0.16
    assert (outcome.value < predictions.value_p10).mean() < 0.14


def test_every_customer_gets_a_finite_answer(fitting: Fitting, predictor: Predictor) -> None:
    found = predictor.predict(fitting.history, AS_OF)
    assert_sane(found)
    assert {"attributes", "one_order", "few_orders", "ample"} <= set(found.evidence)
    assert predictor.newcomers.prior.value > 0


def test_one_customer_gets_what_the_batch_gets(fitting: Fitting, predictor: Predictor) -> None:
    batch = predictor.predict(fitting.history, AS_OF)
    for row in (0, 1_234, 1_999):
        one = predictor.predict(fitting.history, AS_OF, np.array([row]))
        for field in fields(batch):
            whole, alone = getattr(batch, field.name), getattr(one, field.name)
            if field.name != "threshold":
                assert np.array_equal(alone, whole[row : row + 1], equal_nan=alone.dtype.kind == "f"), (
                    field.name
                )


def test_it_comes_back_from_text_and_json(fitting: Fitting, predictor: Predictor) -> None:
    texts, document = predictor.to_parts()
    restored = Predictor.from_parts(texts, json.loads(json.dumps(document, allow_nan=False)))
    before, after = (each.predict(fitting.history, AS_OF) for each in (predictor, restored))
    for field in fields(before):
        assert np.array_equal(
            getattr(before, field.name), getattr(after, field.name), equal_nan=field.name != "evidence"
        ), field.name


def test_nothing_at_or_after_as_of_is_learned_from_and_the_seed_decides(
    tables: Tables, predictor: Predictor
) -> None:
    moment = dt.datetime(2023, 12, 1, tzinfo=dt.UTC)
    cut = replace(tables, transactions=tables.transactions.filter(pl.col("timestamp") < moment))
    alone = fit_predictor(build_fitting(cut), snapshots=3)
    assert alone.to_parts() == predictor.to_parts()


def build_lines(rows: Sequence[tuple[str, float, float]]) -> Tables:
    """Return the tables of lines (customer, day, amount)."""
    frame = pl.DataFrame(rows, schema=["customer_id", "day", "amount"], orient="row")
    moment = pl.lit(START) + pl.duration(microseconds=(pl.col("day") * DAY_US).cast(pl.Int64))
    return Tables(frame.lazy().select("customer_id", "amount", timestamp=moment.dt.cast_time_unit("us")))


def clockwork(customers: int, step: float, amount: float, days: int = 400) -> list[tuple[str, float, float]]:
    return [
        (f"c{who}", day + who % 7, amount) for who in range(customers) for day in np.arange(0, days, step)
    ]


ODD = {
    "one customer, one line": [("a", 3.0, 10.0)],
    "one customer": clockwork(1, 20, 10),
    "all equal": clockwork(700, 30, 10),
    "all churned": clockwork(700, 5, 10, days=30),
    "only returns": [(f"c{who}", float(who % 300), -5.0) for who in range(50)],
    "one buyer among returns": [("a", 1.0, 5.0), *[(f"c{who}", float(who), -5.0) for who in range(50)]],
    "tiny amounts": clockwork(30, 25, 1e-9),
    "huge amounts": clockwork(30, 25, 1e9),
    "more returned than bought": [*clockwork(30, 40, 10), *clockwork(30, 40, -20)],
    "nothing before": [("a", 399.0, 10.0)],
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("rows", ODD.values(), ids=ODD.keys())
def test_odd_businesses_get_an_answer_and_a_reason(rows: list[tuple[str, float, float]]) -> None:
    fitting = build_fitting(build_lines(rows))
    predictor = fit_predictor(fitting)
    assert predictor.served_by == (OURS if rows is ODD["all equal"] else PROCESS)
    assert predictor.reason
    assert_sane(predictor.predict(fitting.history, AS_OF))
    restored = Predictor.from_parts(*json.loads(json.dumps(predictor.to_parts(), allow_nan=False)))
    assert_sane(restored.predict(fitting.history, AS_OF))


def test_where_nobody_stays_away_value_is_learned_all_the_same() -> None:
    rng = np.random.default_rng(3)
    size = rng.lognormal(3, 1, 600)
    rows = [
        (f"c{who}", float(day + who % 7), float(size[who] * rng.gamma(2, 0.5)))
        for who in range(600)
        for day in np.arange(0, 400, 12)
    ]
    fitting = build_fitting(build_lines(rows))
    predictor = fit_predictor(fitting, snapshots=3)
    found = predictor.predict(fitting.history, AS_OF)
    came = build_labels(fitting.history, AS_OF, HORIZON, 0.2, until=AS_OF + HORIZON * DAY_US)
    assert "trees need" not in predictor.reason
    assert_sane(found)
    assert (found.churn_probability < 0.05).all()
    assert norm_gini(came.value, found.expected_value) > 0.9


def test_a_wave_of_refunds_turns_no_expectation_upside_down() -> None:
    rng = np.random.default_rng(5)
    bought = [
        (f"c{who}", float(day), 20.0 + who % 50)
        for who in range(800)
        for day in np.cumsum(rng.exponential(25 + who % 40, 20))
        if day < 395
    ]
    refunds = [(who, day + 1, -2 * amount) for who, day, amount in bought if 200 < day < 280]
    fitting = build_fitting(build_lines([*bought, *refunds]))
    found = fit_predictor(fitting, snapshots=4).predict(fitting.history, AS_OF)
    assert_sane(found)
    most = 20 * max(amount for _, _, amount in bought)
    assert found.value_p10.min() > -most
    assert found.value_p90.max() < most


def test_orders_add_up_to_those_that_came(
    fitting: Fitting, predictions: Predictions, predictor: Predictor, outcome: Labels
) -> None:
    assert predictor.further_orders != 1.0
    assert predictions.expected_orders.sum() == pytest.approx(outcome.orders.sum(), rel=0.15)
    assert (predictions.expected_orders >= 1 - predictions.churn_probability - 1e-12).all()


def test_who_orders_like_clockwork_is_due_a_gap_after_the_last_order() -> None:
    fitting = build_fitting(build_lines(ODD["all equal"]))
    predictor = fit_predictor(fitting)
    situation = predictor.read(fitting.history, AS_OF)
    said = predictor.predict_situation(situation).next_order_days
    assert said == pytest.approx(30 - situation.column("days_since_last_order"), abs=0.1)


def tell_next_orders(
    fitting: Fitting, predictor: Predictor, rhythm: Mapping[str, float], others: Sequence[Mapping[str, float]]
) -> FloatArray:
    """Return the days until the next order of who orders in a rhythm; the first customers' is otherwise."""
    situation = predictor.read(fitting.history, AS_OF)
    matrix, names = situation.features.matrix.copy(), situation.features.names
    for name, figure in rhythm.items():
        matrix[:, names.index(name)] = figure
    for customer, other in enumerate(others):
        for name, figure in other.items():
            matrix[customer, names.index(name)] = figure
    changed = replace(situation, features=replace(situation.features, matrix=matrix))
    shown = predictor.figures(situation) | {"active": np.full(len(situation), 0.8)}
    return tell(changed, shown, np.full(len(situation), "ample"), Season()).next_order_days


def test_two_gaps_alike_are_a_rhythm_and_one_is_none(fitting: Fitting, predictor: Predictor) -> None:
    rhythm = {"order_days_ever": 3.0, "mean_gap_days": 31.0, "gap_variation": 0.05, "season_strength": 0.0}
    rhythm |= {"last_gap_days": 30.0, "days_since_last_order": 10.0}
    others = [{"order_days_ever": 2.0}, {"gap_variation": 0.5}, {"days_since_last_order": 60.0}]
    said = tell_next_orders(fitting, predictor, rhythm, others)
    assert said[3:] == pytest.approx(21)
    assert (abs(said[:3] - 21) > 1).all()


def test_who_orders_once_a_year_is_due_a_year_after_the_last_order(
    fitting: Fitting, predictor: Predictor
) -> None:
    rhythm = {"order_days_ever": 3.0, "mean_gap_days": 270.0, "gap_variation": 0.5, "season_strength": 0.7}
    rhythm |= {"last_gap_days": 364.0, "days_since_last_order": 35.0}
    in_another_season, long_overdue = {"last_gap_days": 250.0}, {"days_since_last_order": 500.0}
    said = tell_next_orders(fitting, predictor, rhythm, [in_another_season, long_overdue])
    assert said[2:] == pytest.approx(330.2425)
    assert (said[:2] < 300).all()


def test_next_orders_follow_the_season(fitting: Fitting, predictor: Predictor) -> None:
    situation = predictor.read(fitting.history, AS_OF)  # the first of December
    shown, evidence = predictor.figures(situation), np.full(len(situation), "ample")
    midsummer = Season((-1.2,), (0.0,))
    even, later = (tell(situation, shown, evidence, each).next_order_days for each in (Season(), midsummer))
    within = (even > 10) & (even < 150)
    assert within.any()
    assert (later[within] >= even[within]).all()
    assert (later[within] > even[within]).mean() > 0.8  # the others order like clockwork
    assert ((later >= 0) & np.isfinite(later)).all()


@pytest.fixture(scope="module")
def short(tables: Tables) -> tuple[Fitting, Labels]:
    """Return a history of 240 days for a horizon of 150, and what came after it."""
    as_of = to_microseconds(dt.datetime(2023, 8, 29))
    fitting = build_fitting(tables, as_of, horizon=150)
    return fitting, build_labels(fitting.history, as_of, 150, 0.2, until=2**61)


def test_a_history_of_less_than_two_horizons_is_learned_from_in_part(short: tuple[Fitting, Labels]) -> None:
    fitting, outcome = short
    predictor = fit_predictor(fitting, snapshots=3)
    assert predictor.served_by == OURS
    assert "over 79 days" in predictor.reason
    found = predictor.predict(fitting.history, fitting.as_of, outcome.customers)
    assert_sane(found)
    alone = replace(predictor, value=None, activity=None).predict(
        fitting.history, fitting.as_of, outcome.customers
    )
    came = np.maximum(outcome.value, 0)
    assert norm_gini(came, found.expected_value) > norm_gini(came, alone.expected_value)
    churn = (roc_auc_score(outcome.churned, each.churn_probability) for each in (found, alone))
    assert next(churn) > next(churn)
    season = outcome.value.sum() / found.expected_value.sum()  # which so short a history can't know
    assert 0.06 < (outcome.value > season * found.value_p90).mean() < 0.14
    assert (outcome.value < season * found.value_p10).mean() < 0.125


def test_what_is_learned_from_a_part_ends_before_as_of(tables: Tables, short: tuple[Fitting, Labels]) -> None:
    moment = dt.datetime(2023, 8, 29, tzinfo=dt.UTC)
    cut = replace(tables, transactions=tables.transactions.filter(pl.col("timestamp") < moment))
    fitting = short[0]
    alone = fit_predictor(build_fitting(cut, fitting.as_of, horizon=150), snapshots=2)
    assert alone.to_parts() == fit_predictor(fitting, snapshots=2).to_parts()


def test_a_history_far_shorter_than_the_horizon_is_served_by_the_process(tables: Tables) -> None:
    fitting = build_fitting(tables, to_microseconds(dt.datetime(2023, 5, 1)), horizon=365)
    predictor = fit_predictor(fitting)
    assert predictor.served_by == PROCESS
    assert "two horizons" in predictor.reason


def test_the_process_alone_has_ranges_and_upgrades_as_the_past_had_them(
    tables: Tables, fitting: Fitting
) -> None:
    above, below, expected, came = [], [], 0.0, 0
    for first in (0, 450, 900):
        few = fitting.history.ids[first : first + 450].to_list()
        small = build_fitting(Tables(tables.transactions.filter(pl.col("customer_id").is_in(few))))
        alone = fit_predictor(small)
        then = build_labels(small.history, AS_OF, HORIZON, 0.2, until=AS_OF + HORIZON * DAY_US)
        said = alone.predict(small.history, AS_OF, then.customers)
        assert alone.served_by == PROCESS
        above.append((then.value > said.value_p90).mean())
        below.append((then.value < said.value_p10).mean())
        expected, came = expected + np.nansum(said.upgrade_probability), came + int(then.upgraded.sum())
    assert 0.075 < np.mean(above) < 0.125
    assert np.mean(below) < 0.125
    assert expected == pytest.approx(came, abs=2 * np.sqrt(came))


def test_no_upgrade_is_likelier_than_an_order_or_than_the_value_leaves_room_for(
    predictions: Predictions,
) -> None:
    told = np.isfinite(predictions.upgrade_probability)
    upgrade = predictions.upgrade_probability[told]
    assert (upgrade <= np.maximum(1 - predictions.churn_probability[told], LEAST) + 1e-12).all()
    assert (
        upgrade * predictions.threshold <= predictions.expected_value[told] + LEAST * predictions.threshold
    ).all()


@pytest.mark.parametrize(("horizon", "days"), [(90, [45, 67]), (3, [1, 2]), (2, [1]), (1, [])])
def test_the_latest_customers_tell_of_shorter_futures_that_end_by_now(
    fitting: Fitting, predictor: Predictor, horizon: int, days: list[int]
) -> None:
    target = fitting.target.model_copy(update={"horizon_days": horizon})
    short = replace(fitting, target=target)
    recent = short.read_past(predictor.catalogue, predictor.process, short.recent_futures)
    assert [each.horizon_days for each in recent] == days
    assert [each.features.as_of + each.horizon_days * DAY_US for each in recent] == [AS_OF] * len(days)


def test_they_are_learned_from(
    fitting: Fitting, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fitting, "recent_futures", ())
    without = fit_predictor(fitting, snapshots=3)
    assert without.activity is not None
    assert predictor.activity is not None
    assert without.activity.correction.to_texts() != predictor.activity.correction.to_texts()


def test_of_a_large_base_each_moment_shows_other_customers(fitting: Fitting, predictor: Predictor) -> None:
    futures = [(moment, fitting.target.horizon_days) for moment in fitting.choose_moments(3)]
    whole = fitting.read_past(predictor.catalogue, predictor.process, futures)
    rows = sum(map(len, whole))
    some = fitting.read_past(predictor.catalogue, predictor.process, futures, most=rows // 3)
    assert sum(map(len, some)) == pytest.approx(rows / 3, rel=0.1)
    seen = np.unique(np.concatenate([each.people for each in some]))
    assert len(seen) > 0.9 * sum(map(len, some)), "hardly anybody twice"
    for each, all_of_it in zip(some, whole, strict=True):
        kept = all_of_it.take(np.isin(all_of_it.features.customers, each.features.customers))
        assert np.array_equal(each.features.matrix, kept.features.matrix, equal_nan=True)
        assert (each.value == kept.value).all()
        assert (each.upgraded == kept.upgraded).all()


def test_value_follows_the_chance_of_an_order(fitting: Fitting, predictor: Predictor) -> None:
    assert predictor.value is not None
    situation = predictor.read(fitting.history, AS_OF)
    often, seldom = (
        predictor.value.predict(situation, np.full(len(situation), chance)) for chance in (0.5, 0.05)
    )
    assert np.log(often / seldom) == pytest.approx(SPENDING_WEIGHT * np.log(10))
