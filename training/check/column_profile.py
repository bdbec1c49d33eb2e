"""What the columns of a table hold, in figures that batches add up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

_SUM, _MIN, _MAX = pl.Expr.sum, pl.Expr.min, pl.Expr.max
_STATISTICS: dict[str, tuple[Callable[[pl.Expr], pl.Expr], Callable[[pl.Expr], pl.Expr]]] = {
    "nulls": (lambda column: column.null_count(), _SUM),
    "zeros": (lambda column: (column == 0).sum(), _SUM),
    "negatives": (lambda column: (column < 0).sum(), _SUM),
    "sum_positive": (lambda column: column.filter(column > 0).sum(), _SUM),
    "sum_negative": (lambda column: column.filter(column < 0).sum(), _SUM),
    "minimum": (lambda column: column.min(), _MIN),
    "maximum": (lambda column: column.max(), _MAX),
}
_OF_NUMBERS = tuple(_STATISTICS)
_OF_MOMENTS = ("nulls", "minimum", "maximum")


@dataclass(frozen=True)
class ColumnProfile:
    """What the good rows of a column hold; figures that do not fit its type are None."""

    name: str
    dtype: str
    nulls: int = 0
    zeros: int | None = None
    negatives: int | None = None
    sum_positive: float | None = None
    sum_negative: float | None = None
    minimum: Any = None
    maximum: Any = None
    early: int | None = None
    late: int | None = None


def _combine(column: str) -> pl.Expr:
    statistic = column.split("\0")[1]
    return _STATISTICS[statistic][1](pl.col(column)) if statistic in _STATISTICS else pl.col(column).sum()


def plan_statistics(schema: pl.Schema, names: list[str]) -> list[pl.Expr]:
    """Return the figures that a batch yields, each under its column and its own name."""
    return [
        _STATISTICS[statistic][0](pl.col(name)).alias(f"{name}\0{statistic}")
        for name in names
        for statistic in _statistics_of(schema[name])
    ]


def _statistics_of(dtype: pl.DataType) -> tuple[str, ...]:
    if dtype.is_numeric():
        return _OF_NUMBERS
    return _OF_MOMENTS if dtype.is_temporal() else ("nulls",)


def finish_columns(
    parts: list[pl.DataFrame], schema: pl.Schema, names: list[str]
) -> dict[str, ColumnProfile]:
    """Combine the batches' figures; a table without a batch has columns without figures."""
    if not parts:
        return {name: ColumnProfile(name, str(schema[name])) for name in names}
    together = pl.concat(parts)
    combined = together.select(_combine(column) for column in together.columns)
    figures: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, value in combined.row(0, named=True).items():
        name, statistic = key.split("\0")
        figures[name][statistic] = value
    return {name: ColumnProfile(name, str(schema[name]), **figures[name]) for name in names}
