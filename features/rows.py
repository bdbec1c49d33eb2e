"""From what a source holds to typed rows, each good or rejected for a reason."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from features.csv_files import SURPLUS
from features.errors import ConfigError, DataError, find_nearest, suggest
from features.expressions import find_names, map_columns
from features.schemas import Column, TableSchema
from features.sources import reading
from features.timestamps import clip_moments, find_month_first, read_time
from features.values import (
    find_decimal_commas,
    finds_ambiguous_thousands,
    finds_decimal_comma,
    holds_flags,
    holds_numbers,
    is_readable,
    read_flag,
    read_number,
    read_text,
)

REASONS = {
    "surplus": "the line has more fields than the header",
    "missing": "{column} is missing",
    "unparsable": "{column} does not parse",
    "early": "{column} is before 1970-01-02",
    "late": "{column} is after 2199",
    "not_a_number": "{column} is not a number",
    "not_finite": "{column} is not finite",
    "too_large": "{column} is beyond 1e12",
}
"""Why a row is rejected. What was found may follow: ``timestamp does not parse: '31/02/2011'``."""

LARGEST = 1e12
"""An amount of this size or more is a mistake, whatever the currency."""

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Moments before it are placeholders: zero, seen from some time zone."""

LATEST = datetime(2200, 1, 1, tzinfo=UTC)

logger = logging.getLogger(__name__)

_SHOWN = (datetime(3, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC))
_SAMPLE_ROWS = 10_000
_FOUND_CHARACTERS = 40
_EXPECTED = {
    "id": "text or whole numbers",
    "text": "text",
    "time": "timestamps, dates or text that holds them",
    "money": "numbers",
    "number": "numbers",
    "flag": "true or false",
}


@dataclass(frozen=True)
class TypedRows:
    """Every row of a table, typed, beside what was found where that is needed to say why it is rejected.

    Attributes
    ----------
    frame : polars.LazyFrame
        The typed columns and, under hidden names, text that they were read from.
    names : tuple of str
        The table's columns: known ones in the schema's order, then attributes.
    schema : TableSchema
        What the table should hold.
    """

    frame: pl.LazyFrame
    names: tuple[str, ...]
    schema: TableSchema

    def build_rules(self) -> list[tuple[pl.Expr, pl.Expr]]:
        """Return when a row is rejected, and the reason then; the first that applies counts."""
        present = self.frame.collect_schema()
        rules = []
        if SURPLUS in present:
            rules.append((pl.col(SURPLUS).is_not_null(), pl.lit(REASONS["surplus"])))
        for column in self.schema.columns:
            if column.required:
                rules.extend(_judge(column, present.get(_found(column.name))))
        return rules


def build_typed_rows(
    source: pl.LazyFrame,
    schema: TableSchema,
    entries: Mapping[str, str],
    timezone: str,
    *,
    day_first: bool | None = None,
) -> TypedRows:
    """Return a source's rows under our names, typed.

    Parameters
    ----------
    source : polars.LazyFrame
        What the user brings.
    schema : TableSchema
        What the table should hold.
    entries : mapping of str to str
        Ours to theirs, or to an expression.
    timezone : str
        IANA zone of moments that carry none.
    day_first : bool, optional
        Whether ``03/04/2011`` is the 3rd of April; found in the data by default.

    Raises
    ------
    ConfigError
        If the mapping is wrong.
    DataError
        If required columns are missing, or columns have types that can't be read.
    """
    with reading(schema.name):
        mapped, has_surplus = _map(source, schema, entries)
        types = mapped.collect_schema()
        _check_types(schema, types)
        sample = _sample(mapped, [name for name in types if types[name] == pl.String])
        known = {column.name: column for column in schema.columns}
        commas = _find_commas(schema, types, mapped)
        typed: list[pl.Expr] = []
        for name, dtype in types.items():
            if name == SURPLUS:
                continue
            if name not in known:
                guessed = _type_attribute(name, dtype, sample, timezone, day_first, guess=has_surplus)
                typed.append(guessed.alias(name))
                continue
            column = known[name]
            typed.append(
                _type_column(column, dtype, mapped, sample, timezone, schema.name, commas, day_first).alias(
                    name
                )
            )
            if column.required and _may_be_unreadable(column, dtype):
                typed.append(pl.col(name).alias(_found(name)))
    names = tuple(name for name in types if name != SURPLUS)
    hidden = [pl.col(SURPLUS)] if has_surplus else []
    return TypedRows(mapped.select(*typed, *hidden), names, schema)


def _find_commas(schema: TableSchema, types: pl.Schema, frame: pl.LazyFrame) -> frozenset[str]:
    """Return the known columns whose text writes numbers with a decimal comma."""
    texts = [
        column.name
        for column in schema.columns
        if column.kind in ("money", "number") and types.get(column.name) == pl.String
    ]
    return find_decimal_commas(frame, texts, table=schema.name)


def _may_be_unreadable(column: Column, dtype: pl.DataType) -> bool:
    """Return whether a value can be there and yet not be read."""
    if column.kind == "time":
        return dtype == pl.String or dtype.is_numeric()
    return column.kind == "money" and dtype == pl.String


def _found(name: str) -> str:
    return f"\0found {name}"


def _map(source: pl.LazyFrame, schema: TableSchema, entries: Mapping[str, str]) -> tuple[pl.LazyFrame, bool]:
    """Return the table's columns under our names, and whether lines may have a surplus."""
    theirs = source.collect_schema()
    _check_entries(schema, entries, theirs)
    left_out = {name for name, text in entries.items() if not text.strip()}
    entries = {name: text for name, text in entries.items() if name not in left_out}
    wanted = {
        name: entries.get(name, name)
        for name in schema.names
        if name not in left_out and (name in entries or name in theirs)
    }
    if schema.open:
        taken = {*entries.values(), *wanted, *left_out, SURPLUS}
        wanted |= {name: text for name, text in entries.items() if name not in wanted}
        wanted |= {name: name for name in theirs if name not in taken and name not in wanted}
    if SURPLUS in theirs:
        wanted[SURPLUS] = SURPLUS
    numbers = _find_numbers(source, theirs, wanted, schema.name)
    return map_columns(source, wanted, table=schema.name, numbers=numbers), SURPLUS in theirs


def _check_entries(schema: TableSchema, entries: Mapping[str, str], theirs: pl.Schema) -> None:
    for ours in entries:
        if ours not in schema.names and not schema.open:
            hint = suggest(ours, schema.names) or f"; it knows {', '.join(schema.names)}"
            raise ConfigError(f"[tables.{schema.name}] columns.{ours}: no such column in this table{hint}")
    needed = [column.name for column in schema.columns if column.required]
    for ours in needed:
        if ours in entries and not entries[ours].strip():
            raise ConfigError(f"[tables.{schema.name}] columns.{ours} is empty, but this table needs {ours}")
    missing = [
        column.name
        for column in schema.columns
        if column.required and column.name not in entries and column.name not in theirs
    ]
    if missing:
        raise DataError(schema.name, _describe_missing(missing, [name for name in theirs if name != SURPLUS]))


def _describe_missing(missing: list[str], found: list[str]) -> list[str]:
    """Return a violation for each missing column and, last, what there is and what to do."""
    nearest = {name: find_nearest(name, found) for name in missing}
    entries = ", ".join(f'{name} = "{near or "…"}"' for name, near in nearest.items())
    hint = " (is its delimiter one of , ; | or tab?)" if len(found) == 1 else ""
    return [
        *(f"column '{name}' is missing" for name in missing),
        f"the source has {', '.join(found)}{hint}",
        f"map them with columns = {{ {entries} }}",
    ]


def _find_numbers(
    source: pl.LazyFrame, theirs: pl.Schema, wanted: Mapping[str, str], table: str
) -> dict[str, pl.Expr]:
    """Return how the text columns that expressions read become numbers, where they hold numbers."""
    read = {name for text in wanted.values() for name in find_names(text, theirs)}
    used = {name for name in read if theirs[name] == pl.String}
    sample = _sample(source, sorted(used))
    numbers = [name for name in sorted(used) if holds_numbers(sample[name])]
    commas = find_decimal_commas(source, numbers, table=table)
    return {name: read_number(name, pl.String(), decimal_comma=name in commas) for name in numbers}


def _sample(frame: pl.LazyFrame, names: list[str]) -> pl.DataFrame:
    """Return the first rows of some columns."""
    return frame.select(names).head(_SAMPLE_ROWS).collect() if names else pl.DataFrame()


def _check_types(schema: TableSchema, types: pl.Schema) -> None:
    violations = [
        f"column '{column.name}' is {types[column.name]}; expected {_EXPECTED[column.kind]}"
        for column in schema.columns
        if column.name in types and not is_readable(column.kind, types[column.name])
    ]
    if violations:
        raise DataError(schema.name, violations)


def _type_column(
    column: Column,
    dtype: pl.DataType,
    frame: pl.LazyFrame,
    sample: pl.DataFrame,
    timezone: str,
    table: str,
    commas: frozenset[str],
    day_first: bool | None,
) -> pl.Expr:
    """Return a known column typed; what can't be read is null, except amounts that say themselves why."""
    name = column.name
    if column.kind in ("id", "text"):
        return read_text(name, dtype, is_id=column.kind == "id")
    if column.kind == "flag":
        return read_flag(name, dtype)
    if column.kind == "time":
        month_first = dtype == pl.String and find_month_first(
            frame, name, sample[name], table=table, day_first=day_first
        )
        return read_time(name, dtype, timezone, month_first=month_first)
    if dtype == pl.String and name not in commas and finds_ambiguous_thousands(sample[name]):
        example = sample[name].drop_nulls()[0]
        logger.warning("%s.%s: %s is read as a number below 1000, not as thousands", table, name, example)
    number = read_number(name, dtype, decimal_comma=name in commas)
    return number if column.required else pl.when(number.abs() < LARGEST).then(number)


def _type_attribute(
    name: str,
    dtype: pl.DataType,
    sample: pl.DataFrame,
    timezone: str,
    day_first: bool | None,
    *,
    guess: bool,
) -> pl.Expr:
    """Return an attribute as it is; where the source knows text only, as what its first rows hold."""
    if dtype != pl.String and not isinstance(dtype, pl.Categorical | pl.Enum):
        is_moment = isinstance(dtype, pl.Datetime | pl.Date)
        value = clip_moments(pl.col(name), dtype) if is_moment else pl.col(name)
        return value.cast(pl.Float64) if dtype.is_decimal() else value
    if guess and holds_numbers(sample[name]):
        return read_number(name, dtype, decimal_comma=finds_decimal_comma(sample[name]))
    if guess and holds_flags(sample[name]):
        return read_flag(name, dtype)
    if guess and (moment := _guess_moment(name, sample[name], timezone, day_first)) is not None:
        return moment
    return read_text(name, dtype)


def _guess_moment(name: str, sample: pl.Series, timezone: str, day_first: bool | None) -> pl.Expr | None:
    """Return how text is read as dates; None if it holds other things too, or the dates are ambiguous."""
    texts = sample.str.strip_chars().to_frame().filter(pl.col(name).str.len_chars() > 0)
    looks_dated = texts[name].str.contains(r"^\w{1,4}[-/. ]\w{1,3}[-/. ,]")
    if texts.is_empty() or not looks_dated.all():
        return None
    try:
        month_first = find_month_first(texts.lazy(), name, texts[name], table="", day_first=day_first)
    except DataError:
        return None
    moment = read_time(name, pl.String(), timezone, month_first=month_first)
    return moment if texts.select(moment.is_not_null().all()).item() else None


def _judge(column: Column, found_type: pl.DataType | None) -> Iterator[tuple[pl.Expr, pl.Expr]]:
    """Yield when a required column rejects its row, with the reason."""
    value, found = pl.col(column.name), pl.col(_found(column.name))
    if found_type is not None:
        blank = found.str.strip_chars() == "" if found_type == pl.String else pl.lit(value=False)
        yield _reject("missing", column, found.is_null() | blank)
        yield _reject(
            "unparsable" if column.kind == "time" else "not_a_number", column, value.is_null(), found
        )
    else:
        yield _reject("missing", column, value.is_null())
    if column.kind == "time":
        shown = pl.when(value.is_between(*_SHOWN)).then(value)
        yield _reject("early", column, value < EARLIEST, shown, "out of range")
        yield _reject("late", column, value >= LATEST, shown, "out of range")
    if column.kind == "money":
        yield _reject("not_finite", column, ~value.is_finite())
        yield _reject("too_large", column, value.abs() >= LARGEST, value)


def _reject(
    reason: str, column: Column, condition: pl.Expr, found: pl.Expr | None = None, other: str = ""
) -> tuple[pl.Expr, pl.Expr]:
    text = REASONS[reason].format(column=column.name)
    if found is None:
        return condition, pl.lit(text)
    # Only what is rejected is written out: ten million timestamps as text would take longer than the rest.
    shown = pl.when(condition).then(found).cast(pl.String).str.slice(0, _FOUND_CHARACTERS)
    if other:
        shown = pl.coalesce(shown, pl.when(condition).then(pl.lit(other)))
    return condition, pl.format(text + ": '{}'", shown)
