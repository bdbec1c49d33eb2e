"""Predicting on request: from the bytes of a body to the bytes of an answer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from features.attributes import Vocabulary
from features.unread_attributes import find_unread
from models.request import score_requests
from serving.field_errors import describe_errors
from serving.followed_model import ServedModel
from serving.problems import ProblemError
from serving.schemas.predict import PredictRequest
from serving.schemas.problem import FieldError
from serving.schemas.rows import MOST_ROWS, TABLES, count_rows
from serving.strict_json import JsonError, read_json

Body = TypeVar("Body", bound=BaseModel)

MOST_WARNINGS = 20
"""Warnings in an answer: what is wrong with one customer is mostly wrong with all."""


@dataclass(frozen=True)
class Answer:
    """An answer and what is noted of it: scores by evidence."""

    content: bytes
    evidence: Counter[str]


@dataclass(frozen=True)
class Asked:
    """What a request asks: customers, checked, and how to score them.

    Attributes
    ----------
    customers : list of rows
    served : ServedModel
        The one that served when the request came; it answers the whole request.
    as_of : datetime, optional
        With a zone; now if not given.
    reasons : int
        For each target.
    rows : int
        Lines, events and contacts of all customers.
    warnings : list of FieldError
        What the model can make nothing of, or what is too late, and it answers without.
    """

    customers: list[dict[str, Any]]
    served: ServedModel
    as_of: dt.datetime | None
    reasons: int
    rows: int
    warnings: list[FieldError]

    def goes_with(self, other: Asked) -> bool:
        """Return whether both can be scored in one pass."""
        return self.served is other.served and self.as_of == other.as_of and self.reasons == other.reasons


def read_body(content: bytes, model: type[Body]) -> Body:
    """Return a body as its model.

    Raises
    ------
    ProblemError
        400 when it is no JSON, 422 when a field is not what the model says.
    """
    try:
        return model.model_validate(read_json(content))
    except JsonError as error:
        raise ProblemError(400, f"the body: {error}", [FieldError(field="body", detail=str(error))]) from None
    except ValidationError as error:
        raise _refuse(describe_errors(error.errors(include_url=False))) from None


def read_request(content: bytes, served: ServedModel) -> Asked:
    """Return what the body of a request asks of a model.

    Raises
    ------
    ProblemError
        As `read_body`, and 422 for too many rows and for a customer who comes twice.
    """
    body = read_body(content, PredictRequest)
    customers: list[dict[str, Any]] = body.customers  # type: ignore[assignment]
    rows = _count_rows(customers)
    as_of, dialect = body.as_of, served.scorer.predictor.dialect
    zone = ZoneInfo(dialect.timezone)
    if as_of is not None:
        as_of = _zoned(as_of, zone)
    found = chain(
        _find_unread(customers, dialect.vocabulary),
        _find_unborn(customers, as_of or dt.datetime.now(dt.UTC), zone),
        _find_costless(customers) if dialect.margin else (),
    )
    warnings = list(islice(found, MOST_WARNINGS))
    return Asked(customers, served, as_of, body.reasons, rows, warnings)


def answer_together(requests: Sequence[Asked], currency: str) -> list[Answer]:
    """Answer requests that go with each other (`Asked.goes_with`) in one pass.

    Parameters
    ----------
    requests : sequence of Asked
        At least one.
    currency : str
        ISO 4217 code.

    Raises
    ------
    DataError
        When customers of any of them can't be scored as they are.
    """
    first = requests[0]
    found = score_requests(
        first.served.scorer,
        [asked.customers for asked in requests],
        first.as_of or dt.datetime.now(dt.UTC),
        model_version=first.served.name,
        reasons=first.reasons,
        currency=currency,
    )
    return [_write(asked, scores, currency) for asked, scores in zip(requests, found, strict=True)]


def _write(asked: Asked, scores: list[dict[str, Any]], currency: str) -> Answer:
    answer = {
        "model_version": asked.served.name,
        "as_of": scores[0]["as_of"],
        "currency": currency,
        "predictions": scores,
        "warnings": asked.warnings,
    }
    return Answer(to_json(answer, inf_nan_mode="null"), Counter(row["evidence"] for row in scores))


def _count_rows(customers: Sequence[dict[str, Any]]) -> int:
    """Return how many rows the customers bring, once none comes twice and they are not too many."""
    rows = count_rows(customers)
    if rows > MOST_ROWS:
        raise _refuse(
            [FieldError(field="customers", detail=f"{rows:,} rows, expected at most {MOST_ROWS:,} a request")]
        )
    seen: set[str] = set()
    for i, customer in enumerate(customers):
        if customer["customer_id"] in seen:
            detail = "comes twice in the request; send all rows of a customer together"
            raise _refuse([FieldError(field=f"customers[{i}].customer_id", detail=detail)])
        seen.add(customer["customer_id"])
    return rows


def _find_unread(customers: Sequence[dict[str, Any]], vocabulary: Vocabulary) -> Iterator[FieldError]:
    """Yield the attributes that the model can make nothing of."""
    for i, customer in enumerate(customers):
        if attributes := customer.get("attributes"):
            for name, detail in find_unread(attributes, vocabulary):
                yield FieldError(field=f"customers[{i}].attributes.{name}", detail=detail)


def _find_unborn(
    customers: Sequence[dict[str, Any]], as_of: dt.datetime, zone: ZoneInfo
) -> Iterator[FieldError]:
    """Yield the customers of whom nothing is earlier than `as_of`, although rows were sent."""
    for i, customer in enumerate(customers):
        rows = [row for name in TABLES for row in customer.get(name) or ()]
        if rows and not any(_zoned(row["timestamp"], zone) < as_of for row in rows):
            detail = f"none of the rows is before as_of, {as_of.isoformat()}; they are ignored"
            yield FieldError(field=f"customers[{i}]", detail=detail)


def _find_costless(customers: Sequence[dict[str, Any]]) -> Iterator[FieldError]:
    """Yield the customers with lines whose margin can't be told."""
    for i, customer in enumerate(customers):
        lines = customer.get("transactions") or ()
        lacking = sum(line.get("cost") is None for line in lines)
        if lacking:
            detail = f"{lacking:,} of {len(lines):,} lines have no cost; their whole amount counts as margin"
            yield FieldError(field=f"customers[{i}].transactions", detail=detail)


def _zoned(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _refuse(errors: list[FieldError]) -> ProblemError:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return ProblemError(422, f"{errors[0].field}: {errors[0].detail}{more}", errors)
