"""How a moment is read: typed, epoch or text, with or without a zone, into UTC.

Text is ISO 8601 or one of the forms people write (``31/12/2011 08:26``, ``12/31/11``, ``31-Dec-2011``).
Whether the day or the month comes first is a property of the column, found in its data: a number above 12
tells. With points, ``31.12.2011``, the day is first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product

import polars as pl

from features.errors import DataError

UTC = pl.Datetime("us", "UTC")

FIRST_DAY, LAST_DAY = date(2, 1, 1), date(9998, 12, 31)
"""Moments outside these days become the nearest within: databases say infinity by the largest number there
is, which nothing can write as a date. A year remains to 1 and 9999 as zones shift days.
"""

_TIMES = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S%.f", " %I:%M:%S %p", " %I:%M %p")
_ZONED_TIMES = (" %H:%M:%S%.f%#z", " %H:%M%#z", " %H:%M:%S%.f %#z")
_ISO = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
_NAMED = (
    "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d-%b-%y"
)  # fmt: skip
_MONTH = "%Y-%m"
_UTC_WORDS = (" UTC", " GMT")
_POINTS = ("%d.%m.%y", "%d.%m.%Y")
_DAY_FIRST = ("%d/%m/%y", "%d/%m/%Y", "%d-%m-%y", "%d-%m-%Y")
_MONTH_FIRST = ("%m/%d/%y", "%m/%d/%Y", "%m-%d-%y", "%m-%d-%Y")
_TWO_NUMBERS = r"^\s*(\d{1,2})[/-](\d{1,2})[/-]\d"
_DAY_FIRST_TOLD = r"^\s*(?:1[3-9]|2\d|3[01])[/-](?:0?[1-9]|1[0-2])[/-]\d"
_MONTH_FIRST_TOLD = r"^\s*(?:0?[1-9]|1[0-2])[/-](?:1[3-9]|2\d|3[01])[/-]\d"
_MINORITY = 0.01
_WORTH_A_PROBE = 1000
_EIGHT_DIGITS = (19000101, 22001231)


def read_time(column: str, dtype: pl.DataType, timezone: str, *, month_first: bool = False) -> pl.Expr:
    """Return a column as moments in UTC, to the microsecond; null where it can't be read.

    Parameters
    ----------
    column : str
        Name of the column.
    dtype : polars.DataType
        Its type. Whole numbers are ``YYYYMMDD`` or else seconds, milli-, micro- or nanoseconds since 1970,
        told apart by their size.
    timezone : str
        IANA zone of moments that carry none. An hour that summer time skips counts as the hour after, one
        that it repeats as the earlier.
    month_first : bool
        Whether ``03/04/2011`` in text is the 4th of March.
    """
    value = pl.col(column)
    if isinstance(dtype, pl.Datetime):
        moment = clip_moments(value, dtype).cast(pl.Datetime("us", dtype.time_zone))
        return moment.cast(UTC) if dtype.time_zone else _localise(moment, timezone)
    if dtype == pl.Date:
        return _localise(clip_moments(value, dtype).cast(pl.Datetime("us")), timezone)
    if dtype.is_numeric():
        return _read_epoch(value, timezone)

    def parse(texts: pl.Series) -> pl.Series:
        return _parse_texts(texts, timezone, month_first=month_first)

    return value.cast(pl.String).map_batches(parse, return_dtype=UTC, is_elementwise=True)


def clip_moments(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return dates or moments between `FIRST_DAY` and `LAST_DAY`; those outside become these."""
    ends = pl.Series([FIRST_DAY, LAST_DAY], dtype=pl.Date)
    zoneless = pl.Datetime(dtype.time_unit) if isinstance(dtype, pl.Datetime) else pl.Date()
    if zoneless == pl.Datetime("ns"):
        return value  # all that 64 bits hold lies in the years 1677 to 2262
    return value.to_physical().clip(*ends.cast(zoneless).to_physical()).cast(dtype)


def _localise(moment: pl.Expr, timezone: str) -> pl.Expr:
    if timezone == "UTC":
        return moment.dt.replace_time_zone("UTC")

    def place(each: pl.Expr) -> pl.Expr:
        return each.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null").cast(UTC)

    return pl.coalesce(place(moment), place(moment.dt.offset_by("1h")))


def _read_epoch(value: pl.Expr, timezone: str) -> pl.Expr:
    number = value.cast(pl.Float64)
    dated = number.is_between(*_EIGHT_DIGITS) & (number == number.floor())
    digits = pl.when(dated).then(number.cast(pl.Int64, strict=False).cast(pl.String))
    date = _localise(digits.str.to_datetime("%Y%m%d", strict=False, time_unit="us"), timezone)
    size = number.abs()
    micros = (
        pl.when(size < 1e11).then(number * 1e6).when(size < 1e14).then(number * 1e3)
        .when(size < 1e17).then(number).otherwise(number / 1e3)
    )  # fmt: skip
    whole = pl.when(micros.is_finite()).then(micros.round().clip(-9e18, 9e18)).cast(pl.Int64, strict=False)
    epoch = clip_moments(whole.cast(UTC), UTC)
    return pl.coalesce(date, pl.when(~dated).then(epoch))


def _parse_texts(texts: pl.Series, timezone: str, *, month_first: bool) -> pl.Series:
    """Return moments, trying one form after the other on what is left; most columns need one."""
    texts = texts.str.strip_chars().str.replace(r"^([\d/-]{8,10})T", "$1 ", n=1)
    texts = texts.set(texts == "", None)
    in_utc = (texts.str.ends_with(_UTC_WORDS[0]) | texts.str.ends_with(_UTC_WORDS[1])).fill_null(value=False)
    if timezone != "UTC" and in_utc.any():
        own = _parse_texts(texts.set(in_utc, None), timezone, month_first=month_first)
        utc = _parse_texts(texts.set(~in_utc, None), "UTC", month_first=month_first)
        return utc.zip_with(in_utc, own)
    for word in _UTC_WORDS if in_utc.any() else ():
        texts = texts.str.strip_suffix(word)
    moments = pl.Series(texts.name, [None], UTC).new_from_index(0, len(texts))
    # Without this, 1/12/11 would be in the year 1.
    year_first = texts.str.contains(r"^\d{4}").fill_null(value=False)
    forms = list(_order_forms(month_first))
    if len(texts) > _WORTH_A_PROBE:
        probe = texts.drop_nulls().head(8)
        forms.sort(key=lambda form: _parse_form(probe, form, timezone).null_count())
    for form in forms:
        left = moments.is_null() & texts.is_not_null()
        if not left.any():
            break
        left = left & year_first if form.startswith("%Y") else left
        if not left.any():
            continue
        parsed = _parse_form(texts.set(~left, None), form, timezone)
        moments = moments.zip_with(~left, parsed)
    return moments


def _order_forms(month_first: bool) -> Iterator[str]:
    """Yield every form of text, frequent ones first; an empty one stands for digits since 1970."""
    written = _MONTH_FIRST if month_first else _DAY_FIRST
    yield from (date + time for date, time in product(_ISO, _TIMES))
    yield from (date + time for date, time in product(_ISO, _ZONED_TIMES))
    yield from (date + time for date, time in product((*written, *_POINTS, *_NAMED), _TIMES))
    yield _MONTH
    yield ""


def _parse_form(texts: pl.Series, form: str, timezone: str) -> pl.Series:
    frame, text = texts.to_frame("text"), pl.col("text")
    if not form:
        moment = _read_epoch(text.cast(pl.Float64, strict=False), timezone)
    elif form == _MONTH:
        moment = _localise((text + "-01").str.to_datetime("%Y-%m-%d", strict=False, time_unit="us"), timezone)
    elif form.endswith("z"):
        moment = text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
    else:
        moment = _localise(text.str.to_datetime(form, strict=False, time_unit="us"), timezone)
    return frame.select(moment.cast(UTC)).to_series().alias(texts.name)


def find_month_first(
    frame: pl.LazyFrame, column: str, sample: pl.Series, *, table: str, day_first: bool | None = None
) -> bool:
    """Return whether a text column writes the month first.

    Parameters
    ----------
    frame : polars.LazyFrame
        The table; it is read once, and only if the sample has dates such as ``03/04/2011``.
    column : str
        Name of the column.
    sample : polars.Series
        Texts from its beginning.
    table : str
        Name of the table, for the error.
    day_first : bool, optional
        What somebody who knows says; the data is not asked then.

    Raises
    ------
    DataError
        If the column has such dates and not one that tells which number is the day, or if it has dates of
        both kinds, one in a hundred or more of the rarer: what fits both ways would be read wrong. Fewer are
        mistakes, which do not parse.
    """
    if day_first is not None:
        return not day_first
    written = sample.drop_nulls().filter(sample.drop_nulls().str.contains(_TWO_NUMBERS))
    if written.is_empty():
        return False
    days, months = _count_above_12(frame, column)
    remedy = f"say which it is under [tables.{table}]: day_first = true, or false"
    if min(days[0], months[0]) > _MINORITY * (days[0] + months[0]):
        both = f"the day first ({days[1]!r}) and with the month first ({months[1]!r})"
        raise DataError(
            table, [f"'{column}' has dates with {both}; bring its rows into one form, or {remedy}"]
        )
    if days[0] or months[0]:
        return months[0] > days[0]
    found = f"dates such as {written[0]!r} in '{column}' fit day-first and month-first alike"
    raise DataError(table, [f"{found}; {remedy}"])


def _count_above_12(frame: pl.LazyFrame, column: str) -> tuple[tuple[int, str], tuple[int, str]]:
    """Return how often the first number alone, and the second alone, is above 12, each with an example."""
    text = pl.col(column)
    found: list[pl.Expr] = []
    for pattern in (_DAY_FIRST_TOLD, _MONTH_FIRST_TOLD):
        told = text.str.contains(pattern)
        found += [told.sum().alias(f"{pattern} times"), text.filter(told).first().alias(pattern)]
    first, example, second, other = frame.select(found).collect(engine="streaming").row(0)
    return (int(first), example), (int(second), other)
