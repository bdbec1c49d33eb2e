"""Requests that are answered together: each gets what it would get alone."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from features.errors import DataError
from models.request import score_request
from serving.app import create_app
from serving.followed_model import FollowedModel, ServedModel
from serving.predicting import Answer, Asked, answer_together, read_request
from serving.waiting_requests import MOST_TOGETHER, WaitingRequests
from tests.serving.projects import AS_OF, Project, build_customer

Result = TypeVar("Result")


@pytest.fixture(scope="module")
def served(published: Project) -> ServedModel:
    """The model that serves the project."""
    model: FollowedModel = create_app(published.settings).state.model
    model.refresh()
    assert model.current is not None
    return model.current


def read(served: ServedModel, *customers: dict[str, Any], **more: Any) -> Asked:
    body = {"as_of": AS_OF.isoformat(), "customers": customers, **more}
    return read_request(json.dumps(body).encode(), served)


def run(task: Coroutine[Any, Any, Result]) -> Result:
    """Run a task on a loop of its own: that of this thread may belong to a browser."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, task).result()


def answer_all(requests: list[Asked]) -> list[Answer | BaseException]:
    async def answer() -> list[Answer | BaseException]:
        waiting = WaitingRequests("EUR")
        return await asyncio.gather(*(waiting.answer(asked) for asked in requests), return_exceptions=True)

    return run(answer())


def test_together_as_alone(served: ServedModel) -> None:
    requests = [
        read(served, *(build_customer(f"{i}-{j}", 3 * i + j) for j in range(1 + i % 3)), explain=i % 2 * 3)
        for i in range(12)
    ]
    requests += [read(served, build_customer("early", 9), as_of="2024-01-01T00:00:00Z")]
    assert answer_all(requests) == [answer_together([asked], "EUR")[0] for asked in requests]


def test_the_same_customer_in_two_requests(served: ServedModel) -> None:
    requests = [read(served, build_customer("twin", lines)) for lines in (2, 8)]
    few, many = (json.loads(answer.content) for answer in answer_all(requests) if isinstance(answer, Answer))
    assert few["predictions"][0]["evidence"] != many["predictions"][0]["evidence"]


def test_who_is_to_blame_fails_alone(served: ServedModel) -> None:
    beyond = build_customer("beyond", 1)
    beyond["transactions"] = [{**beyond["transactions"][0], "amount": 9e11}] * 2_000
    good = read(served, build_customer("good", 4))
    found = answer_all([good, read(served, beyond), good])
    assert isinstance(found[1], DataError)
    assert found[0] == found[2] == answer_together([good], "EUR")[0]


def test_more_than_a_pass_takes_are_all_answered(served: ServedModel) -> None:
    found = answer_all([read(served, build_customer(str(i), 2)) for i in range(2 * MOST_TOGETHER + 3)])
    ids = [
        json.loads(each.content)["predictions"][0]["customer_id"]
        for each in found
        if isinstance(each, Answer)
    ]
    assert ids == [str(i) for i in range(2 * MOST_TOGETHER + 3)]


def test_who_gives_up_keeps_nobody_waiting(served: ServedModel) -> None:
    async def answer() -> Answer:
        waiting = WaitingRequests("EUR")
        asked = read(served, build_customer("patient", 2))
        impatient = asyncio.create_task(waiting.answer(asked))
        patient = asyncio.create_task(waiting.answer(asked))
        await asyncio.sleep(0)
        impatient.cancel()
        return await patient

    assert json.loads(run(answer()).content)["predictions"][0]["customer_id"] == "patient"


def test_a_request_without_a_moment_is_scored_as_of_now(served: ServedModel) -> None:
    body = json.dumps({"customers": [{"customer_id": "new"}]}).encode()
    found = answer_all([read_request(body, served)] * 2)
    moments = {json.loads(each.content)["as_of"] for each in found if isinstance(each, Answer)}
    assert len(moments) == 1
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(moments.pop())
    assert dt.timedelta() <= age < dt.timedelta(minutes=1)


def test_the_answer_is_that_of_the_library(served: ServedModel) -> None:
    customer = build_customer("a", 5)
    (found,) = answer_all([read(served, customer)])
    assert isinstance(found, Answer)
    wanted = score_request(served.scorer, [customer], AS_OF, model_version="1", currency="EUR")
    assert json.loads(found.content)["predictions"] == wanted
