"""CSV of scores and candidates: plain columns that a CRM imports and a spreadsheet opens without harm.

A text that begins as a formula does (``= + - @``, a tab or a line break) would be run by a spreadsheet. An
apostrophe before it makes it text. Numbers are not touched: -3 stays -3. Reasons become three columns of
sentences.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from models.reasons import TARGETS

DANGEROUS = "=+-@\t\r\n＝＋－＠"
"""What a formula begins with, in the forms that spreadsheets know."""

CANDIDATE_COLUMNS = (
    "customer_id", "seller_id", "upgrade_probability", "upgrade_gap", "upgrade_value", "priority", "action",
    "channel", "segment", "region", "days_since_last_contact", "reasons",
)  # fmt: skip
"""What a CRM needs of an upgrade candidate, as far as the scores hold it."""

LINE_END = "\r\n"
"""Of every CSV, as RFC 4180 has it."""

_REASONS = "reasons"
_DIGITS = {"upgrade_probability": 6, "upgrade_gap": 2, "upgrade_value": 2, "priority": 2}
"""Digits after the point in a list of candidates: money is told in cents."""


def name_columns(columns: Iterable[str]) -> list[str]:
    """Return the columns of the CSV: those of the rows, with a column of sentences for each target's reasons.

    Examples
    --------
    >>> name_columns(["customer_id", "reasons"])
    ['customer_id', 'value_reasons', 'churn_reasons', 'upgrade_reasons']
    """
    names: list[str] = []
    for column in columns:
        names += [f"{target}_reasons" for target in TARGETS] if column == _REASONS else [column]
    return names


def neutralise(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> neutralise("=1+1"), neutralise("a-b")
    ("'=1+1", 'a-b')
    """
    return f"'{text}" if text[:1] in DANGEROUS and text else text


def write_header(columns: Sequence[str]) -> str:
    """Return the first line; `columns` are those of the rows."""
    return _write([name_columns(columns)])


def write_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    r"""Return the lines of some rows, such as a batch of a stream.

    Parameters
    ----------
    rows : iterable of mapping
        As the score store gives them.
    columns : sequence of str
        Which of them, in this order.

    Examples
    --------
    >>> write_lines([{"customer_id": "@a", "priority": -1.5}], ["customer_id", "priority"])
    "'@a,-1.5\r\n"
    """
    return _write([cell for column in columns for cell in _write_cells(row, column)] for row in rows)


def round_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of candidates with money in cents and six digits of the probability.

    Examples
    --------
    >>> round_rows([{"customer_id": "a", "upgrade_gap": 293.78600000000034, "priority": None}])
    [{'customer_id': 'a', 'upgrade_gap': 293.79, 'priority': None}]
    """
    return [
        {
            name: value if value is None or name not in _DIGITS else float(np.round(value, _DIGITS[name]))
            for name, value in row.items()
        }
        for row in rows
    ]


def round_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of candidates rounded as `round_rows` does, to the last bit."""
    return frame.with_columns(
        pl.col(name).round(digits) for name, digits in _DIGITS.items() if name in frame.columns
    )


def build_csv_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose CSV has the cells that `write_lines` gives of its rows."""
    made: list[pl.Expr] = []
    for name, dtype in frame.schema.items():
        if name == _REASONS:
            made += [_join_reasons(target) for target in TARGETS]
        elif isinstance(dtype, pl.Datetime):
            made.append(pl.col(name).dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
        elif isinstance(dtype, pl.String | pl.Enum | pl.Categorical):
            made.append(_neutralise(pl.col(name).cast(pl.String)).alias(name))
        else:
            made.append(pl.col(name))
    return frame.select(made)


def _write_cells(row: Mapping[str, Any], column: str) -> list[Any]:
    value = row[column]
    if column == _REASONS:
        told = value or {}
        return [neutralise("; ".join(each["text"] for each in told.get(name) or ())) for name in TARGETS]
    if isinstance(value, str):
        return [neutralise(value)]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [value.isoformat() if isinstance(value, dt.date) else value]


def _join_reasons(target: str) -> pl.Expr:
    texts = pl.col(_REASONS).struct.field(target).list.eval(pl.element().struct.field("text")).list.join("; ")
    return _neutralise(texts.fill_null("")).alias(f"{target}_reasons")


def _neutralise(text: pl.Expr) -> pl.Expr:
    dangerous = text.str.slice(0, 1).is_in(list(DANGEROUS))
    return pl.when(dangerous).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def _write(rows: Iterable[Sequence[Any]]) -> str:
    content = io.StringIO()
    csv.writer(content, lineterminator=LINE_END).writerows(rows)
    return content.getvalue()
