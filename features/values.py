"""How a value is read: ids, texts, numbers and flags, whatever type they come in.

Each ``read_`` function returns a row-wise polars expression, null where a value can't be read. What is typed
already costs nothing; only text is parsed.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from features.errors import DataError
from features.text_edges import find_edges
from features.timestamps import clip_moments

TRUE = ("true", "t", "yes", "y", "1", "1.0", "treated", "treatment", "test")
FALSE = ("false", "f", "no", "n", "0", "0.0", "control", "holdout", "held out")

PLACEHOLDERS = ("NULL", "\\N", "nan", "NaN", "None", "N/A", "#N/A", "<NA>")
"""Texts that exports write where there is nothing; upper and lower case count."""

_MINORITY = 0.01
_COMMA_TOLD = r"\d,\d{1,2}\D*$|\d,\d{4,}\D*$|\.\d{3},\d"
_POINT_TOLD = r"\d\.\d{1,2}\D*$|\d\.\d{4,}\D*$|,\d{3}\.\d"
_LOOSE = ord(" ") + 1
_STRIPPED = "".join(map(chr, range(_LOOSE)))  # everything up to the blank
_BLANKS = r"[\s\u{a0}'’_]"
_CURRENCY = r"^([+-]?)\s*(?:\p{Sc}|[A-Za-z]{1,3}\p{Sc}|[A-Z]{3})|(?:\p{Sc}|[A-Z]{3})$"
_GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_SAFE_INTEGER = 2**53


def is_readable(kind: str, dtype: pl.DataType) -> bool:
    """Return whether values of a type can stand in a column of a kind at all."""
    if dtype in (pl.Null, pl.String) or isinstance(dtype, pl.Categorical | pl.Enum):
        return True
    if kind in ("id", "text"):
        return dtype.is_numeric() or dtype == pl.Boolean or dtype.is_temporal()
    if kind == "time":
        return isinstance(dtype, pl.Datetime | pl.Date) or dtype.is_numeric()
    if kind == "flag":
        return dtype.is_numeric() or dtype == pl.Boolean
    return dtype.is_numeric()


def read_text(column: str, dtype: pl.DataType, *, is_id: bool = False) -> pl.Expr:
    """Return a column as text: blanks around it stripped, whole numbers without ``.0``.

    A blank is null, and so is a placeholder, one of :data:`PLACEHOLDERS`.

    Parameters
    ----------
    column : str
        Name of the column.
    dtype : polars.DataType
        Its type.
    is_id : bool
        Whether text such as ``"17850.0"`` is an id that once was a number and becomes ``"17850"``, so that it
        meets the same id elsewhere.
    """
    value = pl.col(column)
    if dtype.is_float() or dtype.is_decimal():
        return _number_as_text(value)
    if isinstance(dtype, pl.Datetime | pl.Date):
        return clip_moments(value, dtype).cast(pl.String)
    if dtype.is_integer() or dtype.is_temporal() or dtype in (pl.Boolean, pl.Null):
        return value.cast(pl.String)

    def tidy(texts: pl.Series) -> pl.Series:
        return _tidy(texts, is_id=is_id)

    return value.cast(pl.String).map_batches(tidy, return_dtype=pl.String, is_elementwise=True)


def _tidy(texts: pl.Series, *, is_id: bool) -> pl.Series:
    """Change text only where there is something to change: looking costs a tenth of it."""
    loose, decimal, hollow = find_edges(texts, _LOOSE)
    if loose:
        texts = texts.str.strip_chars(_STRIPPED)
        texts = texts.set(texts == "", None)
    if is_id and (loose or decimal):
        stem = texts.str.strip_suffix(".0")
        was_number = texts.str.ends_with(".0") & stem.cast(pl.Int64, strict=False).is_not_null()
        texts = stem.zip_with(was_number.fill_null(value=False), texts)
    if not (loose or hollow):
        return texts
    absent = texts.is_in(PLACEHOLDERS)
    return texts.set(absent, None) if absent.any() else texts


def _number_as_text(value: pl.Expr) -> pl.Expr:
    number = value.cast(pl.Float64)
    whole = (number == number.floor()) & (number.abs() < _SAFE_INTEGER)
    text = pl.when(whole).then(number.cast(pl.Int64, strict=False).cast(pl.String))
    return pl.when(number.is_finite()).then(text.otherwise(number.cast(pl.String)))


def read_number(column: str, dtype: pl.DataType, *, decimal_comma: bool = False) -> pl.Expr:
    """Return a column as Float64.

    Text may carry a currency sign or code, separators of thousands, parentheses or a trailing minus for a
    negative amount: ``"1,234.50"``, ``"£12.00"``, ``"(3.20)"``, ``"EUR 7"``.

    Parameters
    ----------
    column : str
        Name of the column.
    dtype : polars.DataType
        Its type.
    decimal_comma : bool
        Whether text is written as in ``"1.234,50"``.
    """
    value = pl.col(column)
    if dtype != pl.String:
        return value.cast(pl.Float64)
    if decimal_comma:
        return _parse_written(value, decimal_comma=True)
    plain = value.cast(pl.Float64, strict=False)
    rest = pl.when(plain.is_null()).then(value)
    return pl.coalesce(plain, _parse_written(rest, decimal_comma=False))


def _parse_written(text: pl.Expr, *, decimal_comma: bool) -> pl.Expr:
    """Return the number in a text as people write it."""
    bare = text.str.replace_all(_BLANKS, "").str.replace_all(_CURRENCY, "$1")
    bare = bare.str.replace(r"^\((.*)\)$", "-$1").str.replace(r"^(.*)-$", "-$1")
    bare = bare.str.replace(r"^(-?)(?:\p{Sc}|[A-Z]{3})", "$1")
    if decimal_comma:
        swapped = bare.str.replace_all(".", ";", literal=True).str.replace_all(",", ".", literal=True)
        bare = swapped.str.replace_all(";", ",", literal=True)
    grouped = bare.str.contains(_GROUPED)
    number = pl.when(grouped).then(bare.str.replace_all(",", "", literal=True)).otherwise(bare)
    return number.cast(pl.Float64, strict=False)


def find_decimal_commas(frame: pl.LazyFrame, columns: Sequence[str], *, table: str) -> frozenset[str]:
    """Return the text columns that write numbers with a decimal comma, by all their rows.

    Parameters
    ----------
    frame : polars.LazyFrame
        The table; it is read once, and again only if some number has a decimal comma.
    columns : sequence of str
        Names of text columns.
    table : str
        Name of the table, for the error.

    Raises
    ------
    DataError
        If a column has numbers of both kinds, one in a hundred or more of the rarer: ``1.234`` would be read
        wrong in one of them. Fewer are mistakes, which are no numbers.
    """
    commas = _find_style(frame, columns, ",", _COMMA_TOLD)
    points = _find_style(frame, [name for name in columns if commas[name][0]], ".", _POINT_TOLD)
    found, violations = set(), []
    for name, (point_rows, point) in points.items():
        comma_rows, comma = commas[name]
        if comma_rows > point_rows:
            found.add(name)
        if min(comma_rows, point_rows) > _MINORITY * (comma_rows + point_rows):
            both = f"a decimal comma ({comma!r}) and with a decimal point ({point!r})"
            violations.append(f"column '{name}' has numbers with {both}; bring its rows into one form")
    if violations:
        raise DataError(table, violations)
    return frozenset(found)


def _find_style(
    frame: pl.LazyFrame, columns: Sequence[str], sign: str, pattern: str
) -> dict[str, tuple[int, str]]:
    """Return how many texts of each column fit a pattern, which holds a sign, with an example."""
    if not columns:
        return {}
    wanted: list[pl.Expr] = []
    for name in columns:
        # The plain search is ten times as fast as the pattern, and most columns have no comma.
        signed = pl.col(name).filter(pl.col(name).str.contains(sign, literal=True))
        told = signed.filter(signed.str.contains(pattern))
        wanted += [told.len().alias(f"{name} times"), told.first().alias(f"{name} example")]
    answer = iter(frame.select(wanted).collect(engine="streaming").row(0))
    return {name: (int(next(answer)), next(answer)) for name in columns}


def finds_ambiguous_thousands(texts: pl.Series) -> bool:
    """Return whether every number in a text column is such as ``1.234``: a point, then three digits.

    It may be one and a bit, or one thousand and more.

    Examples
    --------
    >>> finds_ambiguous_thousands(pl.Series(["1.234", "12.500", None]))
    True
    >>> finds_ambiguous_thousands(pl.Series(["1.234", "0.500"]))
    False
    """
    bare = texts.drop_nulls().str.strip_chars()
    bare = bare.filter(bare != "")
    return len(bare) > 0 and bool(bare.str.contains(r"^[+-]?[1-9]\d{0,2}\.\d{3}$").all())


def finds_decimal_comma(sample: pl.Series) -> bool:
    """Return whether numbers in a sample of a text column are written with a decimal comma.

    They are when a comma is followed by one or two last digits, or comes after a point. A comma before three
    last digits separates thousands.

    Examples
    --------
    >>> finds_decimal_comma(pl.Series(["1.234,50", "12"]))
    True
    >>> finds_decimal_comma(pl.Series(["1,234.50", "1,234"]))
    False
    """
    return bool(sample.drop_nulls().str.contains(r"\d,\d{1,2}\D*$|\.\d{3},\d").any())


def holds_numbers(sample: pl.Series) -> bool:
    """Return whether a sample of a text column holds numbers only, none with a leading zero as codes have."""
    texts = sample.str.strip_chars().drop_nulls()
    texts = texts.filter(texts != "")
    if texts.is_empty() or texts.str.contains(r"^0\d").any():
        return False
    number = read_number("text", pl.String(), decimal_comma=finds_decimal_comma(texts))
    return bool(texts.to_frame("text").select(number.is_not_null().all()).item())


def holds_flags(sample: pl.Series) -> bool:
    """Return whether a sample of a text column holds both words of one pair, such as yes and no, only."""
    words = set(sample.str.strip_chars().str.to_lowercase().drop_nulls()) - {""}
    return any(words == set(pair) for pair in (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f")))


def read_flag(column: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column as Boolean: true/false, yes/no, 1/0, treated/control and their like; else null."""
    value = pl.col(column)
    if dtype == pl.Boolean:
        return value
    if dtype.is_numeric():
        return pl.when(value.is_in([0, 1])).then(value == 1)
    text = value.cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.when(text.is_in(TRUE)).then(True).when(text.is_in(FALSE)).then(False)
