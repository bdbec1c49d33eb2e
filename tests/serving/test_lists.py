"""Lists of published scores: as the store gives them, with what they are from."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.candidates import Wanted
from models.score_store.store import ScoreStore
from serving.app import create_app
from tests.serving.projects import AS_OF, Project, publish

EVERY = {"model_version", "as_of", "published_at", "currency"}


def read(client: TestClient, path: str, **parameters: Any) -> Any:
    answer = client.get(f"/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("path", ["customers", "upgrade-candidates", "best-customers", "summary"])
def test_every_answer_says_what_it_is_from(client: TestClient, path: str) -> None:
    found = read(client, path)
    assert found.keys() >= EVERY
    assert found["model_version"] == "1"
    assert found["as_of"].startswith(AS_OF.date().isoformat())


def test_a_customer_is_what_was_published(client: TestClient, published: Project) -> None:
    store = ScoreStore.open(published.settings)
    expected = store.best(limit=1)[0]
    store.dispose()
    found = read(client, f"customers/{expected['customer_id']}")["scores"]
    assert len(found) == 1
    assert found[0]["expected_value"] == expected["expected_value"]
    assert found[0]["reasons"] == expected["reasons"]


def test_pages_together_are_the_whole_list(client: TestClient) -> None:
    whole = [row["customer_id"] for row in read(client, "customers", limit=1000)["customers"]]
    found: list[str] = []
    page = read(client, "customers", limit=70)
    found += [row["customer_id"] for row in page["customers"]]
    while page["next_cursor"]:
        page = read(client, "customers", limit=70, cursor=page["next_cursor"])
        found += [row["customer_id"] for row in page["customers"]]
    assert found == whole
    assert page["total"] == len(whole)


def test_filters_and_order_hold(client: TestClient) -> None:
    wanted = {"tier": "C", "region": "north", "sort": "churn_probability", "descending": "false"}
    rows = read(client, "customers", **wanted, max_churn_probability=0.9)["customers"]
    assert rows
    assert {row["tier"] for row in rows} == {"C"}
    assert {row["region"] for row in rows} == {"north"}
    churn = [row["churn_probability"] for row in rows]
    assert churn == sorted(churn)
    assert churn[-1] <= 0.9


def test_all_customers_come_as_csv(client: TestClient) -> None:
    answer = client.get("/v1/customers", params={"format": "csv", "tier": "A", "limit": 1})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["x-model-version"] == "1"
    assert len(rows) == read(client, "customers", tier="A")["total"] > 1
    assert rows[0]["value_reasons"]


def test_candidates_are_those_of_the_store(client: TestClient, published: Project) -> None:
    store = ScoreStore.open(published.settings)
    expected = store.candidates(Wanted(budget=50, cost_per_contact=2, min_probability=0.01))
    store.dispose()
    asked = {"budget": 50, "cost_per_contact": 2, "min_probability": 0.01}
    found = read(client, "upgrade-candidates", **asked)
    assert [row["customer_id"] for row in found["candidates"]] == expected.customers["customer_id"].to_list()
    assert found["summary"]["contacts"] == 25
    assert found["summary"]["cost"] == 50
    text = client.get("/v1/upgrade-candidates", params={**asked, "format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["customer_id"] for row in rows] == expected.customers["customer_id"].to_list()
    assert float(rows[0]["priority"]) == round(found["candidates"][0]["priority"], 2)


def test_an_empty_list_is_a_list(client: TestClient) -> None:
    nothing = read(client, "upgrade-candidates", min_probability=1)
    assert nothing["candidates"] == []
    assert nothing["summary"]["contacts"] == 0
    assert read(client, "customers", seller_id="nobody")["customers"] == []


def test_before_the_first_publication_lists_say_what_to_run(project: Project) -> None:
    with TestClient(create_app(project.settings)) as client:
        for path in ("customers", "customers/a", "upgrade-candidates", "best-customers", "summary"):
            answer = client.get(f"/v1/{path}")
            assert answer.status_code == 503, path
            assert "uptier score --publish" in answer.json()["detail"]
            assert answer.headers["retry-after"]
        assert client.get("/readyz").json()["published_at"] is None


def test_a_new_publication_is_read_at_once(project: Project) -> None:
    with TestClient(create_app(project.settings)) as client:
        for version in (1, 2):
            publish(project, version)
            assert read(client, "summary")["model_version"] == str(version)


def test_a_store_that_is_away_is_said_and_predictions_go_on(project: Project) -> None:
    publish(project)
    with TestClient(create_app(project.settings)) as client:
        read(client, "summary")
        (project.settings.project.workspace / "scores.sqlite").write_bytes(b"no database" * 1_000)
        client.app.state.store.dispose()  # type: ignore[attr-defined]
        answer = client.get("/v1/summary")
        assert answer.status_code == 503
        assert "scores.sqlite" in answer.json()["detail"]
        assert client.get("/readyz").json()["store_trouble"]
        assert client.post("/predict", json={"customers": [{"customer_id": "a"}]}).status_code == 200


def test_the_model_says_how_far_it_may_be_trusted(client: TestClient) -> None:
    found = read(client, "models/current")
    assert found["model_version"] == "1"
    assert found["grade"] == "B"
    assert found["figures"] == {"value.norm_gini": 0.8}
    assert found["ladder"] == {"bg_nbd": {"value.norm_gini": 0.7}}
