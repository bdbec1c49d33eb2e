from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from models.examples import Examples
from models.predictor import Predictor
from models.settings import load_settings
from training import shuffled
from training.fit import fit_predictor
from training.fitting import Fitting
from training.rolling import create_fitting
from training.source_history import read_history
from training.synthetic import SyntheticConfig, write_tables


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitting, Predictor]:
    folder = tmp_path_factory.mktemp("shop")
    write_tables(folder, SyntheticConfig(customers=1_500, days=480, seed=11))
    config = folder / "uptier.toml"
    config.write_text('[target]\nhorizon_days = 60\n[tables.transactions]\nsource = "transactions.parquet"\n')
    settings = load_settings(config)
    fitting = create_fitting(settings, read_history(settings, dt.datetime(2024, 3, 1, tzinfo=dt.UTC)))
    return fitting, fit_predictor(fitting, snapshots=2)


def test_a_model_of_shuffled_labels_ranks_nothing(fitted: tuple[Fitting, Predictor]) -> None:
    assert shuffled.check_shuffled_fit(*fitted) == []


def test_customers_on_both_sides_of_a_split_are_noticed(
    fitted: tuple[Fitting, Predictor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if rows were split and not customers: one moment's row then tells of the same customer's others."""
    whole = shuffled.shuffle_examples

    def forget_people(examples: Sequence[Examples], seed: int) -> list[Examples]:
        parts = whole(examples, seed)
        numbers = np.split(np.arange(sum(map(len, parts))), np.cumsum([len(each) for each in parts])[:-1])
        return [replace(each, people=rows) for each, rows in zip(parts, numbers, strict=True)]

    monkeypatch.setattr(shuffled, "shuffle_examples", forget_people)

    leaks = shuffled.check_shuffled_fit(*fitted)

    assert {leak.name for leak in leaks} == {"shuffled labels"}
    assert all(leak.sure for leak in leaks)
