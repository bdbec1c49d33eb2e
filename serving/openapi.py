"""OpenAPI: what routes may answer, in words that make usable clients."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from serving.problems import MEDIA_TYPE
from serving.schemas.problem import Problem

V1 = "/v1"
"""What the addresses begin with, but for those of `health`."""

DOCUMENTED = {
    400: "The body is no JSON, or a key came in the address.",
    401: "No key, or one that is unknown or revoked.",
    403: "The key is of another scope.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "A field or parameter is not what it should be; says which.",
    429: "The key asks too often; see Retry-After.",
    503: "Nothing to answer with yet, the store is away, or too much at once; see Retry-After.",
}


def describe_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares of its problem documents."""
    return {status: {"model": Problem, "description": DOCUMENTED[status]} for status in statuses}


def name_operation(route: APIRoute) -> str:
    """Return a route's operation id: the name of its function, which clients call their method."""
    return route.name


def finish_openapi(app: FastAPI) -> None:
    """Give problem documents their media type in the app's OpenAPI, which is written once."""
    write = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = write()
            for path in document["paths"].values():
                for operation in path.values():
                    _mark_problems(operation["responses"])
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _mark_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if status.isdigit() and int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in content:
            response["content"] = {MEDIA_TYPE: content["application/json"]}
