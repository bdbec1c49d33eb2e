"""The backtest by the command: rolling origin, every rung, report and JSON, against the judge's figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import uptier
from models.settings import Settings, load_settings
from tests.training.bench_data import load_judge
from training.backtest import Backtested, run_backtest
from training.synthetic import SyntheticConfig, write_tables

RUNGS = {"last period", "CRM rule", "RFM cells", "plain boosting", "purchase process", "uptier"}


def create_shop(folder: Path, customers: int, days: int) -> Settings:
    write_tables(folder, SyntheticConfig(customers=customers, days=days, seed=5))
    (folder / "uptier.toml").write_text(
        '[project]\nname = "shop"\n[target]\nhorizon_days = 60\n[training]\nsnapshots = 2\n'
        '[tables.transactions]\nsource = "transactions.parquet"\n'
        '[tables.customers]\nsource = "customers.parquet"\n'
    )
    return load_settings(folder / "uptier.toml")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return create_shop(tmp_path_factory.mktemp("shop"), 1_200, 420)


@pytest.fixture(scope="module")
def steps() -> list[str]:
    return []


@pytest.fixture(scope="module")
def done(settings: Settings, steps: list[str]) -> Backtested:
    return run_backtest(settings, folds=2, say=steps.append)


def test_windows_follow_each_other_and_do_not_overlap(done: Backtested, steps: list[str]) -> None:
    moments = [window.as_of for window in done.backtest.windows]

    assert (moments[1] - moments[0]).days == 60
    assert steps[0] == "reading the tables"
    assert steps[1:3] == [f"fitting as of {moment:%Y-%m-%d}" for moment in moments]


def test_every_rung_is_measured_in_every_window_and_group(done: Backtested) -> None:
    content = json.loads(done.page.with_suffix(".json").read_text())

    assert set(content["figures"]) == RUNGS
    assert all(set(window["figures"]) == RUNGS for window in content["windows"])
    assert all(set(each["figures"]) == RUNGS for each in content["slices"])
    groupings = {each["grouping"] for each in content["slices"]}
    assert groupings >= {"evidence", "tier", "segment", "tenure", "region", "season"}
    errors = [each["standard_error"] for each in content["figures"]["uptier"].values()]
    assert all(error is not None and error >= 0 for error in errors)
    assert content["importance"]
    assert "time since the last order" in {each["words"] for each in content["importance"]}
    assert sum(each["share"] for each in content["importance"]) == pytest.approx(1, abs=0.05)


def test_figures_are_the_judges(done: Backtested, settings: Settings) -> None:
    judge = load_judge()
    window, evaluation = done.backtest.windows[-1], done.results.windows[-1]
    lines = pl.read_parquet(settings.tables.transactions.source).rename({"timestamp": "ts"})
    said = window.rungs["uptier"]
    ids = lines["customer_id"].unique().sort()
    assert settings.tables.customers is not None
    known = pl.read_parquet(settings.tables.customers.source)["customer_id"]
    everyone = pl.concat([ids, known]).unique().sort()
    predictions = pl.DataFrame({"customer_id": everyone[window.labels.customers]}).with_columns(
        pl.Series(name, column) for name, column in vars(said).items()
    )

    report = judge.judge(lines, predictions, window.as_of.replace(tzinfo=None), 60)

    for section in ("value", "churn", "upgrade", "interval"):
        for name, figure in report[section].items():
            ours = evaluation.figure("uptier", f"{section}.{name}")
            assert ours == pytest.approx(figure, rel=2e-3, abs=2e-3), (section, name)
    assert evaluation.figure("uptier", "median_mae") == pytest.approx(report["median_mae"], rel=1e-6)


def test_the_command_prints_tables_or_json(tmp_path: Path) -> None:
    create_shop(tmp_path, 300, 310)
    config = tmp_path / "uptier.toml"

    told = CliRunner().invoke(uptier.app, ["--config", str(config), "backtest", "--folds", "1"])

    assert told.exit_code == 0, told.output
    for words in ("Value", "Churn", "Upgrade", "Window by window", "overall:", "report:"):
        assert words in told.stdout
    answer: Any = CliRunner().invoke(
        uptier.app, ["--config", str(config), "backtest", "--folds", "9", "--json"]
    )
    content = json.loads(answer.stdout)
    assert 3 <= len(content["windows"]) < 9
    assert any(note.startswith("The history has room for") for note in content["notes"])
    assert answer.stderr == ""


def test_a_history_that_is_too_short_is_one_line(tmp_path: Path) -> None:
    write_tables(tmp_path, SyntheticConfig(customers=200, days=100, seed=5))
    config = tmp_path / "uptier.toml"
    config.write_text('[target]\nhorizon_days = 60\n[tables.transactions]\nsource = "transactions.parquet"\n')

    told = CliRunner().invoke(uptier.app, ["--config", str(config), "backtest"])

    assert told.exit_code == 2
    assert len(told.stderr.splitlines()) == 1
    assert "three horizons" in told.stderr


def test_nothing_known_only_afterwards_moves_a_window(done: Backtested) -> None:
    window = done.backtest.windows[0]
    assert np.isfinite(window.rungs["uptier"].expected_value).all()
    assert len(window.labels.customers) < len(done.backtest.windows[1].labels.customers)
