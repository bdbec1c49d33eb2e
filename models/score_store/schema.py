"""The tables of the store: the list of publications, and what each publication is made of.

=========================  ===============================================================================
``uptier2_publications``   one row a publication: its number, and what was published as JSON
``uptier2_scores_<n>``     the scores: one row a customer (and seller), numbered by `place` from 0 in the
                           order of customer and seller; a publication never changes, so neither do places
``uptier2_details_<n>``    what else is told of a customer, as JSON
``uptier2_index_<n>``      columns and orders of the whole base, by name, that lists are answered from
=========================  ===============================================================================
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

PLACE = "place"
_LAYOUT = "uptier2"
"""Begins the names of all tables. What an earlier version published in another layout is not looked at."""

SCORES, DETAILS, INDEX = f"{_LAYOUT}_scores_", f"{_LAYOUT}_details_", f"{_LAYOUT}_index_"


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC, also where the database keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return what is written."""
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return what is read."""
        if value is None:
            return None
        return value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)


_TYPES: dict[str, TypeEngine[Any] | type[TypeEngine[Any]]] = {
    "text": Text,
    "json": Text,
    "number": Double,
    "whole": BigInteger,
    "flag": Boolean,
    "date": Date,
    "moment": Moment,
}

PUBLICATIONS = Table(
    f"{_LAYOUT}_publications",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("published", Text, nullable=False),
    Column("kinds", Text, nullable=False),
)


def find_kinds(frame: pl.DataFrame) -> dict[str, str]:
    """Return what kind of value each column holds.

    Examples
    --------
    >>> find_kinds(pl.DataFrame({"customer_id": ["a"], "value": [1.5], "reasons": [{"value": [1]}]}))
    {'customer_id': 'text', 'value': 'number', 'reasons': 'json'}
    """
    return {name: _find_kind(dtype) for name, dtype in frame.schema.items()}


def _find_kind(dtype: pl.DataType) -> str:
    if dtype.is_nested():
        return "json"
    if dtype.is_integer():
        return "whole"
    if dtype.is_numeric():
        return "number"
    by_type = {pl.Boolean: "flag", pl.Date: "date", pl.Datetime: "moment"}
    return by_type.get(dtype.base_type(), "text")


def build_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame as a database holds it: structs as JSON, moments in UTC, NaN as null."""
    return frame.with_columns(_build_column(name, dtype) for name, dtype in frame.schema.items())


def _build_column(name: str, dtype: pl.DataType) -> pl.Expr:
    column, kind = pl.col(name), _find_kind(dtype)
    if kind == "json":
        return pl.when(column.is_not_null()).then(column.struct.json_encode())
    if kind == "number":
        return column.cast(pl.Float64).fill_nan(None)
    if isinstance(dtype, pl.Datetime):
        aware = column.dt.replace_time_zone("UTC") if dtype.time_zone is None else column
        return aware.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    return column.cast(pl.String) if kind == "text" else column


def build_table(name: str, kinds: Mapping[str, str], *keys: str, schema: str | None = None) -> Table:
    """Return a table of columns by kind; it is not made yet.

    Parameters
    ----------
    name : str
    kinds : mapping of str to str
        As `find_kinds` finds them.
    *keys : str
        The primary key.
    schema : str, optional
        Of the database; the default one where not given.
    """
    # PostgreSQL keeps rows of two kilobytes as they are: compressing each would take longer than all else.
    return Table(
        name,
        MetaData(),
        *(Column(each, _TYPES[kind], primary_key=each in keys) for each, kind in kinds.items()),
        schema=schema,
        postgresql_with={"toast_tuple_target": 8160},
    )


def build_scores_table(number: int, kinds: Mapping[str, str]) -> Table:
    """Return the table of a publication's scores."""
    table = build_table(f"{SCORES}{number}", {PLACE: "whole", **kinds}, PLACE)
    Index(f"{table.name}_customer", table.c.customer_id)
    return table


def build_details_table(number: int) -> Table:
    """Return the table of what else is told of customers."""
    return build_table(f"{DETAILS}{number}", {"customer_id": "text", "detail": "text"}, "customer_id")


def build_index_table(number: int) -> Table:
    """Return the table of columns and orders that lists are answered from."""
    return Table(
        f"{INDEX}{number}",
        MetaData(),
        Column("name", Text, primary_key=True),
        Column("content", LargeBinary, nullable=False),
    )
