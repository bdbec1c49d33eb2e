"""Dialect: how one business's rows are read, the same in training, scoring and serving."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from features.attributes import Vocabulary, learn_vocabulary
from features.clock import LocalClock, clock_of
from features.errors import ConfigError, suggest
from features.events import KINDS
from features.schemas import SCHEMAS
from features.tables import Tables

CODED = {"product_id": "product", "category": "category", "channel": "channel", "seller_id": "seller"}
"""Columns of `transactions` whose distinct values are counted, and the field of `Lines` with their codes."""

MONEY = ("quantity", "discount", "cost")
"""Optional columns of `transactions` that are added up."""

VALUED = (*CODED, "region")
"""Columns of `transactions` whose texts may express shared values."""

CONTACTS = ("contacts",)
"""What contacts are counted as."""


@dataclass(frozen=True)
class Dialect:
    """How rows become a history.

    Attributes
    ----------
    timezone : str
        IANA zone in which the business's days begin.
    margin : bool
        Value is amount minus cost instead of amount.
    by_seller : bool
        One history for each customer and seller.
    values : tuple of str
        What expresses shared values: ``column:text`` with a column of `transactions`, or ``kind`` of
        `events`.
    vocabulary : Vocabulary
        Attributes, event kinds and channels of contacts, fixed at training.
    columns : mapping of str to tuple of str
        Tables that training had, and which of their known columns.
    """

    timezone: str = "UTC"
    margin: bool = False
    by_seller: bool = False
    values: tuple[str, ...] = ()
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def clock(self) -> LocalClock:
        """Return the clock of the zone."""
        return clock_of(self.timezone)

    def values_of(self, column: str) -> frozenset[str]:
        """Return the texts of `column` that express shared values."""
        pairs = (entry.partition(":") for entry in self.values)
        return frozenset(text for name, _, text in pairs if name == column)

    @property
    def values_kinds(self) -> tuple[str, ...]:
        """Return the kinds of events that express shared values."""
        return tuple(entry for entry in self.values if ":" not in entry)

    def feeds(self, need: str) -> bool:
        """Tell if there is a ``table``, a ``table.column``, an event kind ``events:kind``, or ``values``."""
        if need == "values":
            return len(self.values) > len(self.values_kinds)
        table, _, kind = need.partition(":")
        table, _, column = table.partition(".")
        if table not in self.columns or (column and column not in self.columns[table]):
            return False
        return not kind or kind in self.vocabulary.kinds

    def to_json(self) -> dict[str, Any]:
        """Return the dialect as plain data."""
        return {
            "timezone": self.timezone,
            "margin": self.margin,
            "by_seller": self.by_seller,
            "values": list(self.values),
            "vocabulary": self.vocabulary.to_json(),
            "columns": {table: list(columns) for table, columns in self.columns.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Dialect:
        """Return the dialect that `to_json` wrote."""
        return cls(
            data["timezone"],
            data["margin"],
            data["by_seller"],
            tuple(data["values"]),
            Vocabulary.from_json(data["vocabulary"]),
            {table: tuple(columns) for table, columns in data["columns"].items()},
        )


def learn_dialect(
    tables: Tables,
    *,
    timezone: str = "UTC",
    margin: bool = False,
    by_seller: bool = False,
    values: Sequence[str] = (),
    until: dt.datetime | None = None,
) -> Dialect:
    """Learn from the tables a model is trained on how rows are read; see `Dialect`.

    Parameters
    ----------
    tables : Tables
        Normalised tables.
    timezone, margin, by_seller, values
        As in `Dialect`.
    until : datetime, optional
        Nothing at or after this moment is looked at.

    Raises
    ------
    ConfigError
        When the value is the margin and transactions have no cost, sellers are wanted and there are none, or
        `values` names what is not there.
    """
    found = {name: getattr(tables, name) for name in SCHEMAS}
    columns = {
        name: tuple(table.collect_schema().names()) for name, table in found.items() if table is not None
    }
    for wanted, column in ((margin, "cost"), (by_seller, "seller_id")):
        if wanted and column not in columns["transactions"]:
            raise ConfigError(
                f"transactions: column {column!r} is missing, and [target] needs it; map it under columns"
            )
    events, contacts = (
        table if table is None or until is None else table.filter(pl.col("timestamp") < until)
        for table in (tables.events, tables.contacts)
    )
    vocabulary = learn_vocabulary(tables.customers, events, contacts)
    dialect = Dialect(timezone, margin, by_seller, tuple(values), vocabulary, columns)
    _check_values(dialect)
    return dialect


def _check_values(dialect: Dialect) -> None:
    """Refuse values that no column and no event can express."""
    columns = [column for column in VALUED if column in dialect.columns["transactions"]]
    for entry in dialect.values:
        column, colon, _ = entry.partition(":")
        known = columns if colon else (*KINDS, *dialect.vocabulary.kinds)
        if column not in known:
            what = "column of transactions" if colon else "kind of event"
            found = f"there is no {what} {column!r}{suggest(column, known)}"
            raise ConfigError(
                f"[dimensions] values: {entry!r}: {found}; there are: {', '.join(known) or 'none'}"
            )
