"""Limits: what is too large, too many, too slow or too often is refused with a reason."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from serving.app import create_app
from serving.keys import Scope as KeyScope
from serving.keys import open_keys
from serving.limits import Limits
from serving.rates import Rates
from tests.serving.projects import AS_OF, Project

BODY = {"customers": [{"customer_id": "a"}]}
JSON = {"content-type": "application/json"}


def with_limits(project: Project, text: str) -> Project:
    project.config.write_text(project.config.read_text() + text + "\n", encoding="utf-8")
    return project


def test_a_large_body_is_refused_with_and_without_its_length(project: Project) -> None:
    settings = with_limits(project, "max_body_mb = 0.01").settings
    with TestClient(create_app(settings)) as client:
        for content in (b" " * 20_000, iter([b" " * 6_000] * 4)):
            answer = client.post("/predict", content=content, headers=JSON)
            assert answer.status_code == 413, answer.text
            assert "larger than 10,000 bytes" in answer.json()["detail"]
        assert client.post("/predict", json=BODY).status_code == 200


def test_too_many_customers_or_rows_are_refused(client: TestClient) -> None:
    many = {"customers": [{"customer_id": str(i)} for i in range(1_001)]}
    assert "at most 1,000" in client.post("/predict", json=many).json()["detail"]
    rows = [{"timestamp": "2024-05-01", "amount": 1}] * 50_001
    customers = [{"customer_id": name, "transactions": rows} for name in "ab"]
    answer = client.post("/predict", json={"customers": customers})
    assert answer.status_code == 422
    assert "100,002 rows" in answer.json()["detail"]


def test_a_key_that_asks_too_often_is_told_when_to_come_again(project: Project) -> None:
    settings = with_limits(project, "max_rate = 2").settings
    secret, _ = open_keys(settings).create("crm", KeyScope.PREDICT, AS_OF)
    headers = {"X-API-Key": secret}
    with TestClient(create_app(settings)) as client:
        found = [client.post("/predict", json=BODY, headers=headers) for _ in range(12)]
    assert found[0].status_code == 200
    assert found[-1].status_code == 429
    assert found[-1].headers["retry-after"] == "1"


def test_a_bucket_fills_again() -> None:
    now = 0.0
    rates = Rates(5, lambda: now)
    for _ in range(10):
        rates.check("a")
    with pytest.raises(Exception, match="more than 5 requests"):
        rates.check("a")
    rates.check("b")
    now = 0.2
    rates.check("a")


async def stall(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await asyncio.sleep(60)


def ask(app: Limits, path: str, *, body: bool = True) -> tuple[int, dict[bytes, bytes]]:
    sent: list[Message] = []

    async def receive() -> Message:
        if not body:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "path": path, "headers": [], "method": "POST"}
    with ThreadPoolExecutor(1) as thread:  # a browser of other tests may have a loop running in this one
        thread.submit(asyncio.run, app(scope, receive, send)).result()
    return sent[0]["status"], dict(sent[0]["headers"])


def test_what_takes_too_long_is_ended() -> None:
    limits = Limits(stall, max_body=100, max_in_flight=5, timeout_s=0.05)
    status, headers = ask(limits, "/predict")
    assert (status, headers[b"retry-after"]) == (503, b"5")
    assert ask(limits, "/predict", body=False)[0] == 408


def test_too_many_at_once_are_told_to_wait() -> None:
    limits = Limits(stall, max_body=100, max_in_flight=0, timeout_s=0.05)
    status, headers = ask(limits, "/predict")
    assert (status, headers[b"retry-after"]) == (503, b"1")


def test_a_small_request_is_answered_while_a_large_one_is_worked_on(client: TestClient) -> None:
    rows = [{"timestamp": f"2024-05-{1 + i % 28:02d}", "amount": 1 + i % 7} for i in range(80)]
    large = {
        "explain": True,
        "customers": [{"customer_id": str(i), "transactions": rows} for i in range(400)],
    }
    answer = client.post("/predict", json=large)
    assert answer.status_code == 200
    assert len(answer.json()["predictions"]) == 400
