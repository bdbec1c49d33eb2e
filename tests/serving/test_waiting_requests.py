"""Requests that are answered together: each gets what it would get alone."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pytest

from features.errors import DataError
from models.request import score_request
from serving.app import create_app
from serving.followed_model import FollowedModel, ServedModel
from serving.predicting import Answer, Asked, answer_together, read_request
from serving.waiting_requests import MOST_ROWS, MOST_TOGETHER, WaitingRequests
from tests.serving.projects import AS_OF, Project, build_customer

Result = TypeVar("Result")
ANSWER = partial(answer_together, currency="EUR")


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


def answer_all(
    requests: list[Asked], answer: Callable[[Sequence[Asked]], list[Answer]] = ANSWER
) -> list[Answer | BaseException]:
    async def answer_them() -> list[Answer | BaseException]:
        waiting = WaitingRequests(answer)
        return await asyncio.gather(*(waiting.answer(asked) for asked in requests), return_exceptions=True)

    return run(answer_them())


def test_together_as_alone(served: ServedModel) -> None:
    requests = [
        read(served, *(build_customer(f"{i}-{j}", 3 * i + j) for j in range(1 + i % 3)), explain=i % 2 * 3)
        for i in range(12)
    ]
    requests += [read(served, build_customer("early", 9), as_of="2024-01-01T00:00:00Z")]
    assert answer_all(requests) == [answer_together([asked], "EUR")[0] for asked in requests]


def count_passes(requests: list[Asked]) -> list[int]:
    """Return how many requests each pass answered."""
    passes: list[int] = []

    def answer(together: Sequence[Asked]) -> list[Answer]:
        passes.append(len(together))
        return ANSWER(together)

    assert all(isinstance(each, Answer) for each in answer_all(requests, answer))
    return passes


def test_what_is_scored_alike_is_one_pass(served: ServedModel) -> None:
    asked = read(served, build_customer("a", 3))
    promoted = replace(served, as_of=served.as_of + dt.timedelta(days=1))
    assert count_passes([asked] * 9) == [9]
    assert count_passes([asked, read(promoted, build_customer("a", 3))] * 3) == [3, 3]
    assert count_passes([asked, read(served, build_customer("a", 3), explain=2)]) == [1, 1]
    assert count_passes([asked, read(served, build_customer("a", 3), as_of="2024-05-31T00:00:00Z")]) == [1, 1]


def test_a_pass_takes_so_many_customers_and_rows(served: ServedModel) -> None:
    few, long = build_customer("a", 1), build_customer("b", 1)
    long["transactions"] = long["transactions"] * (MOST_ROWS - 1)
    assert count_passes([read(served, few)] * (MOST_TOGETHER + 2)) == [MOST_TOGETHER, 2]
    assert count_passes([read(served, long), *[read(served, few)] * 2]) == [2, 1]
    assert count_passes([read(served, *({"customer_id": str(i)} for i in range(MOST_TOGETHER + 1)))]) == [1]


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
        waiting = WaitingRequests(ANSWER)
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
