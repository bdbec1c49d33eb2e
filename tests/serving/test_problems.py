"""What is wrong with a request is said in a problem document, and never breaks the service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from tests.serving.malformed import build_bodies
from tests.serving.projects import Project, build_customer

JSON = {"content-type": "application/json"}


def check_problem(answer: Any, status: int, words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert words in problem["detail"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "no JSON"),
        (b"{", 400, "no JSON"),
        (b'{"customers": [], "customers": []}', 400, "the key 'customers' comes twice"),
        (b'{"customers": NaN}', 400, "NaN is no JSON"),
        (b"\xff", 400, "not UTF-8"),
        (b"[" * 100_000, 400, "nested too deeply"),
        (b'{"customers": ' + b"9" * 5_000 + b"}", 400, "too many digits"),
        (b"{}", 422, "customers: missing"),
        (b'{"customers": []}', 422, "at least 1 entry"),
        (
            b'{"customer_id": "a", "customers": [{"customer_id": "a"}]}',
            422,
            "customer_id: does not belong here",
        ),
        (
            b'{"customers": [{"customer_id": 7}]}',
            422,
            "customers[0].customer_id: expected text, found 7",
        ),
        (b'{"customers": [{"customer_id": "a\\u0000"}]}', 422, "customers[0].customer_id"),
        (
            b'{"customers": [{"customer_id": "a"}, {"customer_id": "a"}]}',
            422,
            "customers[1].customer_id: comes twice",
        ),
        (b'{"customers": [{"customer_id": "a", "transaction": []}]}', 422, "did you mean 'transactions'?"),
        (b'{"customers": [{"customer_id": "a"}], "as_of": "9999-12-31T00:00:00Z"}', 422, "as_of"),
        (
            b'{"customers": [{"customer_id": "a"}], "explain": 99}',
            422,
            "explain: expected true, false or a number from 0 to 20, found 99",
        ),
        (
            b'{"customers": [{"customer_id": "a", "attributes": {"age": [1]}}]}',
            422,
            "age: expected text, a number below 1e12, true, false or null, found a list of 1",
        ),
    ],
)
def test_a_wrong_body_is_named(client: TestClient, body: bytes, status: int, words: str) -> None:
    check_problem(client.post("/predict", content=body, headers=JSON), status, words)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"amount": 5}, "customers[0].transactions[0].timestamp: missing"),
        (
            {"timestamp": "2024-05-01", "amount": "5"},
            "customers[0].transactions[0].amount: expected a number",
        ),
        ({"timestamp": "yesterday", "amount": 5}, "customers[0].transactions[0].timestamp"),
        (
            {"timestamp": 1714557600, "amount": 5},
            "customers[0].transactions[0].timestamp: expected a moment as ISO 8601",
        ),
        ({"timestamp": "20240501", "amount": 5}, "customers[0].transactions[0].timestamp"),
        (
            {"timestamp": "1969-12-31T00:00:00Z", "amount": 5},
            'timestamp: expected at least 1970-01-02T00:00:00Z, found "1969-12-31T00:00:00Z"',
        ),
        ({"timestamp": "2024-05-01", "amount": 1e308}, "less than 1,000,000,000,000"),
        ({"timestamp": "2024-05-01", "amount": True}, "expected a number, found true"),
        ({"timestamp": "2024-05-01", "ammount": 5}, "customers[0].transactions[0].amount: missing"),
    ],
)
def test_a_wrong_row_is_named(client: TestClient, row: dict[str, Any], words: str) -> None:
    body = {"customers": [{"customer_id": "a", "transactions": [row]}]}
    answer = client.post("/predict", json=body)
    check_problem(answer, 422, words)
    assert answer.json()["errors"][0]["field"].startswith("customers[0].transactions[0]")


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nowhere", 404, "there is nothing at '/nowhere'"),
        ("GET", "/v1/predict", 405, "allowed: POST"),
        ("GET", "/v1/customers/nobody", 404, "no score of this customer"),
        ("GET", "/v1/customers?limit=0", 422, "limit: "),
        ("GET", "/v1/customers?limit=5&limit=6", 422, "limit comes twice"),
        ("GET", "/v1/customers?tiers=A", 422, "tiers: unknown; did you mean 'tier'?"),
        ("GET", "/v1/customers?cursor=x", 422, "cursor"),
        ("GET", "/v1/upgrade-candidates?budget=5", 422, "budget needs cost_per_contact"),
        ("GET", "/v1/upgrade-candidates?min_probability=nan", 422, "min_probability"),
        ("GET", "/v1/upgrade-candidates?segment=rich", 422, "segment"),
        ("GET", "/v1/upgrade-candidates?segment=valued", 422, "who is valued already is no candidate"),
    ],
)
def test_a_wrong_address_is_named(
    client: TestClient, method: str, path: str, status: int, words: str
) -> None:
    check_problem(client.request(method, path), status, words)


def test_only_json_is_read(client: TestClient) -> None:
    answer = client.post("/predict", content=b"{}", headers={"content-type": "text/csv"})
    check_problem(answer, 415, "expected application/json")


def test_a_failure_of_its_own_is_said_so(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(project.settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        app.state.model.current = "broken"
        answer = client.post("/predict", json={"customers": [{"customer_id": "a"}]})
        app.state.model.current = None
        without = client.post("/predict", json={"customers": [{"customer_id": "a"}]})
    check_problem(answer, 500, "its own fault")
    assert answer.headers["x-request-id"]
    check_problem(without, 503, "no model")


def test_malformed_bodies_never_break_it(client: TestClient) -> None:
    """A slice; `tests.benchmarks.soak` sends ten thousand."""
    found = set()
    for body in build_bodies(400):
        answer = client.post("/predict", content=body, headers=JSON)
        found.add(answer.status_code)
        assert answer.status_code in {200, 400, 422}, (answer.status_code, body[:300])
        if answer.status_code != 200:
            assert answer.json()["detail"]
    assert found == {200, 400, 422}


def test_figures_are_json_whatever_was_bought(client: TestClient) -> None:
    customer = build_customer("a", 5)
    customer["transactions"] += [{"timestamp": "1971-01-01T00:00:00Z", "amount": 9.9e11, "quantity": -9e11}]
    answer = client.post("/predict", json={"customers": [customer]})
    assert answer.status_code == 200, answer.text
    json.loads(answer.text, parse_constant=pytest.fail)
