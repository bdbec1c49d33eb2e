"""`/predict` through the whole application."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from starlette.testclient import TestClient

from features.clock import to_microseconds
from features.tables import Tables
from serving.app import create_app
from tests.models.test_request import fit
from tests.serving.projects import AS_OF, Project, build_customer
from tests.training.test_fit import zoned
from training.synthetic import SyntheticConfig, build_tables


def ask(client: TestClient, *customers: dict[str, Any], **more: Any) -> Any:
    return client.post("/v1/predict", json={"as_of": AS_OF.isoformat(), "customers": customers, **more})


@pytest.mark.parametrize(
    ("known", "evidence"),
    [
        ({}, "none"),
        ({"attributes": {"age": "35-44", "never seen": 1.5}}, "none"),
        ({"transactions": build_customer("x", 1)["transactions"]}, "one_order"),
        ({"transactions": build_customer("x", 3)["transactions"]}, "few_orders"),
        ({"transactions": build_customer("x", 9)["transactions"]}, "ample"),
        ({"transactions": [], "events": None, "contacts": []}, "none"),
        ({"events": [{"timestamp": "2024-05-01", "kind": "a kind that nobody knows"}]}, "none"),
        ({"transactions": [{"timestamp": "2024-05-01", "amount": -5}]}, "none"),
    ],
)
def test_every_customer_gets_an_answer(client: TestClient, known: dict[str, Any], evidence: str) -> None:
    answer = ask(client, {"customer_id": "new", **known})
    assert answer.status_code == 200, answer.text
    found = answer.json()["predictions"][0]
    assert found["evidence"] == evidence
    assert found["value_p10"] <= found["value_p50"] <= found["value_p90"]
    assert found["expected_value"] >= 0


@pytest.mark.parametrize(
    ("attributes", "warning"),
    [
        (
            {"region": "", "signup_date": "2024-05-03", "loyalty_card": None, "email_consent": ""},
            None,
        ),
        ({"regoin": "North"}, "no attribute that the model was trained with; it is ignored; did you mean"),
        (
            {"region": "never seen"},
            "is 'never seen', expected a text that the model was trained with; it counts",
        ),
        ({"signup_date": "03.05.2024"}, "is '03.05.2024', expected a date as ISO 8601"),
        ({"loyalty_card": "perhaps"}, "is 'perhaps', expected true or false"),
    ],
)
def test_what_the_model_can_make_nothing_of_is_said(
    client: TestClient, attributes: dict[str, Any], warning: str | None
) -> None:
    answer = ask(client, {"customer_id": "a"}, {"customer_id": "b", "attributes": attributes})
    assert answer.status_code == 200
    found = answer.json()["warnings"]
    assert len(found) == (warning is not None)
    if warning is not None:
        assert found[0]["field"] == f"customers[1].attributes.{next(iter(attributes))}"
        assert warning in found[0]["detail"]


def test_a_category_never_seen_is_as_one_not_known(client: TestClient) -> None:
    unseen, unknown = {"region": "never seen", "loyalty_card": True}, {"region": None, "loyalty_card": True}
    for orders in (0, 5):
        rows = [build_customer("a", orders) | {"attributes": each} for each in (unseen, unknown)]
        found = [ask(client, row, explain=True).json()["predictions"] for row in rows]
        assert found[0] == found[1]


def test_customers_whose_rows_are_all_too_late_are_named(client: TestClient) -> None:
    late = {"timestamp": AS_OF.isoformat(), "amount": 5}
    early = {"timestamp": "2024-05-01", "amount": 5}
    answer = ask(
        client,
        {
            "customer_id": "late",
            "transactions": [late],
            "events": [{"timestamp": "2199-01-01", "kind": "visit"}],
        },
        {"customer_id": "both", "transactions": [late, early]},
        {"customer_id": "none", "transactions": []},
    )
    assert answer.json()["warnings"] == [
        {
            "field": "customers[0]",
            "detail": "none of the rows is before as_of, 2024-06-01T00:00:00+00:00; they are ignored",
        }
    ]
    assert {row["evidence"] for row in answer.json()["predictions"]} == {"none", "one_order"}


def test_an_answer_names_model_moment_and_currency(client: TestClient) -> None:
    answer = ask(client, {"customer_id": "a"}).json()
    assert answer["model_version"] == "1"
    assert dt.datetime.fromisoformat(answer["as_of"]) == AS_OF
    assert answer["currency"] == "EUR"


def test_the_answer_is_that_of_the_base_to_the_last_bit(client: TestClient, published: Project) -> None:
    shop = published.shop
    base = shop.scorers[0].score(
        shop.history, to_microseconds(AS_OF), model_version="1", reasons=5, currency="EUR"
    )
    wanted = base.sort("expected_value", descending=True).head(40)
    customers = [shop.ask_for(who) for who in wanted["customer_id"]]
    found = ask(client, *customers, explain=True).json()["predictions"]
    for row, expected in zip(found, wanted.to_dicts(), strict=True):
        for name, value in expected.items():
            if isinstance(value, dt.date):
                assert row[name][:10] == value.isoformat()[:10]
            else:
                assert row[name] == value, name


def test_now_is_the_moment_where_none_is_given(client: TestClient) -> None:
    answer = client.post("/predict", json={"customers": [{"customer_id": "a"}]}).json()
    assert abs(dt.datetime.fromisoformat(answer["as_of"]) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize(("explain", "most"), [(False, None), (True, 5), (2, 2), (0, None)])
def test_reasons_are_given_when_they_are_asked_for(
    client: TestClient, explain: bool | int, most: int | None
) -> None:
    found = ask(client, build_customer("a", 9), explain=explain).json()["predictions"][0]
    if most is None:
        assert not found.get("reasons")
    else:
        assert 1 <= len(found["reasons"]["value"]) <= most
        assert found["reasons"]["value"][0].keys() == {
            "feature", "dimension", "contribution", "text", "changeable"
        }  # fmt: skip


def test_many_customers_are_answered_in_their_order(client: TestClient) -> None:
    names = [f"C{i * 7919 % 1000}" for i in range(1000)]
    answer = ask(client, *(build_customer(name, 2) for name in names))
    assert [row["customer_id"] for row in answer.json()["predictions"]] == names


def test_with_sellers_each_customer_is_predicted_for_each(project: Project) -> None:
    shop = build_tables(SyntheticConfig(customers=200, days=400, sellers=2))
    lines = shop.transactions.filter(pl.col("timestamp") < AS_OF.replace(tzinfo=None))
    scorer, _ = fit(Tables(zoned(lines)), by_seller=True)
    customer = {
        "customer_id": "a",
        "transactions": [
            {"timestamp": "2024-05-01", "amount": 10, "seller_id": "north"},
            {"timestamp": "2024-05-09", "amount": 20, "seller_id": "south"},
        ],
    }
    app = create_app(project.settings)
    app.state.model.current = replace(app.state.model.current, scorer=scorer)
    found = ask(TestClient(app), customer, {"customer_id": "b"}).json()["predictions"]
    assert [(row["customer_id"], row["seller_id"], row["evidence"]) for row in found] == [
        ("a", "north", "one_order"),
        ("a", "south", "one_order"),
        ("b", None, "none"),
    ]


def test_a_model_of_margins_says_which_lines_lack_a_cost(project: Project) -> None:
    first = project.shop.scorers[0].predictor
    margins = replace(first, dialect=replace(first.dialect, margin=True))
    app = create_app(project.settings)
    current = app.state.model.current
    app.state.model.current = replace(current, scorer=replace(current.scorer, predictor=margins))
    line = {"timestamp": "2024-05-01", "amount": 10}
    told = {"customer_id": "told", "transactions": [{**line, "cost": 4}]}
    untold = {"customer_id": "untold", "transactions": [line, {**line, "cost": None}, {**line, "cost": 4}]}
    assert ask(TestClient(app), told, untold, {"customer_id": "none"}).json()["warnings"] == [
        {
            "field": "customers[1].transactions",
            "detail": "2 of 3 lines have no cost; their whole amount counts as margin",
        }
    ]
