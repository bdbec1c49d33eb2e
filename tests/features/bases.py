"""Businesses for the tests of features: tables, how they are read, and single customers' rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from features.catalogue import Catalogue, FeatureTable
from features.clock import to_microseconds
from features.dialect import Dialect, learn_dialect
from features.families import create_catalogue
from features.history import History
from features.request_history import CustomerRows, build_history_of_rows
from features.table_history import build_history
from features.tables import Tables

OPTIONAL = ("customers", "events", "contacts")


def moment(year: int, month: int, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Base:
    """The tables of a business in memory, and how they are read."""

    transactions: pl.DataFrame
    customers: pl.DataFrame | None = None
    events: pl.DataFrame | None = None
    contacts: pl.DataFrame | None = None
    reading: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def tables(self) -> Tables:
        optional = {name: getattr(self, name) for name in OPTIONAL}
        return Tables(
            self.transactions.lazy(),
            **{name: None if t is None else t.lazy() for name, t in optional.items()},
        )

    @cached_property
    def dialect(self) -> Dialect:
        return learn_dialect(self.tables, **self.reading)

    @cached_property
    def catalogue(self) -> Catalogue:
        return create_catalogue(self.dialect)

    @cached_property
    def history(self) -> History:
        return build_history(self.tables, self.dialect)

    @property
    def names(self) -> tuple[str, ...]:
        return ("transactions", *(name for name in OPTIONAL if getattr(self, name) is not None))

    def sample(self, one_in: int) -> Base:
        """Return about one in so many customers, whole."""
        kept = pl.col("customer_id").hash(seed=7) % one_in == 0
        return replace(self, **{name: getattr(self, name).filter(kept) for name in self.names})

    def read(self, as_of: dt.datetime, horizon_days: int) -> FeatureTable:
        return self.catalogue.read(self.history, to_microseconds(as_of), horizon_days)

    def rows_of(self, name: str, until: dt.datetime | None = None) -> dict[str, list[dict[str, Any]]]:
        """Return a table's rows by customer; empty without the table."""
        table: pl.DataFrame | None = getattr(self, name)
        if table is None:
            return {}
        if until is not None and "timestamp" in table.columns:
            table = table.filter(pl.col("timestamp") < until)
        parts = table.partition_by("customer_id", as_dict=True, include_key=False)
        return {str(key): part.rows(named=True) for (key,), part in parts.items()}

    def customer_rows(self, ids: Sequence[str], until: dt.datetime | None = None) -> list[CustomerRows]:
        """Return customers as requests would send them."""
        found = {name: self.rows_of(name, until) for name in ("transactions", *OPTIONAL)}
        return [
            CustomerRows(
                one,
                found["customers"].get(one, [{}])[-1],
                found["transactions"].get(one, ()),
                found["events"].get(one, ()),
                found["contacts"].get(one, ()),
            )
            for one in ids
        ]


def read_online(
    rows: Sequence[CustomerRows], base: Base, as_of: dt.datetime, horizon_days: int
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the features of a request: shape (customers, features)."""
    history = build_history_of_rows(rows, base.dialect)
    return base.catalogue.read(history, to_microseconds(as_of), horizon_days).matrix


def differing(
    names: Sequence[str],
    left: np.ndarray[Any, np.dtype[np.float32]],
    right: np.ndarray[Any, np.dtype[np.float32]],
) -> list[str]:
    """Return the features that differ in any bit."""
    assert left.shape == right.shape
    bits = [np.ascontiguousarray(matrix).view(np.uint32) for matrix in (left, right)]
    return [name for name, same in zip(names, (bits[0] == bits[1]).all(axis=0), strict=True) if not same]
