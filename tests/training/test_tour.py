from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from models.errors import StoreError
from models.model_index import ModelVersion
from models.score_store.store import ScoreStore
from models.trust import Trust
from tests.models.score_store.bases import PUBLISHED, build_scores
from training.candidate_list import FIRST
from training.tour import tell_tour


def build_version(**about: str) -> ModelVersion:
    return ModelVersion(
        version=3,
        bundle="0" * 64,
        created=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        run_id="run",
        source="somewhere",
        figures={"value.norm_gini": 0.81, "churn.auc": None, "value.bias": -0.04},
        about=about,
    )


def test_the_tour_answers_the_questions_of_a_marketer(tmp_path: Path) -> None:
    store = ScoreStore(tmp_path / "scores.sqlite")
    store.publish(build_scores(800), project="shop", currency="EUR", published_at=PUBLISHED)

    told = tell_tour(store, build_version(grade="B"))

    assert [line.partition("?")[0] for line in told if line and not line.startswith(" ")] == [
        "How is the base doing",
        "What to look after first",
        "Whom to contact next",
        "May it be trusted",
    ]
    assert any("800 customers, as of 2026-01-01" in line for line in told)
    assert sum(line.startswith("    do:") for line in told) == FIRST
    assert "Its grade is B" in told[-2]
    assert told[-1].endswith("normalised Gini of value 0.810, total 4.0 % below what came.")


def test_a_tour_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="uptier score --publish"):
        tell_tour(ScoreStore(tmp_path / "scores.sqlite"), build_version())


def test_amounts_that_may_not_be_counted_on_say_so(tmp_path: Path) -> None:
    store = ScoreStore(tmp_path / "scores.sqlite")
    store.publish(build_scores(50), project="shop", currency="EUR", published_at=PUBLISHED)

    told = "\n".join(tell_tour(store, build_version(), Trust({"value": "C", "upgrade": "D"})))

    assert "within 90 days (value is graded C: a simple rule may do as well, or the numbers are off)." in told
    assert "without an upgrade (upgrade is graded D: not shown to be better than a simple rule)." in told
    assert "in vain" not in told
