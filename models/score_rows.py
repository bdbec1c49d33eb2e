"""Score rows: the columns of a score as a data frame for a whole base, and as plain data for a request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import polars as pl

from models.reasons import ReasonTable

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class ScoreColumns:
    """Scores of customers, column by column.

    Attributes
    ----------
    constants : mapping of str to value
        What is the same in every row.
    columns : mapping of str to array or list, shape (customers,)
        Floats, of which NaN stands for what does not apply, days (datetime64), texts and, under ``reasons``,
        a `models.reasons.ReasonTable`.
    names : tuple of str
        The order of all of them.
    """

    constants: Mapping[str, Any]
    columns: Mapping[str, Any]
    names: tuple[str, ...]

    def to_frame(self) -> pl.DataFrame:
        """Return the scores as a data frame, null where something does not apply."""
        rows = len(self.columns["customer_id"])
        series = {name: pl.repeat(value, rows, eager=True) for name, value in self.constants.items()}
        series |= {name: _to_series(column) for name, column in self.columns.items()}
        return pl.DataFrame([series[name].alias(name) for name in self.names])

    def to_rows(self) -> list[dict[str, Any]]:
        """Return the scores as rows of JSON values: dates as ISO 8601 text, None where nothing applies."""
        rows = len(self.columns["customer_id"])
        values = {name: [_to_value(value)] * rows for name, value in self.constants.items()}
        values |= {name: _to_values(column) for name, column in self.columns.items()}
        return [
            dict(zip(self.names, row, strict=True))
            for row in zip(*(values[name] for name in self.names), strict=True)
        ]


def _to_series(column: Any) -> pl.Series:
    if isinstance(column, ReasonTable):
        return column.to_series()
    if isinstance(column, list):
        return pl.Series(column, dtype=pl.String)
    series = pl.Series(column)
    return series.fill_nan(None) if series.dtype.is_float() else series


def _to_values(column: Any) -> list[Any]:
    if isinstance(column, ReasonTable):
        return column.to_rows()
    if isinstance(column, list):
        return column
    if isinstance(column, np.ndarray) and column.dtype.kind == "M":
        return [day.isoformat() for day in column.tolist()]
    if isinstance(column, np.ndarray) and column.dtype.kind == "f":
        return [None if isnan(figure) else figure for figure in column.tolist()]
    values: list[Any] = column.tolist() if isinstance(column, np.ndarray) else column.to_list()
    return values


def _to_value(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%S.%f}+00:00" if isinstance(value, dt.datetime) else value
