"""Problem documents (RFC 9457): what went wrong with a request, where, and what to send instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from features.errors import ConfigError, DataError, UptierError
from serving.field_errors import MOST_ERRORS, describe_errors
from serving.schemas.problem import FieldError, Problem

MEDIA_TYPE = "application/problem+json"


class ProblemError(HTTPException):
    """Ends a request with a problem document.

    Parameters
    ----------
    status : int
    detail : str
        What was found, what was expected, what to do.
    errors : sequence of FieldError
        Each with the field that it is about.
    headers : mapping of str to str, optional
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.errors = errors

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.status_code


def answer_problem(
    status: int,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer with a problem document."""
    problem = Problem(status=status, title=HTTPStatus(status).phrase, detail=detail, errors=list(errors))
    return Response(problem.model_dump_json(), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: a route that is not there, a method that it hasn't."""
    if isinstance(error, ProblemError):
        return answer_problem(error.status_code, error.detail, error.errors, error.headers)
    if not isinstance(error, HTTPException):
        raise error
    details = {
        404: f"there is nothing at {request.url.path[:200]!r}; /docs lists what there is",
        405: f"{request.method[:20]} is not answered here; allowed: {(error.headers or {}).get('Allow', '')}",
    }
    detail = details.get(error.status_code, error.detail)
    return answer_problem(error.status_code, detail, headers=error.headers)


async def answer_wrong_parameters(_: Request, error: Exception) -> Response:
    """Answer parameters that are not what their route declares."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = [{**each, "loc": each["loc"][1:]} for each in error.errors()]
    return refuse_fields(describe_errors(found))


async def answer_user_error(_: Request, error: Exception) -> Response:
    """Answer what the layers below refuse: the request's data, or a store that is not there."""
    if isinstance(error, DataError):
        return refuse_fields(
            [FieldError(field=error.table, detail=each) for each in error.violations[:MOST_ERRORS]]
        )
    if isinstance(error, ConfigError):
        return answer_problem(422, str(error))
    if isinstance(error, UptierError):
        return answer_problem(503, str(error), headers={"Retry-After": "5"})
    raise error


def refuse_fields(errors: Sequence[FieldError]) -> Response:
    """Return the answer to a request with wrong fields."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return answer_problem(422, f"{first.field}: {first.detail}{more}", errors)
