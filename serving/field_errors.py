"""Field errors: which field of a request is wrong, what was found and what was expected, in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from features.errors import suggest
from serving.schemas.predict import PredictRequest
from serving.schemas.problem import FieldError
from serving.schemas.queries import BestCustomerParameters, CandidateParameters, CustomerParameters
from serving.schemas.rows import TEXT_OF_MOMENT, Contact, Customer, Event, Line

MOST_ERRORS = 20
"""Errors in an answer."""

_SHOWN = 60
_MODELS = (PredictRequest, Customer, Line, Event, Contact)
_PARAMETERS = (CustomerParameters, CandidateParameters, BestCustomerParameters)
_NAMES = {name for each in (*_MODELS, *_PARAMETERS) for name in each.__annotations__}
"""What a field or parameter may be called."""

_MOMENT = "a moment as ISO 8601, such as 2026-01-31T12:00:00Z"
_MOMENTS = {"timestamp", "as_of"}
_EXPECTED = {
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "list_type": "a list",
    "string_type": "text",
    "string_unicode": "text that UTF-8 can hold",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_object_invalid": _MOMENT,
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_short": "at least {min_length} character",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} entry",
    "too_long": "at most {max_length} entries",
}
"""What pydantic's errors mean, by their types."""


def describe_errors(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Return what pydantic found as fields and words, the first twenty."""
    return [FieldError(field=name_field(each["loc"]), detail=_describe(each)) for each in found[:MOST_ERRORS]]


def name_field(location: Sequence[int | str]) -> str:
    """Return a field's name: ``customers[0].transactions[2].amount``.

    Examples
    --------
    >>> name_field(("customers", 0, "customer_id"))
    'customers[0].customer_id'
    """
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.removeprefix(".") or "body"


def _describe(found: Mapping[str, Any]) -> str:
    if found["type"] == "missing":
        return "missing"
    if found["type"] == "extra_forbidden":
        name = str(found["loc"][-1])
        return "does not belong here" if name in _NAMES else f"unknown{suggest(name, _NAMES)}"
    return f"expected {_expect(found)}, found {_show(found.get('input'))}"


def _expect(found: Mapping[str, Any]) -> str:
    context: Mapping[str, Any] = found.get("ctx", {})
    if found["type"] == "string_type" and found["loc"][-1] in _MOMENTS:
        return _MOMENT
    if found["type"] == "string_pattern_mismatch":
        return _MOMENT if context["pattern"] == TEXT_OF_MOMENT else "text without control characters"
    if found["type"] in _EXPECTED:
        return _EXPECTED[found["type"]].format(**{name: _write(limit) for name, limit in context.items()})
    return str(found["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


def _write(limit: object) -> str:
    return f"{limit:,.15g}" if isinstance(limit, int | float) else str(limit)


def _show(value: object) -> str:
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    if isinstance(value, dict):
        return "an object"
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = text.encode("utf-8", "backslashreplace").decode()  # half of a pair, which JSON can spell
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
