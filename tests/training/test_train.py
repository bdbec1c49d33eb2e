"""From tables to a promoted model and its scores, by the command, on a business whose truth is known."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.errors import DataError
from models.bundle import load_bundle
from models.candidates import Wanted
from models.registry import Registry
from models.request import score_request
from models.scorer import Scorer
from models.settings import Settings, load_settings
from tests.training.mlflow_serving import serve_with_mlflow
from training.candidate_list import choose_from_base
from training.customer_base import CustomerBase
from training.score import REASONS, save_scores
from training.source_history import read_history
from training.synthetic import SyntheticConfig, truth, write_tables
from training.tracking import Tracking
from training.train import Trained, train, warn_of_budget
from training.training_record import flatten_config

AS_OF = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
FIGURES = ["expected_value", "value_p10", "value_p50", "value_p90", "churn_probability", "tier", "segment"]
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
    return CustomerBase.open(project, AS_OF).score(reasons=REASONS)


def test_every_score_has_reasons_that_a_person_can_read(scores: pl.DataFrame) -> None:
    told = scores["reasons"].struct.field("value")
    assert (told.list.len() >= 1).all()  # who never ordered has some, too
    assert told.list.len().max() == REASONS
    texts = told.explode().struct.field("text")
    assert not texts.str.contains("{", literal=True).any()
    assert texts.str.contains("EUR").all()


def test_the_first_model_serves_and_is_judged(project: Settings, trained: Trained) -> None:
    assert trained.promoted
    assert Registry.open(project).read().champion == trained.version
    assert trained.results is not None
    assert set(trained.version.figures) >= {"value.norm_gini", "churn.auc", "upgrade.auc"}
    assert trained.page is not None
    assert trained.page.exists()
    assert 3 <= len(trained.sentences()) <= 20


def test_a_training_beyond_its_budget_says_so(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_budget(599.0, 600)
    assert not caplog.text
    warn_of_budget(615.0, 600)
    assert "the training took 615 s, training.time_budget_s is 600" in caplog.text


def test_a_moment_long_after_the_newest_line_is_refused(project: Settings) -> None:
    with pytest.raises(DataError, match=r"the newest line is of 2024-04-2\d, 2\d\d days before 2024-12-01"):
        train(project, dt.datetime(2024, 12, 1, tzinfo=dt.UTC))


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
    registry = Registry.open(project)
    version = registry.read().find_serving()
    scorer = Scorer.from_bundle(load_bundle(registry.fetch(version)))
    source = read_history(project, AS_OF, scorer.predictor.dialect)
    told = {"model_version": str(version.version), "reasons": REASONS, "currency": "EUR"}
    again = scorer.score(source.history, source.moment, **told)  # type: ignore[arg-type]
    assert again.equals(scores)
    some = np.array([3, 500, 700])
    few = scorer.score(source.history, source.moment, some, **told)  # type: ignore[arg-type]
    assert few.equals(scores[some])


def read_customers(project: Settings, chosen: list[str]) -> list[dict[str, Any]]:
    """Return customers as a request brings them."""
    tables, customers = read_history(project, AS_OF).tables, []
    for who in chosen:
        rows = {
            name: getattr(tables, name)
            .filter(pl.col("customer_id") == who)
            .drop("customer_id")
            .collect()
            .to_dicts()
            for name in ("transactions", "customers", "events", "contacts")
        }
        customers.append({"customer_id": who, "attributes": rows.pop("customers")[0], **rows})
    return customers


def test_a_request_gets_what_the_base_gets(project: Settings, scores: pl.DataFrame) -> None:
    registry = Registry.open(project)
    scorer = Scorer.from_bundle(registry.load(registry.read().find_serving()))
    chosen = scores["customer_id"][[700, 5, 650]].to_list()
    customers = read_customers(project, chosen)

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
    registries = Registry.open(project), Registry.open(project.model_copy(update={"project": workspace}))
    one, two = (
        registry.load(version)
        for registry, version in zip(registries, (trained.version, other.version), strict=True)
    )
    assert one.texts == two.texts
    assert one.documents == two.documents
    versions = zip(registries, (trained.version, other.version), strict=True)
    first, second = (read_files(registry.fetch(version)) for registry, version in versions)
    assert first == second


def read_files(bundle: Path) -> dict[str, Any]:
    """Return a bundle's files byte for byte; of its manifest, all but ids, times and where the data lay."""
    files: dict[str, Any] = {each.name: each.read_bytes() for each in bundle.iterdir()}
    manifest = json.loads(files.pop("manifest.json"))
    own = {"id", "created", "config", "checksum"}
    return {**files, "manifest.json": {key: value for key, value in manifest.items() if key not in own}}


def test_everything_of_a_training_is_in_the_run(project: Settings, trained: Trained) -> None:
    from mlflow import MlflowClient

    uri = f"sqlite:///{project.project.workspace}/mlflow/mlflow.db"
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    run = client.get_run(trained.version.run_id)

    assert run.data.params.keys() == flatten_config(project.model_dump(mode="json")).keys()
    assert trained.results is not None
    served = trained.results.overall.figures["uptier"]
    assert run.data.metrics["uptier/churn.auc"] == pytest.approx(served["churn.auc"])
    assert run.data.metrics["standard error/uptier/churn.auc"] > 0
    assert any(name.startswith("group/evidence/") for name in run.data.metrics)
    assert run.inputs is not None
    (dataset,) = (each.dataset for each in run.inputs.dataset_inputs)
    assert json.loads(dataset.profile or "{}")["rows"] == trained.data.rows
    names = {each.path for each in client.list_artifacts(trained.version.run_id)}
    assert names == {"report.html", "features.json", "figures.json", "rehearsal"}
    registry = Registry.open(project)
    rehearsal = Tracking(registry).load_rehearsal(trained.version)
    assert rehearsal is not None
    assert trained.backtest is not None
    assert rehearsal.manifest.as_of == trained.backtest.windows[0].as_of.isoformat()


def test_mlflow_gives_what_score_gives(project: Settings, trained: Trained, scores: pl.DataFrame) -> None:
    import mlflow
    import pandas as pd

    folder = project.project.workspace / trained.version.source
    customers = read_customers(project, scores["customer_id"][[700, 5, 650]].to_list())
    expected = scores[[700, 5, 650]].select(FIGURES).to_dicts()
    body = json.dumps({"dataframe_records": customers, "params": {"as_of": AS_OF.isoformat()}}, default=str)

    loaded = mlflow.pyfunc.load_model(str(folder))
    told = loaded.predict(
        pd.DataFrame(json.loads(body)["dataframe_records"]), params={"as_of": AS_OF.isoformat()}
    )
    assert [{name: row[name] for name in FIGURES} for row in told] == expected

    with serve_with_mlflow(folder) as ask:
        answer = ask(body.encode())
    rows = answer["predictions"] if isinstance(answer, dict) else answer
    assert [{name: row[name] for name in FIGURES} for row in rows] == expected


def test_candidates_follow_priority_budget_and_consent(project: Settings, trained: Trained) -> None:
    chosen = choose_from_base(CustomerBase.open(project, AS_OF), Wanted(budget=50, cost_per_contact=2))
    assert len(chosen.customers) == chosen.summary.contacts == 25
    assert chosen.customers["priority"].is_sorted(descending=True)
    assert project.tables.customers is not None
    refused = pl.read_parquet(project.tables.customers.source).filter(~pl.col("email_consent"))
    assert not chosen.customers["customer_id"].is_in(refused["customer_id"].to_list()).any()


def test_an_unknown_customer_is_named(project: Settings, trained: Trained) -> None:
    base = CustomerBase.open(project, AS_OF)
    with pytest.raises(DataError, match="nobody has the id 'ghost'"):
        base.find("ghost")
    one = base.score(base.find("C0000003"), reasons=0)
    assert one["customer_id"].to_list() == ["C0000003"]


def test_scores_are_written_aside_then_renamed(scores: pl.DataFrame, tmp_path: Path) -> None:
    path = save_scores(scores, tmp_path / "new" / "scores.csv")
    assert path.read_text().startswith("customer_id,")
    assert [each.name for each in path.parent.iterdir()] == ["scores.csv"]
