"""Requests: customers as raw rows of plain data, to scores of plain data, in the order they came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from features.clock import to_microseconds
from features.errors import DataError
from features.request_history import CustomerRows, build_history_of_rows
from models.scorer import Scorer

Row = dict[str, Any]
"""A customer: `customer_id`, and where known `attributes`, `transactions`, `events` and `contacts`."""

_LISTS = ("transactions", "events", "contacts")


def score_request(
    scorer: Scorer,
    customers: Sequence[Row],
    as_of: dt.datetime,
    *,
    model_version: str = "",
    reasons: int = 0,
    currency: str = "",
) -> list[Row]:
    """Score customers given as raw rows.

    Parameters
    ----------
    scorer : Scorer
    customers : sequence of Row
        Timestamps are datetimes, or ISO 8601 text; one without a zone is taken as UTC.
    as_of : datetime
        With a zone; only what is earlier exists.
    model_version, reasons, currency
        As in `Scorer.score`.

    Returns
    -------
    list of Row
        In order; dates as ISO 8601 text, what does not apply as None. The figures are those of
        `Scorer.score` on tables with the same rows.

    Raises
    ------
    DataError
        When a row lacks what its table requires, or holds it in a form that can't be read.
    """
    order = sorted(range(len(customers)), key=lambda i: str(customers[i]["customer_id"]))
    read = [_read(customers[i], scorer.predictor.dialect.timezone) for i in order]
    history = build_history_of_rows(read, scorer.predictor.dialect)
    scores = scorer.score(
        history, to_microseconds(as_of), model_version=model_version, reasons=reasons, currency=currency
    )
    answers = scores.with_columns(pl.selectors.temporal().dt.to_string("iso:strict")).to_dicts()
    places = {place: i for i, place in enumerate(order)}
    return [answers[places[i]] for i in range(len(customers))]


def _read(customer: Row, timezone: str) -> CustomerRows:
    who = str(customer["customer_id"])
    tables = {
        name: [
            _read_row(row, name, who, number) for number, row in enumerate(customer.get(name) or (), start=1)
        ]
        for name in _LISTS
    }
    return CustomerRows(who, customer.get("attributes") or {}, **tables)


def _read_row(row: Mapping[str, Any], table: str, who: str, number: int) -> Row:
    where = f"row {number} of customer {who!r}"
    read = dict(row)
    for name, reader in _REQUIRED[table].items():
        if row.get(name) is None:
            raise DataError(table, [f"{where}: {name} is missing"])
        try:
            read[name] = reader(row[name])
        except (ValueError, TypeError) as error:
            raise DataError(table, [f"{where}: {name} is {row[name]!r}, {error}"]) from error
    return read


def _read_time(found: Any) -> dt.datetime:
    if isinstance(found, str):
        try:
            found = dt.datetime.fromisoformat(found)
        except ValueError:
            raise ValueError("expected ISO 8601, such as 2026-01-31T12:00:00Z") from None
    if not isinstance(found, dt.datetime):
        raise TypeError("expected a moment")
    return found


def _read_amount(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < 1e12:
        raise ValueError("expected a number below 1e12")
    return float(found)


_REQUIRED: dict[str, dict[str, Callable[[Any], Any]]] = {
    "transactions": {"timestamp": _read_time, "amount": _read_amount},
    "events": {"timestamp": _read_time, "kind": str},
    "contacts": {"timestamp": _read_time},
}
"""What each row must bring, and how it is read."""
