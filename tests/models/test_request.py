"""Raw rows of a request: what is read of them, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import polars as pl
import pytest

from features.clock import to_microseconds
from features.dialect import learn_dialect
from features.errors import DataError
from features.table_history import build_history
from features.tables import Tables
from models.request import Row, score_request, warm_up
from models.scorer import Scorer, fit_scorer
from models.target import TargetConfig
from tests.features.bases import Base
from tests.training.test_fit import zoned
from training.fit import fit_predictor
from training.fitting import Fitting
from training.synthetic import SyntheticConfig, build_tables

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)


def fit(tables: Tables, *, by_seller: bool = False) -> tuple[Scorer, Fitting]:
    dialect = learn_dialect(tables, by_seller=by_seller, timezone="America/New_York")
    target = TargetConfig(horizon_days=30, by_seller=by_seller)
    fitting = Fitting(build_history(tables, dialect), dialect, target, to_microseconds(NOW))
    return fit_scorer(fit_predictor(fitting, snapshots=2), fitting.history, target, {}), fitting


@pytest.fixture(scope="module")
def tables() -> Tables:
    made = build_tables(SyntheticConfig(customers=300, days=500, sellers=2))
    return Tables(zoned(made.transactions), zoned(made.customers), zoned(made.events), zoned(made.contacts))


@pytest.fixture(scope="module")
def fitted(tables: Tables) -> tuple[Scorer, Fitting]:
    return fit(tables)


@pytest.fixture(scope="module")
def scorer(fitted: tuple[Scorer, Fitting]) -> Scorer:
    return fitted[0]


@pytest.fixture(scope="module")
def customers(tables: Tables) -> list[Row]:
    """Every customer as a request would send them."""
    assert tables.customers is not None
    assert tables.events is not None
    assert tables.contacts is not None
    found = (tables.customers.collect(), tables.events.collect(), tables.contacts.collect())
    base = Base(tables.transactions.collect(), *found)
    return [vars(rows) for rows in base.customer_rows(base.history.ids.to_list(), NOW)]


def in_plain(scores: pl.DataFrame) -> list[Row]:
    return scores.with_columns(pl.selectors.temporal().dt.to_string("iso:strict")).to_dicts()


@pytest.mark.parametrize("at_once", [1, 7, 300])
@pytest.mark.parametrize("reasons", [0, 2])
def test_a_request_is_told_to_the_last_bit_what_the_batch_is_told(
    fitted: tuple[Scorer, Fitting], customers: list[Row], at_once: int, reasons: int
) -> None:
    scorer, fitting = fitted
    told: dict[str, Any] = {"model_version": "3", "reasons": reasons, "currency": "USD"}
    batch = in_plain(scorer.score(fitting.history, to_microseconds(NOW), **told))
    some = customers[: max(40, at_once)]
    alone = [
        row
        for at in range(0, len(some), at_once)
        for row in score_request(scorer, some[at : at + at_once], NOW, **told)
    ]
    assert alone == batch[: len(some)]
    assert ("reasons" in alone[0]) == bool(reasons)
    json.dumps(alone, allow_nan=False)


def test_the_channel_is_the_one_that_was_answered(scorer: Scorer) -> None:
    lines = [{"timestamp": f"2024-05-{day:02}", "amount": 5} for day in (3, 12)]
    contacts = [{"timestamp": f"2024-05-{day:02}", "channel": "phone"} for day in (1, 11)]
    silent = ask(scorer, transactions=lines)
    assert silent["channel"] == "e-mail"
    assert ask(scorer, transactions=lines, contacts=contacts) == {
        **ask(scorer, transactions=lines, contacts=[{**each, "channel": None} for each in contacts]),
        "channel": "phone",
    }
    held_out = [{**each, "treated": False} for each in contacts]
    assert ask(scorer, transactions=lines, contacts=held_out)["channel"] == silent["channel"]


def test_reasons_start_where_the_scorer_says(fitted: tuple[Scorer, Fitting]) -> None:
    scorer, fitting = fitted
    for moment in (to_microseconds(NOW), to_microseconds(NOW + dt.timedelta(days=70))):
        found = scorer.explainer.explain(scorer.predictor.read(fitting.history, moment))
        starts = {"value": found.value.start, "churn": found.churn.start, "upgrade": found.upgrade.start}
        assert scorer.starts(moment) == starts


def test_a_customer_of_several_sellers_is_told_of_each(tables: Tables, customers: list[Row]) -> None:
    scorer, fitting = fit(tables, by_seller=True)
    batch = in_plain(scorer.score(fitting.history, to_microseconds(NOW), reasons=1))
    known = {(row["customer_id"], row["seller_id"]): row for row in batch}
    found = score_request(scorer, customers[:40], NOW, reasons=1)
    assert len({row["seller_id"] for row in found}) >= 2
    bought = [row for row in found if row["seller_id"] is not None]
    assert bought == [known[row["customer_id"], row["seller_id"]] for row in bought]
    assert {row["customer_id"] for row in found} == {row["customer_id"] for row in customers[:40]}


def test_a_moment_without_zone_is_one_of_the_business(scorer: Scorer) -> None:
    here = {"timestamp": "2024-05-31T18:00:00", "amount": 5}
    there = {"timestamp": "2024-05-31T22:00:00Z", "amount": 5}
    assert ask(scorer, transactions=[here]) == ask(scorer, transactions=[there])


def ask(scorer: Scorer, **tables: Any) -> dict[str, Any]:
    return score_request(scorer, [{"customer_id": "c1", **tables}], NOW)[0]


@pytest.mark.parametrize(
    ("known", "evidence"),
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
        ({"transactions": [{"timestamp": "2024-05-01", "amount": "5.00", "quantity": "2"}]}, "one_order"),
        ({"events": [{"timestamp": "2024-05-01", "kind": "never seen"}]}, "none"),
        ({"attributes": {"age": "old", "income": 10**400, "signup_date": "soon"}}, "none"),
        ({"attributes": {"age": float("inf"), "signup_date": []}, "transactions": None}, None),
    ],
)
def test_everyone_gets_an_answer(scorer: Scorer, known: dict[str, Any], evidence: str | None) -> None:
    if evidence is None:
        with pytest.raises(DataError, match=r"customer 'c1': signup_date is \[\], expected text"):
            ask(scorer, **known)
        return
    answer = ask(scorer, **known)
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


def test_a_customer_who_comes_twice_is_answered_twice(scorer: Scorer) -> None:
    line = {"timestamp": "2024-05-01T10:00:00Z", "amount": 5}
    twice: list[Row] = [{"customer_id": "a", "transactions": [line]}, {"customer_id": "a"}]
    assert [row["evidence"] for row in score_request(scorer, twice, NOW)] == ["one_order", "none"]


def test_no_customer_has_no_score(scorer: Scorer) -> None:
    assert score_request(scorer, [], NOW, reasons=5) == []


@pytest.mark.parametrize(
    ("customer", "said"),
    [
        ({}, "customer 1 of the request: customer_id is missing"),
        ({"customer_id": {"a": 1}}, "customer_id is {'a': 1}, expected text"),
        ({"customer_id": True}, "customer_id is True, expected text"),
        (
            {"customer_id": "c", "transactions": "x"},
            "customer 'c': transactions is 'x', expected a list of objects",
        ),
        ({"customer_id": "c", "events": {"kind": "visit"}}, "events is {'kind': 'visit'}, expected a list"),
        (
            {"customer_id": "c", "events": [{"timestamp": "2024-05-01"}]},
            "row 1 of customer 'c': kind is missing",
        ),
        ({"customer_id": "c", "attributes": [1]}, "customer 'c': attributes is [1], expected an object"),
        (
            {"customer_id": "c", "attributes": {"age": {"a": 1}}},
            "customer 'c': age is {'a': 1}, expected text",
        ),
        ("c", "customer 1 of the request is 'c', expected an object"),
    ],
)
def test_what_is_no_customer_is_named(scorer: Scorer, customer: Any, said: str) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        score_request(scorer, [customer], NOW)


def test_an_id_may_hold_anything(scorer: Scorer) -> None:
    for name in ("\x00\x1f\n", "x" * 10_000, "=1+1", "<b>", "ü\u202e", ""):
        assert score_request(scorer, [{"customer_id": name}], NOW)[0]["customer_id"] == name
    assert score_request(scorer, [{"customer_id": 17}], NOW)[0]["customer_id"] == "17"


def test_warming_up_leaves_nothing_behind(scorer: Scorer) -> None:
    before = ask(scorer)
    warm_up(scorer)
    assert ask(scorer) == before
