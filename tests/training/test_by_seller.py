from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.clock import DAY_US, to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from models.bundle import load_bundle, save_bundle
from models.request import score_request
from models.scorer import Scorer, fit_scorer
from models.sellers import AMPLE_CUSTOMERS
from models.target import TargetConfig
from training.fit import fit_predictor
from training.fitting import Fitting
from training.labels import build_labels
from training.synthetic import SyntheticConfig, build_tables

DAYS = 60
AS_OF = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
NOW = to_microseconds(AS_OF)
THIN = "S-thin"


def zoned(frame: pl.DataFrame) -> pl.LazyFrame:
    return frame.lazy().with_columns(pl.col(pl.Datetime).dt.cast_time_unit("us").dt.replace_time_zone("UTC"))


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Return a business of three sellers: one sells at ten times the price, one has few customers."""
    made = build_tables(SyntheticConfig(customers=2_000, days=430, seed=5, sellers=2))
    dear = made.transactions["seller_id"].min()
    thin = pl.col("customer_id").hash(seed=1) % 40 == 0
    seller = pl.when(thin).then(pl.lit(THIN)).otherwise("seller_id")
    price = pl.when(pl.col("seller_id") == dear).then(10.0).otherwise(1.0)
    lines = made.transactions.with_columns(seller_id=seller, amount=pl.col("amount") * price)
    return Tables(zoned(lines), zoned(made.customers), zoned(made.events), zoned(made.contacts))


@pytest.fixture(scope="module")
def fitting(tables: Tables) -> Fitting:
    dialect = learn_dialect(tables, by_seller=True)
    return Fitting(
        build_history(tables, dialect), dialect, TargetConfig(horizon_days=DAYS, by_seller=True), NOW
    )


@pytest.fixture(scope="module")
def scorer(fitting: Fitting) -> Scorer:
    return fit_scorer(fit_predictor(fitting, snapshots=2), fitting.history, fitting.target, {})


@pytest.fixture(scope="module")
def scores(fitting: Fitting, scorer: Scorer) -> pl.DataFrame:
    return scorer.score(fitting.history, NOW, reasons=2)


def test_there_is_one_score_for_each_customer_and_seller(tables: Tables, scores: pl.DataFrame) -> None:
    pairs = tables.transactions.select("customer_id", "seller_id").unique().collect()
    ordered = scores.filter(pl.col("seller_id").is_not_null())
    assert set(ordered.select("customer_id", "seller_id").iter_rows()) == set(pairs.iter_rows())
    assert scores.select("customer_id", "seller_id").is_duplicated().sum() == 0
    assert scores["customer_id"].is_duplicated().any()
    assert scores["expected_value"].is_finite().all()


def test_valued_is_measured_within_each_seller_and_thin_ones_borrow(
    scorer: Scorer, scores: pl.DataFrame
) -> None:
    found = scorer.predictor.thresholds
    own = {
        seller: part["trailing_value"].filter(part["trailing_value"] > 0)
        for (seller,), part in scores.group_by("seller_id")
    }
    for seller, value in own.items():
        if len(value) >= AMPLE_CUSTOMERS:
            assert found.sellers[seller] == pytest.approx(value.quantile(0.8, "linear"))
    thin = own[THIN]
    assert 0 < len(thin) < AMPLE_CUSTOMERS
    alone = float(np.quantile(thin.to_numpy(), 0.8))
    assert min(alone, found.base) < found.sellers[THIN] < max(alone, found.base)
    assert scores.filter(pl.col("seller_id") == THIN)["threshold"].unique().to_list() == [found.sellers[THIN]]
    valued = scores["trailing_value"] >= scores["threshold"]
    assert scores["upgrade_probability"].is_null().to_list() == valued.to_list()
    assert (scores.filter(valued)["segment"].is_in(["valued", "lapsed"])).all()


def test_upgrades_are_judged_and_calibrated_by_the_sellers_own_threshold(
    fitting: Fitting, scorer: Scorer
) -> None:
    labels = build_labels(fitting.history, NOW, DAYS, 0.2, until=NOW + DAYS * DAY_US)
    assert labels.seller_threshold is not None
    assert labels.thresholds is labels.seller_threshold
    predictions = scorer.predictor.predict(fitting.history, NOW, labels.customers)
    below = ~labels.valued
    assert np.isfinite(predictions.upgrade_probability[below]).all()
    assert fitting.history.sellers is not None
    sellers = np.array([seller or "" for seller in fitting.history.sellers[labels.customers]])
    for seller in np.unique(sellers):
        rows = below & (sellers == seller)
        if rows.sum() > 300:
            rate = predictions.upgrade_probability[rows].mean()
            assert rate == pytest.approx(labels.upgraded[rows].mean(), abs=0.03), seller


def test_tiers_are_cut_within_each_seller(scorer: Scorer, scores: pl.DataFrame) -> None:
    for (seller,), part in scores.group_by("seller_id"):
        worth = part.filter(pl.col("evidence").is_in(["one_order", "few_orders", "ample"]))
        if len(worth) >= 3 * AMPLE_CUSTOMERS:
            value, golden = worth["expected_value"].to_numpy(), (worth["tier"] == "A").to_numpy()
            assert value[golden].sum() / value.sum() == pytest.approx(0.8, abs=0.01), seller
    assert len({cut for cut, _ in scorer.tiers.seller_cuts.values()}) == len(scorer.tiers.seller_cuts)


def test_a_bundle_and_a_request_give_the_same(
    tables: Tables, scorer: Scorer, scores: pl.DataFrame, tmp_path: Any
) -> None:
    save_bundle(tmp_path / "bundle", scorer.to_bundle({}, AS_OF))
    restored = Scorer.from_bundle(load_bundle(tmp_path / "bundle"))
    several = scores.filter(pl.col("customer_id").is_duplicated() & pl.col("seller_id").is_not_null())
    chosen = [*several["customer_id"].unique(maintain_order=True)[:20], *scores["customer_id"][:20]]
    chosen = sorted(set(chosen), reverse=True)
    requests = [gather(tables, who) for who in chosen]

    answers = score_request(restored, requests, AS_OF, reasons=2)

    parts = scores.partition_by("customer_id", as_dict=True)
    expected = [row for who in chosen for row in parts[who,].iter_rows(named=True)]
    assert [(a["customer_id"], a["seller_id"]) for a in answers] == [
        (e["customer_id"], e["seller_id"]) for e in expected
    ]
    assert len(answers) > len(chosen)
    for answer, row in zip(answers, expected, strict=True):
        for name in ("expected_value", "value_p90", "upgrade_probability", "threshold", "tier", "reasons"):
            assert answer[name] == row[name], name


def test_reasons_add_up_whatever_the_sellers_threshold(
    fitting: Fitting, scorer: Scorer, scores: pl.DataFrame
) -> None:
    upgrade = scorer.explainer.explain(scorer.predictor.read(fitting.history, NOW)).upgrade
    told = upgrade.start + upgrade.by_feature.sum(axis=1)
    said = scores["upgrade_probability"].to_numpy()
    assert told[np.isfinite(said)] == pytest.approx(100 * said[np.isfinite(said)], abs=1e-6)


def test_a_seller_that_training_never_saw_gets_the_base(scorer: Scorer) -> None:
    line = {"timestamp": AS_OF - dt.timedelta(days=9), "amount": 50.0, "order_id": "o"}
    customer: dict[str, Any] = {"customer_id": "c", "seller_id": "brand-new", "transactions": [line]}
    (answer,) = score_request(scorer, [customer], AS_OF)
    assert answer["seller_id"] == "brand-new"
    assert answer["threshold"] == scorer.predictor.thresholds.base
    assert answer["tier"] == scorer.tiers.assign([answer["expected_value"]])[0]


def test_a_line_that_names_its_seller_is_that_sellers(scorer: Scorer) -> None:
    moment = AS_OF - dt.timedelta(days=9)
    lines = [
        {"timestamp": moment, "amount": 50.0, "seller_id": "b"},
        {"timestamp": moment, "amount": 20.0, "seller_id": "a"},
        {"timestamp": moment, "amount": 7.0},
    ]
    found = score_request(scorer, [{"customer_id": "c", "transactions": lines}, {"customer_id": "d"}], AS_OF)
    assert [(row["customer_id"], row["seller_id"], row["trailing_value"]) for row in found] == [
        ("c", None, 7.0),
        ("c", "a", 20.0),
        ("c", "b", 50.0),
        ("d", None, 0.0),
    ]


def gather(tables: Tables, who: str) -> dict[str, Any]:
    """Return a customer as a request brings it."""
    customer: dict[str, Any] = {"customer_id": who}
    for name in ("transactions", "events", "contacts"):
        rows = getattr(tables, name).filter(customer_id=who).collect()
        customer[name] = rows.drop("customer_id").to_dicts()
    assert tables.customers is not None
    known = tables.customers.filter(customer_id=who).drop("customer_id").collect().to_dicts()
    return {**customer, "attributes": known[-1] if known else {}}
