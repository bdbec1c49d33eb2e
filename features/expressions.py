"""Expressions in the config: ``amount = "Quantity * Price"``.

The language is SQL's, restricted to what can be said of one row: columns, literals, arithmetic,
comparison, ``CASE``, ``CAST`` and the functions in :data:`FUNCTIONS`. A name that holds a space stands in
double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from features.errors import ConfigError, suggest

_ROW_WISE = """
    ABS CEIL CEILING FLOOR ROUND SIGN SQRT POWER POW EXP LN LOG LOG10 MOD DIV GREATEST LEAST COALESCE IFNULL
    NULLIF IF CONCAT CONCAT_WS LOWER UPPER LENGTH CHAR_LENGTH LEFT RIGHT LTRIM RTRIM TRIM BTRIM REPLACE SUBSTR
    SUBSTRING SPLIT_PART STARTS_WITH ENDS_WITH REGEXP_LIKE STRPOS INITCAP REVERSE CAST TRY_CAST EXTRACT
    DATE_PART STRPTIME STRFTIME DATE TIMESTAMP TIME
"""
_WORDS = "AND OR NOT IN CASE WHEN THEN ELSE AS LIKE ILIKE BETWEEN IS DECIMAL NUMERIC VARCHAR CHAR FLOAT"

FUNCTIONS = frozenset(_ROW_WISE.split())
"""Row-wise functions an expression may call."""

_MAY_OPEN = FUNCTIONS | set(_WORDS.split())
_FORBIDDEN = re.compile(r"\b(SELECT|OVER)\b", re.IGNORECASE)
_STRING = re.compile(r"'(?:[^']|'')*'")
_QUOTED = re.compile(r'"(?:[^"]|"")*"|`[^`]*`')
_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(")


def map_columns(
    frame: pl.LazyFrame,
    entries: Mapping[str, str],
    *,
    table: str,
    numbers: Mapping[str, pl.Expr] | None = None,
) -> pl.LazyFrame:
    """Return a table's columns as the config maps them, under our names.

    Parameters
    ----------
    frame : polars.LazyFrame
        The source.
    entries : mapping of str to str
        Ours to theirs: a column's name or an expression; an empty one leaves our column out.
    table : str
        Name of the table, for errors.
    numbers : mapping of str to polars.Expr, optional
        How text columns that hold numbers are read, so that ``Quantity * Price`` works on a CSV file.

    Returns
    -------
    polars.LazyFrame
        One column an entry, in the order of the entries.

    Raises
    ------
    ConfigError
        If an entry does not parse, names an unknown column, calls a function that is not row-wise, or does
        not fit the columns' types.

    Examples
    --------
    >>> source = pl.LazyFrame({"Customer ID": ["a"], "Quantity": [2], "Price": [1.5]})
    >>> entries = {"customer_id": "Customer ID", "amount": "Quantity * Price"}
    >>> map_columns(source, entries, table="transactions").collect().rows()
    [('a', 3.0)]
    """
    schema = frame.collect_schema()
    entries = {ours: text for ours, text in entries.items() if text.strip()}
    plain: list[pl.Expr] = []
    computed: list[pl.Expr] = []
    for ours, text in entries.items():
        where = f"[tables.{table}] columns.{ours} = {text!r}"
        expression = pl.col(text) if text in schema else _parse(text, schema, where)
        typed = text not in schema and _reads_numbers(expression, numbers or {}, schema, where)
        (computed if typed else plain).append(expression.alias(_mapped(ours)))
    # What reads the source as it is goes first; then text becomes numbers under its own name.
    frame = frame.with_columns(plain).with_columns(**(numbers or {})).with_columns(computed)
    return frame.select(pl.col(_mapped(ours)).alias(ours) for ours in entries)


def find_names(text: str, schema: pl.Schema) -> list[str]:
    """Return the source's columns that an expression reads, in the schema's order; none for a plain name.

    Examples
    --------
    >>> find_names("Quantity * Price", pl.Schema({"Price": pl.Float64, "Quantity": pl.Int64, "x": pl.Int64}))
    ['Price', 'Quantity']
    """
    if text in schema:
        return []
    try:
        roots = set(pl.sql_expr(text).meta.root_names())
    except pl.exceptions.PolarsError:
        return []
    return [name for name in schema if name in roots]


def _mapped(name: str) -> str:
    """Return a name that no source uses, so that ours and theirs never meet."""
    return f"\0{name}"


def _parse(text: str, schema: pl.Schema, where: str) -> pl.Expr:
    """Parse an expression after refusing what is not row-wise."""
    code = _QUOTED.sub("x", _STRING.sub("''", text))
    if found := _FORBIDDEN.search(code):
        raise ConfigError(f"{where}: {found[1].upper()} is not possible here; an expression reads one row")
    for call in _CALL.findall(code):
        if call.upper() not in _MAY_OPEN:
            hint = suggest(call.upper(), FUNCTIONS)
            raise ConfigError(f"{where}: {call} is not a function of one row{hint}")
    try:
        expression = pl.sql_expr(text)
    except pl.exceptions.PolarsError as error:
        if re.fullmatch(r"[\w ]+", text):
            raise ConfigError(f"{where}: the source has no such column{_known(text, schema)}") from error
        raise ConfigError(
            f"{where} does not parse as an expression ({error}); a name with a space in it stands in double "
            f"quotes{_known(text, schema)}"
        ) from error
    if not expression.meta.undo_aliases().meta.eq(expression):
        # SQL takes the second of two words for a new name of the first.
        raise ConfigError(f"{where}: the source has no such column{_known(text, schema)}")
    for name in expression.meta.root_names():
        if name not in schema:
            raise ConfigError(f"{where}: the source has no column {name!r}{_known(name, schema)}")
    return expression


def _known(name: str, schema: pl.Schema) -> str:
    """Return the nearest column, or all of them when none is near."""
    names = [each for each in schema if not each.startswith("\0")]
    return suggest(name, names) or f"; it has {', '.join(names)}"


def _reads_numbers(
    expression: pl.Expr, numbers: Mapping[str, pl.Expr], schema: pl.Schema, where: str
) -> bool:
    """Return whether an expression is to see numbers where text holds them.

    Numbers are tried first, as ``+`` would join text without a word.
    """
    frame = pl.DataFrame(schema=schema).lazy()
    problem = ""
    for typed in (numbers, {}) if numbers else ({},):
        try:
            frame.with_columns(**typed).select(expression).collect()
        except pl.exceptions.PolarsError as error:
            problem = problem or str(error).splitlines()[0]
        else:
            return bool(typed)
    raise ConfigError(f"{where} does not fit the columns' types: {problem}")
