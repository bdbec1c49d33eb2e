"""Predicting on request: from the bytes of a body to the bytes of an answer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from models.request import score_request
from serving.followed_model import ServedModel
from serving.problems import ProblemError, describe_errors
from serving.schemas.predict import PredictRequest
from serving.schemas.problem import FieldError
from serving.schemas.rows import MOST_ROWS, count_rows
from serving.strict_json import JsonError, read_json

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Answer:
    """An answer and what is noted of it: scores by evidence."""

    content: bytes
    evidence: Counter[str]


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
        raise _refuse(describe_errors(error.errors(include_url=False, include_context=False))) from None


def score_customers(served: ServedModel, asked: PredictRequest, now: dt.datetime, currency: str) -> Answer:
    """Score the customers of a request with one model.

    Parameters
    ----------
    served : ServedModel
    asked : PredictRequest
    now : datetime
        The moment to predict from where the request names none.
    currency : str
        ISO 4217 code.

    Raises
    ------
    ProblemError, DataError
        When the customers can't be scored as they are.
    """
    _check_customers(asked)
    customers: list[dict[str, Any]] = asked.customers  # type: ignore[assignment]
    scores = score_request(
        served.scorer,
        customers,
        _read_as_of(asked.as_of or now, served),
        model_version=served.name,
        reasons=asked.reasons,
        currency=currency,
    )
    answer = {
        "model_version": served.name,
        "as_of": scores[0]["as_of"],
        "currency": currency,
        "predictions": scores,
    }
    return Answer(to_json(answer, inf_nan_mode="null"), Counter(row["evidence"] for row in scores))


def _check_customers(asked: PredictRequest) -> None:
    rows = count_rows(asked.customers)
    if rows > MOST_ROWS:
        raise _refuse(
            [FieldError(field="customers", detail=f"{rows:,} rows, expected at most {MOST_ROWS:,} a request")]
        )
    seen: set[str] = set()
    for i, customer in enumerate(asked.customers):
        if customer["customer_id"] in seen:
            detail = "comes twice in the request; send all rows of a customer together"
            raise _refuse([FieldError(field=f"customers[{i}].customer_id", detail=detail)])
        seen.add(customer["customer_id"])


def _read_as_of(moment: dt.datetime, served: ServedModel) -> dt.datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(served.scorer.predictor.dialect.timezone))
    return moment


def _refuse(errors: list[FieldError]) -> ProblemError:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return ProblemError(422, f"{errors[0].field}: {errors[0].detail}{more}", errors)
