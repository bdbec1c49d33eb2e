"""`POST /predict`: scores of customers that a request brings as raw rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from serving.access import Access, Predicts
from serving.followed_model import ServedModel
from serving.keys import Scope
from serving.openapi import V1, describe_problems
from serving.predicting import Answer, answer_together, read_request
from serving.problems import ProblemError
from serving.schemas.predict import PredictRequest, PredictResponse
from serving.schemas.problem import FieldError

SMALL_BODY = 64 * 1024
"""Bytes up to which a request is answered on the event loop: a thread costs more than it takes."""


async def answer_prediction(request: Request) -> Response:
    """Answer a request for predictions."""
    app = request.app
    access: Access = app.state.access
    access.check(request, Scope.PREDICT)
    _check_media_type(request)
    served: ServedModel | None = app.state.model.current
    if served is None:
        raise ProblemError(
            503, app.state.model.trouble or "there is no model yet", headers={"Retry-After": "5"}
        )
    content = await request.body()
    if len(content) <= SMALL_BODY:
        answer = await app.state.waiting_requests.answer(read_request(content, served))
    else:
        currency, loop = app.state.settings.project.currency, asyncio.get_running_loop()
        answer = await loop.run_in_executor(
            app.state.large_requests, _answer_large, content, served, currency
        )
    app.state.metrics.count_predictions(answer.evidence, served.name)
    state = request.scope["state"]
    state["customers"], state["model_version"] = answer.evidence.total(), served.name
    return Response(answer.content, media_type="application/json")


def _answer_large(content: bytes, served: ServedModel, currency: str) -> Answer:
    return answer_together([read_request(content, served)], currency)[0]


def _check_media_type(request: Request) -> None:
    found = request.headers.get("content-type", "")
    kind = found.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        detail = f"Content-Type is {found[:100]!r}, expected application/json"
        raise ProblemError(415, detail, [FieldError(field="Content-Type", detail=detail)])


class PredictRoute(APIRoute):
    """Declared like any route, for OpenAPI; but the body is read once, strictly, by pydantic alone."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers: access, body, scores."""
        return answer_prediction


async def predict(body: PredictRequest, key: Predicts) -> None:
    """Predict value, churn and upgrade of up to 1,000 customers from their raw rows.

    Nothing is stored: features are computed, and figures come out, exactly as `uptier score` does it. A
    customer of whom nothing is known but the id is answered too; `evidence` says on how much a score rests.
    Also answered at `/predict`, without a version.
    """


router = APIRouter(route_class=PredictRoute, tags=["predict"])
for _path in (f"{V1}/predict", "/predict"):
    router.add_api_route(
        _path,
        predict,
        methods=["POST"],
        response_model=PredictResponse,
        responses=describe_problems(400, 401, 403, 408, 413, 415, 422, 429, 503),
        include_in_schema=_path.startswith(V1),
    )
