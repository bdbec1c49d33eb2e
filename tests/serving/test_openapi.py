"""The OpenAPI document: complete, honest, and what the service really does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from models.score_store.query import SORTS
from serving.api_docs import build_api_docs
from serving.app import create_app, describe_routes
from serving.schemas.score import PublishedScore
from tests.serving.projects import AS_OF, Project, build_customer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def api(published: Project) -> Any:
    """The schema of a service of its own, for each call starts and stops it."""
    app = create_app(published.settings)
    return schemathesis.openapi.from_asgi("/openapi.json", app)


ROUTES = [(path, method.upper()) for path, each in describe_routes()["paths"].items() for method in each]


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_whatever_is_asked_the_answer_is_a_documented_one(api: Any, path: str, method: str) -> None:
    operation = api[path][method]

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    def ask_well(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    def ask_badly(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    ask_well()
    if operation.body or operation.query or operation.path_parameters:
        ask_badly()


def operations() -> list[tuple[str, dict[str, Any]]]:
    paths = describe_routes()["paths"]
    return [(path, each) for path, methods in paths.items() for each in methods.values()]


def test_every_operation_makes_a_usable_client() -> None:
    names = [each["operationId"] for _, each in operations()]
    assert len(set(names)) == len(names)
    for path, each in operations():
        assert each["operationId"].isidentifier()
        assert len(each["tags"]) == 1
        assert each["description"].endswith(".")
        assert path.startswith("/v1/") or path in {"/healthz", "/readyz", "/metrics"}
        success = each["responses"]["200"]["content"]
        assert all(content["schema"] for content in success.values()), path
        for status, answer in each["responses"].items():
            if status not in {"200", "503"}:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_every_field_and_parameter_has_a_type() -> None:
    for name, model in describe_routes()["components"]["schemas"].items():
        for field, described in model.get("properties", {}).items():
            assert described.keys() & {"type", "anyOf", "$ref", "enum", "const"}, (name, field)


def test_an_answer_is_what_its_model_says(client: TestClient) -> None:
    body = {"as_of": AS_OF.isoformat(), "explain": True, "customers": [build_customer("a", 9)]}
    predicted = client.post("/predict", json=body).json()["predictions"][0]
    listed = client.get("/v1/customers", params={"limit": 1}).json()["customers"][0]
    for row in (predicted, listed):
        assert row.keys() <= PublishedScore.model_fields.keys()
        PublishedScore.model_validate(row)


def test_lists_sort_by_what_the_store_sorts_by() -> None:
    parameters = describe_routes()["paths"]["/v1/customers"]["get"]["parameters"]
    sort = next(each["schema"] for each in parameters if each["name"] == "sort")
    assert tuple(sort["enum"]) == SORTS


def test_the_page_needs_no_other_server(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "POST /v1/predict" in page.text


def test_the_reference_is_up_to_date() -> None:
    written = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert written == build_api_docs(), "run: make docs"
