"""From the rows of a table to the dicts and frames that readers get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from pydantic_core import from_json

from models.score_store.schema import find_kinds

Row = dict[str, Any]

BATCH = 2_000
"""Rows that are read at a time where there may be many."""


def build_dicts(rows: Iterable[Sequence[Any]], kinds: Mapping[str, str]) -> list[Row]:
    """Return rows as dicts, what is kept as JSON parsed.

    Parameters
    ----------
    rows : iterable of sequence
        Values in the order of `kinds`.
    kinds : mapping of str to str
        As `models.score_store.schema.find_kinds` finds them.
    """
    names, parsed = list(kinds), [name for name, kind in kinds.items() if kind == "json"]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for row in found:
        for name in parsed:
            if row[name] is not None:
                row[name] = from_json(row[name])
    return found


def build_frame(rows: Iterable[Sequence[Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return rows as the frame that they were published from.

    Parameters
    ----------
    rows : iterable of sequence
        Values in the order of the schema.
    schema : mapping of str to DataType
    """
    kinds = find_kinds(pl.DataFrame(schema=schema))
    written = {name: pl.String() if kinds[name] == "json" else dtype for name, dtype in schema.items()}
    frame = pl.DataFrame(list(rows), schema=written, orient="row")
    return frame.with_columns(
        pl.col(name).str.json_decode(schema[name]) for name, kind in kinds.items() if kind == "json"
    )
