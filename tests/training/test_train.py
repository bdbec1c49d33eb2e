"""From tables to a promoted model and its scores, by the command, on a business whose truth is known."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.errors import DataError
from models.bundle import load_bundle
from models.candidates import Wanted
from models.request import score_request
from models.scorer import Scorer
from models.settings import Settings, load_settings
from training.score import REASONS, choose_from_base, find_serving, save_scores, score_base
from training.source_history import read_history
from training.synthetic import SyntheticConfig, truth, write_tables
from training.train import Trained, open_registry, train

AS_OF = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
BUSINESS = SyntheticConfig(customers=1_000, days=480, seed=11)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("business")
    written = write_tables(folder, BUSINESS)
    tables = ("transactions", "customers", "events", "contacts")
    sections = [f'[tables.{name}]\nsource = "{getattr(written, name).name}"\n' for name in tables]
    config = folder / "uptier.toml"
    config.write_text(
        '[project]\nname = "shop"\n[target]\nhorizon_days = 60\n[training]\nsnapshots = 3\n'
        + "".join(sections)
    )
    return load_settings(config)


@pytest.fixture(scope="module")
def trained(project: Settings) -> Trained:
    return train(project, AS_OF)


@pytest.fixture(scope="module")
def scores(project: Settings, trained: Trained) -> pl.DataFrame:
    return score_base(project, AS_OF)


def test_every_score_has_reasons_that_a_person_can_read(scores: pl.DataFrame) -> None:
    told = scores["reasons"].struct.field("value")
    assert told.list.len().min() == 1  # who never ordered has one
    assert told.list.len().max() == REASONS
    texts = told.explode().struct.field("text")
    assert not texts.str.contains("{", literal=True).any()
    assert texts.str.contains("EUR").all()


def test_the_first_model_serves_and_is_judged(project: Settings, trained: Trained) -> None:
    assert trained.promoted
    assert open_registry(project).read().champion == trained.version
    assert trained.results is not None
    assert set(trained.version.figures) >= {"value.norm_gini", "churn.auc", "upgrade.auc"}
    assert trained.page is not None
    assert trained.page.exists()
    assert 3 <= len(trained.sentences()) <= 20


def test_every_known_customer_gets_a_finite_answer(project: Settings, scores: pl.DataFrame) -> None:
    source = read_history(project, AS_OF)
    assert scores["customer_id"].to_list() == source.history.ids.to_list()
    told = scores.select("expected_value", "value_p10", "value_p50", "value_p90", "churn_probability", "tier")
    assert not any(told.null_count().row(0))
    assert scores.filter(pl.col("upgrade_probability").is_null())["segment"].unique().to_list() == ["valued"]
    assert scores.filter(pl.col("value_p10") > pl.col("value_p90")).is_empty()


def test_scores_follow_the_truth(scores: pl.DataFrame) -> None:
    known = truth(BUSINESS, AS_OF, 60).join(scores.filter(pl.col("expected_orders") > 0), on="customer_id")
    ranks = known.select(pl.corr("expected_value", "expected_value_right", method="spearman")).item()
    assert ranks > 0.6
    churn = known.select(pl.corr("churn_probability", "churn_probability_right", method="spearman")).item()
    assert churn > 0.6


def test_tiers_reach_their_shares(scores: pl.DataFrame) -> None:
    bought = scores.filter(~pl.col("evidence").is_in(["none", "attributes"]))
    value = bought["expected_value"].to_numpy()
    best = value[(bought["tier"] == "A").to_numpy()]
    assert best.sum() / value.sum() == pytest.approx(0.8, abs=0.02)


def test_the_bundle_alone_gives_the_same_scores(project: Settings, scores: pl.DataFrame) -> None:
    registry = open_registry(project)
    version = find_serving(registry)
    scorer = Scorer.from_bundle(load_bundle(registry.fetch(version)))
    source = read_history(project, AS_OF, scorer.predictor.dialect)
    told = {"model_version": str(version.version), "reasons": REASONS, "currency": "EUR"}
    again = scorer.score(source.history, source.moment, **told)  # type: ignore[arg-type]
    assert again.equals(scores)
    some = np.array([3, 500, 700])
    few = scorer.score(source.history, source.moment, some, **told)  # type: ignore[arg-type]
    assert few.equals(scores[some])


def test_a_request_gets_what_the_base_gets(project: Settings, scores: pl.DataFrame) -> None:
    registry = open_registry(project)
    scorer = Scorer.from_bundle(registry.load(find_serving(registry)))
    source = read_history(project, AS_OF, scorer.predictor.dialect)
    chosen = scores["customer_id"][[700, 5, 650]].to_list()
    customers = []
    for who in chosen:
        rows = {
            name: getattr(source.tables, name)
            .filter(pl.col("customer_id") == who)
            .drop("customer_id")
            .collect()
            .to_dicts()
            for name in ("transactions", "customers", "events", "contacts")
        }
        customers.append({"customer_id": who, "attributes": rows.pop("customers")[0], **rows})

    answers = score_request(scorer, customers, AS_OF, model_version="1", reasons=REASONS, currency="EUR")

    expected = pl.concat([scores.filter(pl.col("customer_id") == who) for who in chosen])
    for name in (
        "expected_value",
        "churn_probability",
        "upgrade_probability",
        "value_p90",
        "tier",
        "action",
        "reasons",
    ):
        assert [answer[name] for answer in answers] == expected[name].to_list(), name
    json.dumps(answers)


def test_nothing_after_as_of_is_used(project: Settings, trained: Trained, tmp_path: Path) -> None:
    frame = pl.read_parquet(project.tables.transactions.source)
    cut = tmp_path / "cut.parquet"
    frame.filter(pl.col("timestamp") < AS_OF.replace(tzinfo=None)).write_parquet(cut)
    tables = project.tables.model_copy(
        update={"transactions": project.tables.transactions.model_copy(update={"source": str(cut)})}
    )
    workspace = project.project.model_copy(update={"workspace": tmp_path / "workspace"})
    other = train(project.model_copy(update={"tables": tables, "project": workspace}), AS_OF)
    registries = open_registry(project), open_registry(project.model_copy(update={"project": workspace}))
    one, two = (
        registry.load(version)
        for registry, version in zip(registries, (trained.version, other.version), strict=True)
    )
    assert one.texts == two.texts
    assert one.documents == two.documents


def test_candidates_follow_priority_budget_and_consent(project: Settings, trained: Trained) -> None:
    chosen = choose_from_base(project, Wanted(budget=50, cost_per_contact=2), AS_OF)
    assert len(chosen.customers) == chosen.summary.contacts == 25
    assert chosen.customers["priority"].is_sorted(descending=True)
    assert project.tables.customers is not None
    refused = pl.read_parquet(project.tables.customers.source).filter(~pl.col("email_consent"))
    assert not chosen.customers["customer_id"].is_in(refused["customer_id"].to_list()).any()


def test_an_unknown_customer_is_named(project: Settings, trained: Trained) -> None:
    with pytest.raises(DataError, match="nobody has the id 'ghost'"):
        score_base(project, AS_OF, customer="ghost")
    one = score_base(project, AS_OF, customer="C0000003")
    assert one["customer_id"].to_list() == ["C0000003"]


def test_scores_are_written_aside_then_renamed(scores: pl.DataFrame, tmp_path: Path) -> None:
    path = save_scores(scores, tmp_path / "new" / "scores.csv")
    assert path.read_text().startswith("customer_id,")
    assert [each.name for each in path.parent.iterdir()] == ["scores.csv"]
