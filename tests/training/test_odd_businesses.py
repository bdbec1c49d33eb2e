"""Whatever the tables hold, a training ends in a model that answers or in one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.errors import DataError, UptierError
from models.purchase_process import PurchaseProcess
from models.settings import Settings, load_settings
from tests.training.bases import write_config
from tests.training.test_fit import ODD, build_lines, clockwork
from training.customer_base import CustomerBase
from training.train import train

Rows = Sequence[tuple[str, float, float]]

ODD_HERE: dict[str, Rows] = {
    **ODD,
    "a base that was lost, and one latecomer": [*ODD["all churned"], ("late", 399.0, 3.0)],
    "all value returned but one customer's": [
        *clockwork(700, 40, 10),
        *((who, day + 1, -amount) for who, day, amount in clockwork(700, 40, 10) if who != "c8"),
    ],
    "two customers": clockwork(2, 20, 10),
    "nobody below the threshold": [*clockwork(700, 30, 10), ("solo", 10.0, 5.0)],
}


def create_project(folder: Path, rows: Rows) -> Settings:
    lines = folder / "lines.parquet"
    build_lines(rows).transactions.collect().write_parquet(lines)
    more = "[target]\nhorizon_days = 60\n[training]\nsnapshots = 3"
    return load_settings(write_config(folder, {"transactions": lines}, more=more))


def train_and_score(settings: Settings) -> pl.DataFrame | str:
    """Return the scores, or the line in which the training was refused."""
    try:
        assert train(settings).sentences()
    except UptierError as error:
        return str(error)
    return CustomerBase.open(settings).score(reasons=1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("rows", ODD_HERE.values(), ids=ODD_HERE.keys())
def test_an_odd_business_gets_scores_or_one_clear_line(tmp_path: Path, rows: Rows) -> None:
    scores = train_and_score(create_project(tmp_path, rows))
    if isinstance(scores, str):
        assert "\n" not in scores
        return
    assert scores.height == len({who for who, _, _ in rows})
    told = scores.select("expected_value", "value_p10", "value_p50", "value_p90", "churn_probability")
    assert np.isfinite(told.to_numpy()).all()


def test_amounts_too_small_to_count_are_refused_with_the_smallest_that_does(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"amounts count from 0\.0001 on"):
        train(create_project(tmp_path, clockwork(30, 25, 1e-9)))


def test_a_window_before_anybody_had_bought_is_none(tmp_path: Path) -> None:
    returns_first = [("a", 1.0, -5.0), *((who, day + 340, 10.0) for who, day, _ in clockwork(9, 9, 1, 50))]
    trained = train(create_project(tmp_path, returns_first))
    assert trained.backtest is None
    assert "customers who had bought before" in trained.gate.reasons[0]


def test_a_short_history_counts_the_moments_that_it_was_learned_from(tmp_path: Path) -> None:
    trained = train(create_project(tmp_path, clockwork(30, 9, 10.0, 100)))
    assert trained.moments == 3
    assert "84 features at 3 moments of the past" in trained.sentences()[0]
    assert trained.backtest is None


@pytest.mark.parametrize(
    ("without", "says"),
    [
        (("_search",), "the process takes all for staying"),
        (("_search", "_search_without_dropout"), "the process has one rate for all"),
    ],
)
def test_a_purchase_process_that_had_to_step_back_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: Sequence[str], says: str
) -> None:
    for search in without:
        monkeypatch.setattr(PurchaseProcess, search, lambda self, rows: ({}, False))
    trained = train(create_project(tmp_path, clockwork(30, 9, 10.0, 100)), promote=False)
    assert says in trained.sentences()[1]
