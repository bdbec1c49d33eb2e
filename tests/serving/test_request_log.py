"""The request log, the ids and the figures of requests."""

from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.logs import JsonLines
from tests.serving.projects import Project, build_customer

BODY = {"customers": [build_customer("anna@example.com", 3), {"customer_id": "b"}]}


@pytest.mark.parametrize(
    ("given", "kept"), [("crm-17.a:b_c", True), ("a b", False), ("x" * 65, False), ("", False)]
)
def test_a_request_keeps_its_id_or_gets_one(client: TestClient, given: str, kept: bool) -> None:
    found = client.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"]
    assert (found == given) == kept
    assert found


def test_lines_hold_no_personal_data(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    project.config.write_text(project.config.read_text() + 'log_salt = "salt"\n')
    with TestClient(create_app(project.settings)) as client, caplog.at_level(logging.INFO, "serving.access"):
        client.post("/predict", json=BODY)
        for who in ("anna@example.com", "anna@example.com", "b"):
            client.get(f"/v1/customers/{who}", params={"region": "home of anna"})
    written = "\n".join(JsonLines().format(each) for each in caplog.records)
    assert "anna" not in written
    assert "testclient" not in written
    lines = [each.fields for each in caplog.records if hasattr(each, "fields")]
    assert lines[0]["customers"] == 2
    hashes = [line["customer"] for line in lines[1:]]
    assert hashes[0] == hashes[1] != hashes[2]
    with TestClient(create_app(project.settings)) as client, caplog.at_level(logging.INFO, "serving.access"):
        client.get("/v1/customers/anna@example.com")
    assert caplog.records[-1].fields["customer"] == hashes[0]  # type: ignore[attr-defined]


def test_figures_count_requests_by_route_and_predictions_by_evidence(project: Project) -> None:
    with TestClient(create_app(project.settings)) as client:
        for _ in range(3):
            client.post("/predict", json=BODY)
        client.get("/v1/customers/a")
        client.get("/v1/customers/b")
        client.request("WHATEVER", "/nowhere/at/all")
        text = client.get("/metrics").text
    for line in (
        'uptier_predictions_total{evidence="few_orders",model_version="1"} 3.0',
        'uptier_predictions_total{evidence="none",model_version="1"} 3.0',
        'uptier_requests_total{method="POST",route="/predict",status="200"} 3.0',
        'uptier_requests_total{method="GET",route="/v1/customers/{customer_id}",status="503"} 2.0',
        'uptier_requests_total{method="-",route="(no route)",status="404"} 1.0',
        "uptier_model_version 1.0",
    ):
        assert line in text, text
    assert 'uptier_request_seconds_count{method="POST",route="/predict"} 3.0' in text
    assert "uptier_model_age_seconds" in text
