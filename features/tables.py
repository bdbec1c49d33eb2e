"""The four tables a user brings: how they are configured, and how they become typed rows.

Typed means: ids and categories are text, moments are UTC to the microsecond, money and numbers are finite
Float64, flags are Boolean. A row that lacks what its table requires, or holds it in a form that can't be
read, is rejected with a reason; a value of an optional column that can't be read becomes null and keeps its
row. An id or text that only says that there is none is missing: :data:`PLACEHOLDERS`, in just these letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from features.errors import ConfigError, suggest
from features.rows import REASONS, TypedRows, build_typed_rows
from features.schemas import SCHEMAS, Column, TableSchema
from features.sources import is_uri, scan_source
from features.values import PLACEHOLDERS

__all__ = [
    "PLACEHOLDERS",
    "REASON",
    "REASONS",
    "ROW",
    "SCHEMAS",
    "Column",
    "TableConfig",
    "TableSchema",
    "Tables",
    "TablesConfig",
    "scan_rows",
    "scan_table",
    "scan_tables",
]

ROW = "__row"
"""Name of the row's number that :func:`scan_rows` adds; a source's own ``row`` stays as it is."""

REASON = "__reason"
"""Name of the reason of a rejection that :func:`scan_rows` adds."""


class TableConfig(BaseModel):
    """One ``[tables.…]`` section.

    Attributes
    ----------
    source : str
        File, folder, glob, object-store URI or database URI.
    query : str, optional
        What to ask a database.
    columns : dict of str to str
        Ours to theirs, or to an expression; equal names need no entry, and ``cost = ""`` leaves our column
        out even if the source has one of that name.
    day_first : bool, optional
        Whether 03/04/2024 is the 3rd of April; found in the data where nothing is said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    query: str | None = None
    columns: dict[str, str] = {}
    day_first: bool | None = None

    def resolved(self, base: Path) -> Self:
        """Return the same table with a relative path made one from the folder `base`."""
        if is_uri(self.source):
            return self
        return self.model_copy(update={"source": str(base / Path(self.source).expanduser())})


class TablesConfig(BaseModel):
    """The ``[tables]`` section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transactions: TableConfig
    customers: TableConfig | None = None
    events: TableConfig | None = None
    contacts: TableConfig | None = None

    def resolved(self, base: Path) -> Self:
        """Return the same tables with relative paths made ones from the folder `base`."""
        return self.model_copy(update={name: config.resolved(base) for name, config in self.present()})

    def present(self) -> Iterator[tuple[str, TableConfig]]:
        """Yield name and section of the tables that there are."""
        for name in SCHEMAS:
            config = getattr(self, name)
            if config is not None:
                yield name, config


@dataclass(frozen=True)
class Tables:
    """The good rows of all tables, lazily; None for a table that there is not."""

    transactions: pl.LazyFrame
    customers: pl.LazyFrame | None = None
    events: pl.LazyFrame | None = None
    contacts: pl.LazyFrame | None = None

    def of(self, customer_id: str) -> Self:
        """Return the rows of one customer."""
        return replace(
            self,
            **{
                name: table.filter(pl.col("customer_id") == customer_id)
                for name in SCHEMAS
                if (table := getattr(self, name)) is not None
            },
        )


def scan_tables(config: TablesConfig, timezone: str = "UTC") -> Tables:
    """Return the good rows of every table that is configured; see :func:`scan_table`."""
    return Tables(**{name: scan_table(name, table, timezone) for name, table in config.present()})


def scan_table(name: str, config: TableConfig, timezone: str = "UTC") -> pl.LazyFrame:
    """Return the good rows of a table, typed; see :func:`scan_rows`.

    Parameters
    ----------
    name : str
        ``transactions``, ``customers``, ``events`` or ``contacts``.
    config : TableConfig
        Where it comes from.
    timezone : str
        IANA zone of moments that carry none.

    Returns
    -------
    polars.LazyFrame
        The known columns that the source has, in the schema's order, then attributes.
    """
    rows = _read(name, config, timezone)
    bad = pl.any_horizontal(condition for condition, _ in rows.build_rules())
    return rows.frame.filter(~bad).select(rows.names)


def scan_rows(
    name: str, config: TableConfig, timezone: str = "UTC", *, more: tuple[Column, ...] = ()
) -> pl.LazyFrame:
    """Return every row of a table, typed, with its number and why it is rejected.

    Parameters
    ----------
    name : str
        ``transactions``, ``customers``, ``events`` or ``contacts``.
    config : TableConfig
        Where it comes from.
    timezone : str
        IANA zone of moments that carry none.
    more : tuple of Column
        Optional columns to read beyond those of the table's schema.

    Returns
    -------
    polars.LazyFrame
        The known columns that the source has, in the schema's order, then attributes, then :data:`ROW`
        (UInt64, from 1, position in the source) and :data:`REASON` (null in a good row; the first of
        :data:`REASONS` that applies).

    Raises
    ------
    ConfigError
        If the mapping or the time zone is wrong.
    SourceError
        If the source can't be read.
    DataError
        If required columns are missing, or columns have types that can't be read.
    """
    rows = _read(name, config, timezone, more)
    reason = pl.coalesce(pl.when(condition).then(text) for condition, text in rows.build_rules())
    numbered = rows.frame.with_row_index(ROW, offset=1)
    return numbered.select(*rows.names, pl.col(ROW).cast(pl.UInt64), reason.alias(REASON))


def _read(name: str, config: TableConfig, timezone: str, more: tuple[Column, ...] = ()) -> TypedRows:
    if name not in SCHEMAS:
        raise ConfigError(f"[tables.{name}]: no such table{suggest(name, SCHEMAS)}")
    try:
        ZoneInfo(timezone)
    except (ValueError, OSError, KeyError) as error:
        message = f"timezone {timezone!r} is not an IANA time zone such as 'Europe/London'"
        raise ConfigError(message) from error
    source = scan_source(config.source, config.query)
    schema = replace(SCHEMAS[name], columns=SCHEMAS[name].columns + more)
    return build_typed_rows(source, schema, config.columns, timezone, day_first=config.day_first)
