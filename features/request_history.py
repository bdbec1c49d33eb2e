"""The history of a request's customers, built from raw rows without a data frame: tens of microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from features.attributes import Attributes, Vocabulary, encode_one
from features.dialect import CODED, CONTACTS, MONEY, VALUED, Dialect
from features.errors import DataError
from features.events import SCORED
from features.history import History
from features.purchases import Lines, build_purchases
from features.request_rows import RequestRows, Row, code, fit, place, read_text, show
from features.stream import Happenings, Stream, build_stream
from features.timeline import BoolArray, FloatArray


@dataclass(frozen=True)
class CustomerRows:
    """One customer as a request sends it: raw rows of the tables, by the names of their columns.

    Attributes
    ----------
    customer_id : str
    attributes : mapping of str to object
    transactions, events, contacts : sequence of mappings
        Timestamps are datetimes, dates or ISO 8601 text; one without a zone is of the dialect's.
    seller_id : str, optional
        With `by_seller` whose lines these are.
    """

    customer_id: str
    attributes: Row = field(default_factory=dict)
    transactions: Sequence[Row] = ()
    events: Sequence[Row] = ()
    contacts: Sequence[Row] = ()
    seller_id: str | None = None


def build_history_of_rows(customers: Sequence[CustomerRows], dialect: Dialect) -> History:
    """Build the history of a request's customers.

    Parameters
    ----------
    customers : sequence of CustomerRows
        In any order; an id may come twice, and each is a customer of its own.
    dialect : Dialect
        As at training. Tables and columns that training had and a request leaves out are empty; those that
        training had not are ignored.

    Returns
    -------
    History
        The rows of the customers in the order given.

    Raises
    ------
    DataError
        When a row lacks what its table requires, or holds what can't be read; says which.
    """
    ids = [customer.customer_id for customer in customers]
    events = _read_events(customers, ids, dialect)
    contacts = _read_contacts(customers, ids, dialect)
    purchases = build_purchases(
        [_read_lines(RequestRows.gather("transactions", ids, [c.transactions for c in customers]), dialect)],
        len(customers),
        dialect.clock,
        margin=dialect.margin,
        contacts=None if contacts is None else contacts.timeline,
    )
    sellers = None
    if dialect.by_seller:
        sellers = pl.Series("seller_id", [customer.seller_id for customer in customers], dtype=pl.String)
    return History(
        pl.Series("customer_id", ids, dtype=pl.String),
        purchases,
        events,
        contacts,
        Attributes(dialect.vocabulary, _read_attributes(customers, dialect.vocabulary)),
        sellers,
    )


def _read_lines(rows: RequestRows, dialect: Dialect) -> Lines:
    known = dialect.columns["transactions"]
    texts = {
        name: rows.texts(name, is_id=name.endswith("_id")) for name in ("order_id", *VALUED) if name in known
    }
    fields = {"order_id": "order", **CODED}
    columns: dict[str, Any] = {fields[name]: code(found) for name, found in texts.items() if name in fields}
    columns |= {name: rows.numbers(name) for name in MONEY if name in known}
    return Lines(
        rows.owners,
        rows.times(dialect.timezone),
        rows.numbers("amount", required=True),
        **columns,
        fits_values=_fit_values(texts, dialect),
    )


def _fit_values(texts: Mapping[str, Sequence[str | None]], dialect: Dialect) -> BoolArray | None:
    """Return which lines express shared values; None where no column may."""
    fits = [fit(found, wanted) for name, found in texts.items() if (wanted := dialect.values_of(name))]
    return np.logical_or.reduce(fits) if fits else None


def _read_events(customers: Sequence[CustomerRows], ids: Sequence[str], dialect: Dialect) -> Stream | None:
    if "events" not in dialect.columns:
        return None
    rows = RequestRows.gather("events", ids, [customer.events for customer in customers])
    has_figures = "value" in dialect.columns["events"]
    if not rows:
        return _build_empty_stream(dialect.vocabulary.kinds, has_figures, (), len(ids))
    kinds = rows.texts("kind")
    rows.require("kind", kinds)
    figures = None
    if has_figures:
        figures = np.where(fit(kinds, SCORED), rows.numbers("value"), np.nan)
    known, times = dialect.vocabulary.kinds, rows.times(dialect.timezone)
    return build_stream(Happenings(rows.owners, times, place(kinds, known), figures, known), len(ids))


def _read_contacts(customers: Sequence[CustomerRows], ids: Sequence[str], dialect: Dialect) -> Stream | None:
    """Read contacts; who was held out on purpose was not contacted."""
    if "contacts" not in dialect.columns:
        return None
    rows = RequestRows.gather("contacts", ids, [customer.contacts for customer in customers])
    has_costs, channels = "cost" in dialect.columns["contacts"], dialect.vocabulary.channels
    if not rows:
        return _build_empty_stream(CONTACTS, has_costs, channels, len(ids))
    treated = rows.flags("treated")
    costs = rows.numbers("cost")[treated] if has_costs else None
    through = place(rows.texts("channel"), channels)[treated] if channels else None
    times, kinds = rows.times(dialect.timezone)[treated], np.zeros(int(treated.sum()), dtype=np.int64)
    return build_stream(
        Happenings(rows.owners[treated], times, kinds, costs, CONTACTS, through, channels), len(ids)
    )


@lru_cache(maxsize=64)
def _build_empty_stream(
    kinds: tuple[str, ...], has_figures: bool, channels: tuple[str, ...], customers: int
) -> Stream:
    nothing = np.zeros(0, dtype=np.int64)
    figures, through = np.zeros(0) if has_figures else None, nothing if channels else None
    return build_stream(Happenings(nothing, nothing, nothing, figures, kinds, through, channels), customers)


def _read_attributes(customers: Sequence[CustomerRows], vocabulary: Vocabulary) -> FloatArray:
    """Encode attributes, shape (customers, attributes)."""
    names = [attribute.name for attribute in vocabulary.attributes]
    return encode_one(
        [{name: _read_attribute(c, name) for name in names if name in c.attributes} for c in customers],
        vocabulary,
    )


def _read_attribute(customer: CustomerRows, name: str) -> object:
    found = customer.attributes[name]
    if isinstance(found, str):
        return read_text(found)
    if isinstance(found, Mapping | list | tuple | set):
        where = f"customer {show(customer.customer_id)}: {name} is {show(found)}"
        raise DataError("customers", [f"{where}, expected text, a number, a date or true/false"])
    return found
