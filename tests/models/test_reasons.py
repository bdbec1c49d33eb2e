from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import DAY_US, to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from models.examples import Situation
from models.explainer import Explainer, Explanations, learn_reference
from models.predictor import OURS, PROCESS, Predictor
from models.reasons import TARGETS, explain
from models.reference import Reference
from models.settings import DIMENSIONS
from models.target import TargetConfig
from models.thresholds import Thresholds
from training.fit import fit_predictor
from training.fitting import Fitting
from training.synthetic import SyntheticConfig, build_tables

HORIZON = 60
START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
AS_OF = to_microseconds(dt.datetime(2023, 12, 1))


def build_fitting(tables: Tables, as_of: int = AS_OF) -> Fitting:
    dialect = learn_dialect(tables)
    return Fitting(build_history(tables, dialect), dialect, TargetConfig(horizon_days=HORIZON), as_of)


def build_business(customers: int, seed: int) -> Fitting:
    made = build_tables(SyntheticConfig(customers=customers, days=420, seed=seed))
    return build_fitting(Tables(zoned(made.transactions), zoned(made.customers)))


def zoned(frame: pl.DataFrame) -> pl.LazyFrame:
    return frame.lazy().with_columns(pl.col(pl.Datetime).dt.cast_time_unit("us").dt.replace_time_zone("UTC"))


def build_explainer(fitting: Fitting, predictor: Predictor) -> Explainer:
    reference = learn_reference(predictor, predictor.read(fitting.history, fitting.as_of))
    return Explainer(predictor, Reference.from_json(json.loads(json.dumps(reference.to_json()))))


@pytest.fixture(scope="module")
def fitting() -> Fitting:
    return build_business(1_600, 4)


@pytest.fixture(scope="module")
def explainer(fitting: Fitting) -> Explainer:
    predictor = fit_predictor(fitting, snapshots=2)
    assert predictor.served_by == OURS
    return build_explainer(fitting, predictor)


@pytest.fixture(scope="module")
def situation(fitting: Fitting, explainer: Explainer) -> Situation:
    return explainer.predictor.read(fitting.history, AS_OF)


@pytest.fixture(scope="module")
def found(explainer: Explainer, situation: Situation) -> Explanations:
    return explainer.explain(situation)


def assert_adds_up(explainer: Explainer, situation: Situation) -> None:
    found, told = explainer.explain(situation), explainer.predictor.predict_situation(situation)
    expected = {
        "value": told.expected_value,
        "churn": 100 * told.churn_probability,
        "upgrade": 100 * told.upgrade_probability,
    }
    for target in TARGETS:
        each = getattr(found, target)
        unit = np.maximum(np.abs(expected[target]), each.start) if target == "value" else 1.0
        for parts in (each.by_feature, each.by_dimension):
            gap = (each.start + parts.sum(axis=1) - expected[target]) / unit
            assert np.nan_to_num(np.abs(gap)).max(initial=0) < 1e-6, target
        assert (np.isnan(each.end) == np.isnan(expected[target])).all()
        assert np.nan_to_num(np.abs(each.end - expected[target]) / unit).max(initial=0) < 1e-6


def test_contributions_add_up_to_every_prediction(explainer: Explainer, situation: Situation) -> None:
    assert_adds_up(explainer, situation)


def test_they_add_up_at_any_later_moment(fitting: Fitting, explainer: Explainer) -> None:
    for days in (1, 45, 400):
        assert_adds_up(explainer, explainer.predictor.read(fitting.history, AS_OF + days * DAY_US))


@settings(max_examples=4, deadline=None, derandomize=True)
@given(customers=st.integers(2, 300), seed=st.integers(0, 50))
def test_they_add_up_for_any_small_business(customers: int, seed: int) -> None:
    fitting = build_business(customers, seed)
    predictor = fit_predictor(fitting, snapshots=1)
    assert predictor.served_by == PROCESS
    assert_adds_up(build_explainer(fitting, predictor), predictor.read(fitting.history, AS_OF))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    threshold=st.sampled_from([1e-9, 0.0, 1.0, 80.0, 1e4, 1e9, float("nan")]),
    slope=st.floats(0.7, 1.4),
    factor=st.sampled_from([1e-9, 0.3, 1.0, 1e9]),
    weight=st.sampled_from([0.0, 1 / 3, 1.0]),
)
def test_they_add_up_for_any_calibration(
    explainer: Explainer, situation: Situation, threshold: float, slope: float, factor: float, weight: float
) -> None:
    predictor = explainer.predictor
    assert predictor.value is not None
    assert predictor.activity is not None
    changed = replace(
        predictor,
        thresholds=Thresholds(threshold),
        value=replace(predictor.value, factor=factor, opinion_weight=weight),
        activity=replace(predictor.activity, slope=slope),
    )
    assert_adds_up(Explainer(changed, explainer.reference), replace(situation, threshold=threshold))


def test_one_customer_is_told_what_the_batch_is_told(
    fitting: Fitting, explainer: Explainer, found: Explanations
) -> None:
    for row in range(0, 1_600, 97):
        alone = explainer.explain(explainer.predictor.read(fitting.history, AS_OF, np.array([row])))
        for target in TARGETS:
            one, whole = getattr(alone, target), getattr(found, target)
            assert one.start == pytest.approx(whole.start, rel=1e-12)
            assert one.by_feature[0] == pytest.approx(whole.by_feature[row], rel=1e-9, abs=1e-9, nan_ok=True)


def test_the_start_is_the_average_customer(explainer: Explainer, situation: Situation) -> None:
    told = explainer.predictor.predict_situation(situation)
    bought = situation.column("order_days_ever") > 0
    found = explainer.explain(situation)
    assert found.value.start == pytest.approx(np.exp(np.log(told.expected_value[bought]).mean()), rel=1e-6)
    odds = np.log(told.churn_probability / (1 - told.churn_probability))[bought].mean()
    assert found.churn.start == pytest.approx(100 / (1 + np.exp(-odds)), rel=1e-6)


def test_the_process_is_no_block(found: Explanations) -> None:
    names = [feature.name for feature in found.value.features]
    family = np.array([feature.family == "process" for feature in found.value.features])
    for target in TARGETS:
        parts = np.nan_to_num(getattr(found, target).by_feature)
        assert not parts[:, family].any()
        for name in ("orders_ever", "days_since_last_order", "tenure_days"):
            assert np.abs(parts[:, names.index(name)]).mean() > 0.01


def test_many_orders_speak_for_who_has_them(found: Explanations, situation: Situation) -> None:
    names = [feature.name for feature in found.value.features]
    orders, days = (situation.column(name) for name in ("order_days_ever", "days_since_last_order"))
    busy = np.nan_to_num(orders) >= np.nanquantile(orders, 0.9)
    of_orders = found.value.by_feature[busy, names.index("orders_ever")]
    assert (of_orders > 0).mean() > 0.95
    silent = busy & (days > HORIZON)
    assert silent.any()
    of_silence = found.churn.by_feature[silent, names.index("days_since_last_order")]
    assert (of_silence > 0).mean() > 0.95


def test_points_never_tell_more_than_there_are(found: Explanations) -> None:
    for target in ("churn", "upgrade"):
        parts = np.nan_to_num(getattr(found, target).by_feature)
        assert np.maximum(parts, 0).sum(axis=1).max() <= 100 + 1e-9
        assert np.minimum(parts, 0).sum(axis=1).min() >= -100 - 1e-9


def test_what_is_the_same_for_all_explains_nothing(found: Explanations, situation: Situation) -> None:
    with np.errstate(invalid="ignore"):
        same = np.nanmax(np.nan_to_num(situation.features.matrix), axis=0) == np.nanmin(
            np.nan_to_num(situation.features.matrix), axis=0
        )
    assert same.any()
    for target in TARGETS:
        assert np.nan_to_num(np.abs(getattr(found, target).by_feature[:, same])).max() < 1e-9


def test_equal_customers_have_no_reasons() -> None:
    days = [(who, START + dt.timedelta(days=day), 25.0) for who in range(40) for day in (10, 90, 200)]
    frame = pl.DataFrame(days, schema=["customer_id", "timestamp", "amount"], orient="row")
    fitting = build_fitting(Tables(frame.with_columns(pl.col("customer_id").cast(pl.String)).lazy()))
    explainer = build_explainer(fitting, fit_predictor(fitting, snapshots=1))
    situation = explainer.predictor.read(fitting.history, AS_OF)
    assert_adds_up(explainer, situation)
    for reasons in explain(explainer, situation).to_rows():
        assert reasons["value"] == reasons["churn"] == []


@pytest.mark.parametrize("price", [1e-9, 1e9])
def test_they_add_up_for_tiny_and_huge_amounts(price: float) -> None:
    made = build_tables(SyntheticConfig(customers=150, days=420, seed=8))
    fitting = build_fitting(Tables(zoned(made.transactions.with_columns(pl.col("amount") * price))))
    explainer = build_explainer(fitting, fit_predictor(fitting, snapshots=1))
    assert_adds_up(explainer, explainer.predictor.read(fitting.history, AS_OF))


def test_nobody_to_learn_from_is_explained_too() -> None:
    made = build_tables(SyntheticConfig(customers=20, days=420, seed=8))
    later = made.transactions.filter(pl.col("timestamp") >= dt.datetime(2023, 12, 5))
    fitting = build_fitting(Tables(zoned(later), zoned(made.customers)))
    explainer = build_explainer(fitting, fit_predictor(fitting, snapshots=1))
    assert_adds_up(explainer, explainer.predictor.read(fitting.history, AS_OF))


def test_who_never_bought_is_told_so_and_what_attributes_say(
    explainer: Explainer, situation: Situation
) -> None:
    reasons = explain(explainer, situation, currency="GBP").to_rows()
    never = np.flatnonzero(np.nan_to_num(situation.column("order_days_ever")) == 0)
    assert len(never)
    for row in never:
        value, *others = reasons[row]["value"]
        assert value["text"].startswith("no order so far: ")
        assert ": GBP " in value["text"]
        assert all(reason["feature"].startswith("attribute_") for reason in others)


def test_the_valued_have_no_reason_to_upgrade(explainer: Explainer, situation: Situation) -> None:
    valued = situation.trailing_value >= explainer.predictor.threshold
    for reasons, told in zip(explain(explainer, situation).to_rows(), valued, strict=True):
        assert not (told and reasons["upgrade"])


def test_reasons_are_the_strongest_in_words(explainer: Explainer, situation: Situation) -> None:
    found = explainer.explain(situation)
    features = {feature.name: feature for feature in explainer.predictor.catalogue}
    for row, reasons in enumerate(explain(explainer, situation, top=3, currency="EUR").to_rows()):
        for target in TARGETS:
            told = reasons[target]
            size = np.nan_to_num(np.abs(getattr(found, target).by_feature[row]))
            strength = [abs(each["contribution"]) for each in told]
            assert len(told) <= 3
            assert strength == sorted(strength, reverse=True)
            assert not told or strength[0] == pytest.approx(size.max())
            assert sum(each["feature"].startswith("value_") for each in told) <= 2  # and a year ago
            for each in told:
                ending = {"value": "", "churn": " points of churn", "upgrade": " points of upgrade"}
                unit = "EUR " if target == "value" else ""
                assert each["text"].endswith(ending[target])
                assert f": {unit}{'+' if each['contribution'] > 0 else '-'}" in each["text"]
                assert "unknown" not in each["text"]
                assert each["dimension"] in DIMENSIONS
                assert each["changeable"] == features[each["feature"]].changeable


def test_one_fact_is_told_once(explainer: Explainer, situation: Situation) -> None:
    themes = {feature.name: feature.theme for feature in explainer.predictor.catalogue}
    silence = {"days_since_last_order", "horizons_since_last_order", "silent_share", "overdue_ratio"}
    assert {themes[name] for name in silence} == {"time since the last order"}
    more = situation.take(np.flatnonzero(situation.column("order_days_ever") != 1))
    seen = set()
    for reasons in explain(explainer, more).to_rows():
        for target in TARGETS:
            told = [themes[reason["feature"]] for reason in reasons[target]]
            assert len(set(told)) == len(told)
            seen.update(told)
    assert "time since the last order" in seen


def test_the_first_order_is_the_last_while_there_is_but_one(
    explainer: Explainer, situation: Situation
) -> None:
    once = situation.take(np.flatnonzero(situation.column("order_days_ever") == 1))
    assert len(once)
    amounts = {"value_ever", "order_value_ever", "last_day_spend", "largest_day_spend"}
    for reasons in explain(explainer, once).to_rows():
        for target in TARGETS:
            told = {reason["feature"] for reason in reasons[target]}
            assert len(told & {"tenure_days", "days_since_last_order", "silent_share"}) <= 1
            assert len(told & amounts) <= 1
            assert sum("no second order yet" in reason["text"] for reason in reasons[target]) <= 1


def test_more_orders_than_the_average_speak_for_a_customer(found: Explanations, situation: Situation) -> None:
    names = [feature.name for feature in found.value.features]
    orders, part = situation.column("orders_ever"), found.value.by_feature[:, names.index("orders_ever")]
    many = orders >= np.nanquantile(orders, 0.95)
    assert (part[many] > 0).mean() > 0.95
    silence = situation.column("days_since_last_order")
    churn = found.churn.by_feature[:, names.index("days_since_last_order")]
    assert (churn[silence > np.nanquantile(silence, 0.9)] > 0).mean() > 0.9
