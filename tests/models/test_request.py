"""Raw rows of a request: what is read of them, and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from features.clock import to_microseconds
from features.errors import DataError
from features.tables import Tables
from models.request import score_request
from models.scorer import Scorer, fit_scorer
from models.target import TargetConfig
from tests.training.test_fit import build_fitting, zoned
from training.fit import fit_predictor
from training.synthetic import SyntheticConfig, build_tables

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    made = build_tables(SyntheticConfig(customers=300, days=500))
    fitting = build_fitting(Tables(zoned(made.transactions)), to_microseconds(NOW), 30)
    return fit_scorer(fit_predictor(fitting), fitting.history, TargetConfig(horizon_days=30), {})


def ask(scorer: Scorer, **tables: Any) -> dict[str, Any]:
    return score_request(scorer, [{"customer_id": "c1", **tables}], NOW)[0]


@pytest.mark.parametrize(
    ("tables", "evidence"),
    [
        ({}, "none"),
        ({"attributes": {"never seen": "x"}}, "none"),
        ({"transactions": [{"timestamp": "2024-05-01T10:00:00Z", "amount": 5}]}, "one_order"),
        ({"transactions": [{"timestamp": "2024-07-01T10:00:00Z", "amount": 5}]}, "none"),
        (
            {"transactions": [{"timestamp": f"2024-0{month}-01", "amount": 5.5} for month in range(1, 6)]},
            "ample",
        ),
        ({"transactions": [{"timestamp": "2024-05-01", "amount": -5}]}, "none"),
    ],
)
def test_everyone_gets_an_answer(scorer: Scorer, tables: dict[str, Any], evidence: str) -> None:
    answer = ask(scorer, **tables)
    assert answer["evidence"] == evidence
    assert answer["value_p10"] <= answer["value_p50"] <= answer["value_p90"]
    assert 0 <= answer["churn_probability"] <= 1
    assert answer["tier"] in {"A", "B", "C"}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"amount": 5}, "row 1 of customer 'c1': timestamp is missing"),
        ({"timestamp": "yesterday", "amount": 5}, "timestamp is 'yesterday', expected ISO 8601"),
        ({"timestamp": "2024-05-01", "amount": "five"}, "amount is 'five', expected a number"),
        ({"timestamp": "2024-05-01", "amount": float("nan")}, "amount is nan"),
        ({"timestamp": "2024-05-01", "amount": 1e12}, "below 1e12"),
        ({"timestamp": "2024-05-01", "amount": True}, "amount is True"),
    ],
)
def test_what_cannot_be_read_is_named(scorer: Scorer, row: dict[str, Any], found: str) -> None:
    with pytest.raises(DataError, match=found):
        ask(scorer, transactions=[row])


def test_answers_come_in_the_order_of_the_request(scorer: Scorer) -> None:
    names = ["z", "a", "m"]
    answers = score_request(scorer, [{"customer_id": name} for name in names], NOW, model_version="7")
    assert [answer["customer_id"] for answer in answers] == names
    assert {answer["model_version"] for answer in answers} == {"7"}
    assert answers[0]["next_order_date"] > "2024-06-01"
