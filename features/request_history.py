"""The history of a request's customers, built from raw rows without a data frame: tens of microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from features.attributes import Attributes, encode_one
from features.clock import to_microseconds
from features.dialect import CODED, CONTACTS, MONEY, VALUED, Dialect
from features.events import SCORED
from features.history import History
from features.purchases import Lines, build_purchases
from features.stream import Happenings, Stream, build_stream
from features.timeline import BoolArray, FloatArray, IntArray

Row = Mapping[str, Any]


@dataclass(frozen=True)
class CustomerRows:
    """One customer as a request sends it: raw rows of the tables, by the names of their columns.

    Attributes
    ----------
    customer_id : str
    attributes : mapping of str to object
    transactions, events, contacts : sequence of mappings
        Timestamps are datetimes; one without a zone is taken as UTC.
    """

    customer_id: str
    attributes: Row = field(default_factory=dict)
    transactions: Sequence[Row] = ()
    events: Sequence[Row] = ()
    contacts: Sequence[Row] = ()


def build_history_of_rows(customers: Sequence[CustomerRows], dialect: Dialect) -> History:
    """Build the history of a request's customers.

    Parameters
    ----------
    customers : sequence of CustomerRows
        In ascending order of ids that differ.
    dialect : Dialect
        As at training. Tables and columns that training had and a request leaves out are empty; those that
        training had not are ignored. With `by_seller` the caller sends one seller's lines a customer.

    Returns
    -------
    History
        The rows of the customers in the order given.
    """
    events = _stream(customers, "events", dialect, dialect.vocabulary.kinds)
    contacts = _stream(customers, "contacts", dialect, CONTACTS)
    purchases = build_purchases(
        [_lines(customers, dialect)],
        len(customers),
        dialect.clock,
        margin=dialect.margin,
        contacts=None if contacts is None else contacts.timeline,
    )
    ids = pl.Series("customer_id", [customer.customer_id for customer in customers], dtype=pl.String)
    attributes = Attributes(
        dialect.vocabulary, encode_one([c.attributes for c in customers], dialect.vocabulary)
    )
    return History(ids, purchases, events, contacts, attributes)


def _lines(customers: Sequence[CustomerRows], dialect: Dialect) -> Lines:
    rows = [row for customer in customers for row in customer.transactions]
    known = dialect.columns["transactions"]
    codes = {
        field: _codes(rows, name) for name, field in (("order_id", "order"), *CODED.items()) if name in known
    }
    figures = {name: _figures(rows, name) for name in MONEY if name in known}
    columns: dict[str, Any] = codes | figures
    return Lines(
        np.repeat(np.arange(len(customers)), [len(customer.transactions) for customer in customers]),
        _times(rows),
        _figures(rows, "amount"),
        **columns,
        fits_values=_fits(rows, [name for name in VALUED if name in known], dialect),
    )


def _stream(
    customers: Sequence[CustomerRows], table: str, dialect: Dialect, kinds: tuple[str, ...]
) -> Stream | None:
    if table not in dialect.columns:
        return None
    found = [(i, row) for i, customer in enumerate(customers) for row in getattr(customer, table)]
    if table == "contacts":  # who was held out on purpose was not contacted
        found = [(i, row) for i, row in found if row.get("treated") is not False]
    rows = [row for _, row in found]
    position = {kind: i for i, kind in enumerate(kinds)}
    kind = [position.get(row["kind"], -1) if table == "events" else 0 for row in rows]
    happenings = Happenings(
        np.array([i for i, _ in found], dtype=np.int64),
        _times(rows),
        np.array(kind, dtype=np.int64),
        _stream_figures(rows, table, dialect),
        kinds,
    )
    return build_stream(happenings, len(customers))


def _stream_figures(rows: Sequence[Row], table: str, dialect: Dialect) -> FloatArray | None:
    """Return the scores of events or the costs of contacts."""
    column = "value" if table == "events" else "cost"
    if column not in dialect.columns[table]:
        return None
    figures = _figures(rows, column)
    if table == "events":
        figures[[row["kind"] not in SCORED for row in rows]] = np.nan
    return figures


def _times(rows: Sequence[Row]) -> IntArray:
    return np.array([to_microseconds(row["timestamp"]) for row in rows], dtype=np.int64)


def _figures(rows: Sequence[Row], name: str) -> FloatArray:
    return np.array([row.get(name) for row in rows], dtype=np.float64)


def _codes(rows: Sequence[Row], name: str) -> IntArray:
    codes: dict[object, int] = {None: -1}
    return np.array([codes.setdefault(row.get(name), len(codes)) for row in rows], dtype=np.int64)


def _fits(rows: Sequence[Row], names: Sequence[str], dialect: Dialect) -> BoolArray | None:
    wanted = [(name, fits) for name in names if (fits := dialect.values_of(name))]
    if not wanted:
        return None
    return np.array([any(row.get(name) in fits for name, fits in wanted) for row in rows], dtype=np.bool_)
