"""Scores and candidates by the command: files, tables, the score store."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import uptier
from models.bundle import save_bundle
from models.candidates import Wanted
from models.score_store.query import CustomerQuery
from models.score_store.store import ScoreStore
from models.scorer import fit_scorer
from models.settings import Settings, load_settings
from training.fit import fit_predictor
from training.publish import publish_scores
from training.rolling import create_fitting
from training.score import choose_from_base, score_base
from training.source_history import read_history
from training.synthetic import SyntheticConfig, write_tables
from training.tracking import Tracking
from training.train import open_registry
from training.training_record import DatasetRecord, TrainingRecord

AS_OF = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
BUSINESS = SyntheticConfig(customers=600, days=420, seed=3)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    written = write_tables(folder, BUSINESS)
    tables = ("transactions", "customers", "events", "contacts")
    sections = [f'[tables.{name}]\nsource = "{getattr(written, name).name}"\n' for name in tables]
    path = folder / "uptier.toml"
    path.write_text('[project]\nname = "shop"\n[target]\nhorizon_days = 60\n' + "".join(sections))
    register_quickly(load_settings(path), folder)
    return path


def register_quickly(settings: Settings, folder: Path) -> None:
    """Register a model that was learnt from one moment and never judged."""
    source = read_history(settings, AS_OF)
    predictor = fit_predictor(create_fitting(settings, source), snapshots=1)
    scorer = fit_scorer(predictor, source.history, settings.target, settings.dimensions.weights)
    save_bundle(folder / "bundle", scorer.to_bundle(settings.model_dump(mode="json"), AS_OF))
    record = TrainingRecord(
        config={"project": {"name": "shop"}},
        figures={},
        headline={},
        about={},
        dataset=DatasetRecord(source="shop", digest="d" * 64, rows=1, last=AS_OF),
        features=predictor.catalogue.names,
        as_of=AS_OF,
        examples=({"customer_id": "c1"},),
        outputs=({"customer_id": "c1", "expected_value": 1.0, "reasons": {}},),
    )
    Tracking(open_registry(settings)).record(record, folder / "bundle", None)


@pytest.fixture(scope="module")
def settings(config: Path) -> Settings:
    return load_settings(config)


def run(config: Path, *arguments: object) -> Any:
    done = CliRunner().invoke(uptier.app, ["--config", str(config), *map(str, arguments)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_published_scores_are_those_that_are_written(config: Path, settings: Settings) -> None:
    told = run(
        config, "score", "--as-of", "2024-03-01", "--publish", "--output", config.with_name("s.parquet")
    )
    scores = pl.read_parquet(config.with_name("s.parquet"))

    store = ScoreStore.open(settings)
    rows = [
        row for batch in store.stream(CustomerQuery(sort="customer_id", descending=False)) for row in batch
    ]
    published = store.current()

    assert published is not None
    assert told.splitlines()[1].startswith(f"published as number {published.number}: ")
    assert pl.DataFrame(rows, schema=scores.schema | {}).equals(scores)
    assert (published.as_of, published.customers) == (AS_OF, len(scores))
    assert {"region", "days_since_last_contact", "consent"} < set(published.columns)
    assert published.overview["scored"] == len(scores)
    assert (store.detail(scores["customer_id"][0]) or {})["happenings"] >= 0
    store.dispose()


def test_the_store_and_the_command_choose_the_same_candidates(config: Path, settings: Settings) -> None:
    publish_scores(settings, AS_OF)
    store = ScoreStore.open(settings)
    for wanted in (
        Wanted(),
        Wanted(budget=60, cost_per_contact=2, not_contacted_days=20),
        Wanted(segment="volume", min_probability=0.05, region="north"),
    ):
        ours, theirs = choose_from_base(settings, wanted, AS_OF), store.candidates(wanted)
        assert theirs.customers.select(ours.customers.columns).equals(ours.customers)
        assert theirs.summary == ours.summary
    store.dispose()


def test_candidates_as_a_crm_wants_them(config: Path) -> None:
    target = config.with_name("list.csv")
    told = json.loads(
        run(
            config, "candidates", "--as-of", "2024-03-01", "--budget", 30, "--cost", 2,
            "--min-probability", 0.01, "--not-contacted-days", 5, "--output", target, "--json",
        )
    )  # fmt: skip
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert told["contacts"] == len(rows) == 15
    assert told["cost"] == 30
    assert list(rows[0])[:4] == ["customer_id", "upgrade_probability", "upgrade_gap", "upgrade_value"]
    assert all(row["action"] and row["channel"] and row["upgrade_reasons"] for row in rows)
    assert all(float(row["upgrade_probability"]) >= 0.01 for row in rows)
    assert all(
        not row["days_since_last_contact"] or float(row["days_since_last_contact"]) >= 5 for row in rows
    )


def test_filters_of_candidates(config: Path) -> None:
    for option, column, value in (("--segment", "segment", "volume"), ("--region", "region", "nowhere")):
        run(
            config,
            "candidates",
            "--as-of",
            "2024-03-01",
            option,
            value,
            "--output",
            config.with_name("l.parquet"),
        )
        assert set(pl.read_parquet(config.with_name("l.parquet"))[column]) <= {value}


def test_scores_as_csv_cannot_hurt_a_spreadsheet(config: Path) -> None:
    run(config, "score", "--as-of", "2024-03-01", "--output", config.with_name("s.csv"))
    with config.with_name("s.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= BUSINESS.customers * 0.5
    assert not any(cell[:1] in "=@+\t" for row in rows for cell in row.values() if cell)
    assert rows[0]["value_reasons"]


def test_scores_are_the_same_whatever_the_block(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = score_base(settings, AS_OF)
    monkeypatch.setattr("training.score.BLOCK", 37)
    assert score_base(settings, AS_OF).equals(whole)


def test_without_reasons_there_is_no_column_of_them_and_it_can_be_published(
    config: Path, settings: Settings
) -> None:
    run(config, "score", "--as-of", "2024-03-01", "--publish", "--reasons", 0)
    store = ScoreStore.open(settings)
    assert "reasons" not in store.list(CustomerQuery(limit=1)).customers[0]
    assert "reasons" not in store.candidates(Wanted(limit=1)).customers.columns
    store.dispose()


def test_scores_go_into_a_table(config: Path) -> None:
    told = json.loads(
        run(
            config,
            "score",
            "--as-of",
            "2024-03-01",
            "--output",
            f"sqlite:///{config.parent}/crm.db?table=s",
            "--json",
        )
    )
    assert told["output"].endswith("crm.db, table s")


def test_a_wrong_target_is_one_line_and_nothing_is_scored(config: Path) -> None:
    for target, says in (
        ("scores.xlsx", "ends in .parquet or .csv"),
        ("mysql://me:pw@h/d", "is no database"),
    ):
        done = CliRunner().invoke(uptier.app, ["--config", str(config), "score", "--output", target])
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        assert says in done.stderr
        assert "pw" not in done.stderr
