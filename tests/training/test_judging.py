"""What the gate sees of a training: leaks, shuffled customers, and the champion, on a synthetic business."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.registry import Registry
from models.settings import Settings, load_settings
from training.synthetic import SyntheticConfig, write_tables
from training.tracking import Tracking
from training.train import Trained, train

AS_OF = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
WINDOW = dt.datetime(2024, 1, 1)
"""Where the latest window begins: a horizon before."""

MONTH = dt.timedelta(days=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_tables(folder, SyntheticConfig(customers=900, days=480, seed=11))
    return folder


def create_project(folder: Path, name: str, transactions: str, customers: str = "") -> Settings:
    config = folder / f"{name}.toml"
    tables = {"transactions": transactions, "customers": customers}
    config.write_text(
        f'[project]\nname = "{name}"\nworkspace = "{name}"\n[target]\nhorizon_days = 60\n'
        "[training]\nsnapshots = 2\n"
        + "".join(f'[tables.{table}]\nsource = "{file}"\n' for table, file in tables.items() if file)
    )
    return load_settings(config)


@pytest.fixture(scope="module")
def plain(folder: Path) -> Settings:
    return create_project(folder, "plain", "transactions.parquet")


@pytest.fixture(scope="module")
def champion(plain: Settings) -> Trained:
    return train(plain, AS_OF)


def say_comparison(trained: Trained) -> str:
    return trained.judged.champion


def test_a_first_model_has_nothing_to_be_compared_with(champion: Trained) -> None:
    assert champion.promoted, champion.gate.reasons
    assert say_comparison(champion) == "There is no champion to compare with."
    assert "This is the first model." in champion.sentences()


def test_a_champion_that_knows_the_window_is_compared_by_its_rehearsal(
    plain: Settings, champion: Trained
) -> None:
    later = train(plain, AS_OF + MONTH, promote=False)

    assert later.backtest is not None
    assert "fitted by its recipe as of 2024-01-01" in say_comparison(later)
    assert later.backtest.ladder.champion in later.backtest.windows[0].rungs
    assert not later.promoted
    assert not later.held_back or later.gate.reasons
    said = " ".join(later.sentences())
    assert "Since version 1 (as of 2024-03-01)" in said
    assert f"Version {later.version.version} waits as challenger; version 1 goes on serving" in said


def test_the_same_recipe_on_the_same_data_is_level_with_the_champion(
    plain: Settings, champion: Trained
) -> None:
    again = train(plain, AS_OF, promote=False)

    assert again.backtest is not None
    assert again.results is not None
    assert again.backtest.ladder.champion is not None
    gap = again.results.overall.compare("uptier", again.backtest.ladder.champion, "value.norm_gini")
    assert gap is not None
    assert gap.gain == pytest.approx(0, abs=1e-9)
    assert not [reason for reason in again.gate.reasons if "champion" in reason]


def test_an_older_model_never_replaces_a_newer_one_unless_forced(plain: Settings, champion: Trained) -> None:
    older = train(plain, AS_OF - MONTH)

    assert older.held_back
    assert not older.promoted
    assert any("later than this model" in reason for reason in older.gate.reasons)
    registry = Registry.open(plain)
    assert registry.read().champion == champion.version
    forced = Tracking(registry).promote(older.version.version)
    assert forced.forced
    assert "later than this model" in forced.about["refused"]
    Tracking(registry).rollback()


def test_a_column_that_knows_the_future_is_named(folder: Path) -> None:
    lines = pl.read_parquet(folder / "transactions.parquet")
    future = pl.col("timestamp").is_between(WINDOW, AS_OF.replace(tzinfo=None), closed="left")
    known = lines.group_by("customer_id").agg(future_value=pl.col("amount").filter(future).sum())
    known.write_parquet(folder / "leaking.parquet")

    trained = train(create_project(folder, "leak", "transactions.parquet", "leaking.parquet"), AS_OF)

    assert trained.gate.unfit
    assert trained.held_back
    assert not trained.promoted
    assert any("future_value alone tells" in reason for reason in trained.gate.reasons)


def write_plans(path: Path) -> None:
    """Write plans of six monthly payments, of which few are left early."""
    rng = np.random.default_rng(9)
    begins, payments = rng.uniform(0, 400, 900), np.where(rng.random(900) < 0.93, 6, rng.integers(1, 6, 900))
    days = [(who, begin + 30 * i) for who, begin in enumerate(begins) for i in range(payments[who])]
    rows = [
        (f"c{who}", dt.datetime(2022, 11, 7) + dt.timedelta(days=day), 20.0 + who % 3) for who, day in days
    ]
    lines = pl.DataFrame(rows, schema=["customer_id", "timestamp", "amount"], orient="row")
    lines.filter(pl.col("timestamp") < AS_OF.replace(tzinfo=None)).write_parquet(path)


def test_plans_of_a_fixed_length_are_no_leak(folder: Path) -> None:
    write_plans(folder / "plans.parquet")

    trained = train(create_project(folder, "plans", "plans.parquet"), AS_OF)

    assert not trained.gate.unfit, trained.gate.reasons
    assert any("the future follows from the past" in warning for warning in trained.gate.warnings)


def test_shuffled_customers_are_refused_and_answers_are_given_all_the_same(folder: Path) -> None:
    lines = pl.read_parquet(folder / "transactions.parquet")
    ids = lines["customer_id"].unique().sort().to_numpy()
    others = dict(zip(ids.tolist(), np.random.default_rng(1).permutation(ids).tolist(), strict=True))
    who = pl.col("customer_id")
    shuffled = pl.when(pl.col("timestamp") >= WINDOW).then(who.replace_strict(others)).otherwise(who)
    lines.with_columns(shuffled.alias("customer_id")).write_parquet(folder / "shuffled.parquet")
    project = create_project(folder, "shuffled", "shuffled.parquet")

    trained = train(project, AS_OF)

    assert trained.gate.unfit
    assert trained.held_back
    assert any(reason.startswith("The past tells nothing of the future") for reason in trained.gate.reasons)
    assert Registry.open(project).read().champion is None
    assert Registry.open(project).read().find_serving() == trained.version
