"""Requests: customers as raw rows of plain data, to scores of plain data, in the order they came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from numbers import Integral
from typing import Any

from features.clock import EPOCH, to_microseconds
from features.dialect import Dialect
from features.errors import DataError
from features.request_history import CustomerRows, build_history_of_rows
from features.request_rows import RequestRows, show
from models.scorer import Scorer

Row = dict[str, Any]
"""A customer: `customer_id`, and where known `attributes`, `transactions`, `events` and `contacts`. Where a
model tells sellers apart, `seller_id` stands for lines that name none."""

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
        Timestamps are datetimes, dates or ISO 8601 text; one without a zone is of the project's.
    as_of : datetime
        With a zone; only what is earlier exists.
    model_version, reasons, currency
        As in `Scorer.score`.

    Returns
    -------
    list of Row
        In order; dates as ISO 8601 text, what does not apply as None. The figures are those of
        `Scorer.score` on tables with the same rows. Where a model tells sellers apart, a customer has as many
        answers as sellers, by their names.

    Raises
    ------
    DataError
        When a row lacks what its table requires, or holds it in a form that can't be read.
    """
    return score_requests(
        scorer, [customers], as_of, model_version=model_version, reasons=reasons, currency=currency
    )[0]


def score_requests(
    scorer: Scorer,
    requests: Sequence[Sequence[Row]],
    as_of: dt.datetime,
    *,
    model_version: str = "",
    reasons: int = 0,
    currency: str = "",
) -> list[list[Row]]:
    """Score the customers of several requests in one pass, which costs little more than one of them.

    Parameters and errors are those of `score_request`. The same customer may come in several requests.

    Returns
    -------
    list of list of Row
        For each request what `score_request` returns for it.
    """
    dialect = scorer.predictor.dialect
    read = [_read_all(customers, dialect) for customers in requests]
    everybody = [customer for customers in read for customer in customers]
    if not everybody:
        return [[] for _ in requests]
    history = build_history_of_rows(everybody, dialect)
    found = scorer.score_columns(
        history, to_microseconds(as_of), model_version=model_version, reasons=reasons, currency=currency
    )
    rows = iter(found.to_rows())
    return [list(islice(rows, len(customers))) for customers in read]


def _read_all(customers: Sequence[Row], dialect: Dialect) -> list[CustomerRows]:
    read = [_read(customer, number, dialect) for number, customer in enumerate(customers, start=1)]
    return [part for customer in read for part in _part(customer)] if dialect.by_seller else read


def _read(customer: Row, number: int, dialect: Dialect) -> CustomerRows:
    if not isinstance(customer, Mapping):
        raise DataError(
            "customers", [f"customer {number} of the request is {show(customer)}, expected an object"]
        )
    who = _read_id(customer.get("customer_id"), number)
    tables = {name: _read_list(customer.get(name), name, who) for name in _LISTS}
    attributes = customer.get("attributes") or {}
    if not isinstance(attributes, Mapping):
        raise DataError(
            "customers", [f"customer {show(who)}: attributes is {show(attributes)}, expected an object"]
        )
    seller = None
    if dialect.by_seller:
        seller = RequestRows.gather("customers", [who], [[customer]]).texts("seller_id", is_id=True)[0]
    return CustomerRows(who, attributes, **tables, seller_id=seller)


def _read_id(found: Any, number: int) -> str:
    if isinstance(found, str | Integral) and not isinstance(found, bool):
        return str(found)
    what = "missing" if found is None else f"{show(found)}, expected text"
    raise DataError("customers", [f"customer {number} of the request: customer_id is {what}"])


def _read_list(found: Any, table: str, who: str) -> Sequence[Mapping[str, Any]]:
    if found is None:
        return ()
    if not isinstance(found, list | tuple):
        raise DataError(
            table, [f"customer {show(who)}: {table} is {show(found)}, expected a list of objects"]
        )
    return found


def _part(customer: CustomerRows) -> list[CustomerRows]:
    """Part a customer's lines by seller; events and contacts belong to each, as in the tables."""
    rows, own = customer.transactions, customer.seller_id
    sellers = RequestRows.gather("transactions", [customer.customer_id], [rows]).texts(
        "seller_id", is_id=True
    )
    lines: dict[str, list[Row]] = {} if rows else {own or "": []}
    for seller, row in zip(sellers, rows, strict=True):
        lines.setdefault(seller or own or "", []).append({**row, "seller_id": seller or own})
    return [replace(customer, transactions=lines[name], seller_id=name or None) for name in sorted(lines)]


def warm_up(scorer: Scorer) -> None:
    """Answer made-up customers, so that the first request does not wait for what is loaded once.

    Parameters
    ----------
    scorer : Scorer
    """
    as_of = EPOCH + dt.timedelta(microseconds=scorer.predictor.as_of)
    moments = [as_of - dt.timedelta(days=days) for days in (2, 40, 400)]
    row = {"amount": 1.0, "kind": "visit", "order_id": "1"}
    lines = [{"timestamp": moment, **row} for moment in moments]
    regular = {"customer_id": "1", "transactions": lines, "events": lines, "contacts": lines}
    for customers in ([regular], [{"customer_id": "2"}], [regular] * 3):
        for reasons in (0, 3):
            score_request(scorer, customers, as_of, reasons=reasons)
