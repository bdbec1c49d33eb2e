"""The page for CRM integrators: what it shows works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.serving.projects import Project
from tests.serving.running import run_service

PAGE = (Path(__file__).parents[2] / "docs" / "integrators.md").read_text(encoding="utf-8")


def test_the_body_of_the_first_call_is_answered(client: TestClient) -> None:
    body = re.search(r"-d '(\{.*?\})'", PAGE, re.DOTALL)
    assert body
    answer = client.post("/v1/predict", json=json.loads(body[1]))
    assert answer.status_code == 200
    assert answer.json()["predictions"][0]["evidence"] == "few_orders"


def test_the_addresses_of_the_page_are_answered(client: TestClient) -> None:
    found = re.findall(r"http://localhost:8000(/v1/[^\" ]*)", PAGE)
    assert len(found) >= 3
    for address in found:
        if "predict" not in address:
            assert client.get(address).status_code == 200, address


def test_the_python_of_the_page_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    monkeypatch.setenv("UPTIER_KEY", "none is configured")
    with run_service(project.config) as service:
        exec(code[1].replace("localhost:8000", f"localhost:{service.port}"), {})
    assert capsys.readouterr().out.split()[1] in {"A", "B", "C"}


def test_every_status_of_the_service_is_explained() -> None:
    from serving.openapi import DOCUMENTED

    for status in DOCUMENTED:
        assert re.search(rf"\| [\d, ]*{status}", PAGE), status
