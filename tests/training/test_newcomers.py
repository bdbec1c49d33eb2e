from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from features.clock import DAY_US, to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from models.explainer import Explainer, learn_reference
from models.predictions import Predictions
from models.predictor import Predictor
from models.segments import EVIDENCES
from models.target import TargetConfig
from tests.training.test_fit import zoned
from training.fit import fit_predictor
from training.fitting import Fitting
from training.labels import read_outcome
from training.source_history import SourceHistory
from training.synthetic import SyntheticConfig
from training.synthetic import build_tables as build_synthetic

DAYS = 60
START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
AS_OF = START + dt.timedelta(days=360)
NOW = to_microseconds(AS_OF)
KEEN = {"gold": 3.0, "silver": 1.0, "bronze": 0.3}


def build_tables(customers: int = 5_000, seed: int = 1, *, inert: int = 0) -> Tables:
    """Return a business whose customers order the oftener and the dearer, the higher their rank.

    Customers begin on any day. Of some who have not ordered yet, no attribute is known. `inert` customers are
    listed and never order.
    """
    rng = np.random.default_rng(seed)
    rank = rng.choice(list(KEEN), customers)
    keen = np.array([KEEN[name] for name in rank])
    begin, rate = rng.uniform(0, 420, customers), rng.gamma(2, 0.5, customers) * keen / 120
    counts = rng.poisson(rate * np.maximum(450 - begin, 0))
    who = np.repeat(np.arange(customers), counts)
    day = begin[who] + rng.random(len(who)) * (450 - begin[who])
    amount = rng.gamma(3, 10, len(who)) * keen[who] ** 0.5
    ids = np.array([f"c{number:05}" for number in range(customers + inert)])
    moment = pl.lit(START) + pl.duration(microseconds=(pl.col("day") * DAY_US).cast(pl.Int64))
    lines = pl.DataFrame({"customer_id": ids[who], "day": day, "amount": amount}).select(
        "customer_id", "amount", timestamp=moment.dt.cast_time_unit("us")
    )
    ranks = np.concatenate([rank, rng.choice(list(KEEN), inert)])
    silent = pl.Series(rng.random(len(ids)) < 0.15)
    listed = pl.DataFrame({"customer_id": ids, "rank": ranks}).with_columns(
        rank=pl.when(~silent).then("rank")
    )
    return Tables(lines.lazy(), listed.filter(np.append(begin < 360, np.ones(inert, bool))).lazy())


def build_fitting(tables: Tables) -> Fitting:
    dialect = learn_dialect(tables)
    return Fitting(build_history(tables, dialect), dialect, TargetConfig(horizon_days=DAYS), NOW)


@pytest.fixture(scope="module")
def fitting() -> Fitting:
    return build_fitting(build_tables())


@pytest.fixture(scope="module")
def predictor(fitting: Fitting) -> Predictor:
    return fit_predictor(fitting, snapshots=4)


@pytest.fixture(scope="module")
def found(fitting: Fitting, predictor: Predictor) -> Predictions:
    return predictor.predict(fitting.history, NOW)


def test_attributes_tell_customers_without_orders_apart(
    fitting: Fitting, predictor: Predictor, found: Predictions
) -> None:
    labels = predictor.dialect.vocabulary.attributes[0].categories
    codes = predictor.read(fitting.history, NOW).column("attribute_rank")
    never = found.evidence == "attributes"
    assert never.sum() > 200
    means = {label: found.expected_value[never & (codes == code)].mean() for code, label in enumerate(labels)}
    assert means["gold"] > 1.5 * means["silver"] > 2 * means["bronze"]
    churn = {
        label: found.churn_probability[never & (codes == code)].mean() for code, label in enumerate(labels)
    }
    assert churn["gold"] < churn["silver"] < churn["bronze"]
    assert spearmanr(found.expected_value[never], found.churn_probability[never])[0] < -0.9
    upgrade = found.upgrade_probability[never]
    assert ((upgrade >= 0) & (upgrade <= 1)).all()
    assert spearmanr(found.expected_value[never], upgrade)[0] > 0.9


def test_ranges_narrow_as_evidence_grows(found: Predictions) -> None:
    width = found.value_p90 - found.value_p10
    relative = [
        width[found.evidence == evidence].sum() / found.expected_value[found.evidence == evidence].sum()
        for evidence in EVIDENCES
    ]
    assert relative == sorted(relative, reverse=True)


def test_who_nothing_is_known_of_gets_the_prior(predictor: Predictor, found: Predictions) -> None:
    nobody = found.evidence == "none"
    assert nobody.any()
    prior = predictor.newcomers.prior
    assert (found.expected_value[nobody] == prior.value).all()
    assert (found.value_p90[nobody] == prior.high).all()
    assert found.churn_probability[nobody] == pytest.approx(1 - prior.active)


def test_newcomers_are_explained_to_the_last_cent(
    fitting: Fitting, predictor: Predictor, found: Predictions
) -> None:
    known = predictor.read(fitting.history, NOW, fitting.known)
    told = Explainer(predictor, learn_reference(predictor, known)).explain(
        predictor.read(fitting.history, NOW)
    )
    for target, said, unit in (
        ("value", found.expected_value, 1),
        ("churn", found.churn_probability, 100),
        ("upgrade", found.upgrade_probability, 100),
    ):
        each = getattr(told, target)
        asked = np.isfinite(said)
        total = each.start + each.by_feature.sum(axis=1)
        assert total[asked] == pytest.approx(unit * said[asked], abs=1e-6), target
    names = [feature.name for feature in told.value.features]
    never = found.evidence == "attributes"
    assert np.abs(told.value.by_feature[never, names.index("attribute_rank")]).mean() > 1


def test_they_come_back_from_json(fitting: Fitting, predictor: Predictor, found: Predictions) -> None:
    texts, data = predictor.to_parts()
    restored = Predictor.from_parts(texts, json.loads(json.dumps(data, allow_nan=False)))
    assert np.array_equal(restored.predict(fitting.history, NOW).value_p90, found.value_p90)


def test_a_list_of_people_who_hardly_ever_buy_lowers_what_is_expected_of_them(predictor: Predictor) -> None:
    crowded = fit_predictor(build_fitting(build_tables(inert=20_000)), snapshots=4).newcomers.prior
    assert crowded.value < 0.5 * predictor.newcomers.prior.value
    assert crowded.active < 0.5 * predictor.newcomers.prior.active


def test_a_date_of_signing_up_tells_who_was_there_to_buy() -> None:
    made = build_synthetic(SyntheticConfig(customers=3_000, days=500, browsing_share=0.15))
    as_of = dt.datetime(2024, 2, 15, tzinfo=dt.UTC)
    listed = made.customers.filter(pl.col("signup_date") < as_of.date())
    expected = {}
    for name, table in (("dated", listed), ("undated", listed.drop("signup_date"))):
        tables = Tables(zoned(made.transactions), zoned(table))
        dialect = learn_dialect(tables)
        history, now = build_history(tables, dialect), to_microseconds(as_of)
        signed_up = SourceHistory(tables, dialect, history, as_of).read_signups()
        fitting = Fitting(history, dialect, TargetConfig(horizon_days=DAYS), now, signed_up=signed_up)
        found = fit_predictor(fitting, snapshots=3).predict(history, now)
        never = np.flatnonzero(found.evidence == "attributes")
        expected[name] = (1 - found.churn_probability[never]).sum()
        _, bought, _ = read_outcome(history, now, DAYS, never)
    assert expected["dated"] == pytest.approx((bought > 0).sum(), rel=0.5)
    assert expected["undated"] > 2 * expected["dated"]


def test_without_attributes_that_tell_anything_all_newcomers_are_alike() -> None:
    tables = build_tables()
    assert tables.customers is not None
    listed = tables.customers.with_columns(pl.col("rank").shuffle(seed=3))
    predictor = fit_predictor(build_fitting(Tables(tables.transactions, listed)), snapshots=4)
    assert predictor.newcomers.attributes is None
