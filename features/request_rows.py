"""Request rows: the rows of one table that a request brings, read column by column.

Rows are raw: what is missing is None or left out, numbers and ids come in any type that JSON has. A column is
read at once; only when that fails is each row looked at, to say which one is wrong. What is read is what
`features.rows` reads of a table with the same rows.
"""

from __future__ import annotations

import datetime as dt
import reprlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import chain
from math import isnan
from numbers import Integral, Real
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import numpy as np

from features.clock import EPOCH, to_microseconds
from features.errors import DataError
from features.rows import EARLIEST, LARGEST, LATEST
from features.timeline import BoolArray, FloatArray, IntArray
from features.values import FALSE, PLACEHOLDERS

Row = Mapping[str, Any]

_EARLIEST, _LATEST = to_microseconds(EARLIEST), to_microseconds(LATEST)
_MICROSECOND = dt.timedelta(microseconds=1)
_PLAIN = {int, float, type(None)}
_TEXT = {str}
_ABSENT = {"", *PLACEHOLDERS}
_BLANKS = "".join(map(chr, range(ord(" ") + 1)))
_MOST_SHOWN = 10
_NUMBER = "expected a number below 1e12"
_UNREADABLE = (AttributeError, TypeError, ValueError, OverflowError)


@dataclass(frozen=True)
class RequestRows:
    """The rows of one table, of all customers of a request.

    Attributes
    ----------
    table : str
    owners : int64 array, shape (rows,)
        Which customer each row is of; ascending.
    rows : sequence of mappings
    ids : sequence of str
        The customers, to say whose row is wrong.
    """

    table: str
    owners: IntArray
    rows: Sequence[Row]
    ids: Sequence[str]

    @classmethod
    def gather(cls, table: str, ids: Sequence[str], rows: Sequence[Sequence[Row]]) -> RequestRows:
        """Gather the rows of a table from each customer's own."""
        owners = np.repeat(np.arange(len(ids)), [len(each) for each in rows])
        return cls(table, owners, [row for each in rows for row in each], ids)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def times(self, timezone: str) -> IntArray:
        """Return `timestamp` in microseconds since 1970 UTC; a moment without a zone is one of `timezone`."""
        zone = _zone(timezone)
        try:
            found = [row["timestamp"] for row in self.rows]
            try:  # as most are: moments with a zone
                times = [(moment - EPOCH) // _MICROSECOND for moment in found]
            except TypeError:
                times = [read_time(each, zone) for each in found]
        except (KeyError, *_UNREADABLE):
            self._refuse("timestamp", lambda found: read_time(found, zone), required=True)
        if times and not (min(times) >= _EARLIEST and max(times) < _LATEST):
            self._refuse("timestamp", lambda found: read_time(found, zone), required=True)
        return np.array(times, dtype=np.int64)

    def numbers(self, name: str, *, required: bool = False) -> FloatArray:
        """Return a column of numbers; NaN is unknown."""
        try:
            if name not in self._present and not required:
                return np.full(len(self.rows), np.nan)
            found = [row.get(name) for row in self.rows]
            if not _PLAIN.issuperset(map(type, found)):
                found = [read_number(each) for each in found]
            numbers = np.array(found, dtype=np.float64)
        except _UNREADABLE:
            self._refuse(name, read_number, required=required)
        size = np.abs(numbers)
        if (size >= LARGEST).any() or (required and not (size >= 0).all()):
            self._refuse(name, read_number, required=required)
        return numbers

    def texts(self, name: str, *, is_id: bool = False) -> list[str | None]:
        """Return a column of texts."""
        try:
            if name not in self._present:
                return [None] * len(self.rows)
            found = [row.get(name) for row in self.rows]
            different = set(found)
            if _are_tidy(different):
                return found
            known = {each: read_text(each, is_id=is_id) for each in different}
        except _UNREADABLE:
            self._refuse(name, lambda found: read_text(found, is_id=is_id))
        return [known[each] for each in found]

    def flags(self, name: str) -> BoolArray:
        """Return where a column says anything but no."""
        try:
            return np.array([not _is_no(row.get(name)) for row in self.rows], dtype=np.bool_)
        except _UNREADABLE:
            self._refuse(name, _is_no)

    @cached_property
    def _present(self) -> set[str]:
        """What any of the rows has; most columns that a table may have are in none."""
        return set(chain.from_iterable(row.keys() for row in self.rows))

    def require(self, name: str, found: Sequence[str | None]) -> None:
        """Refuse the rows that lack what was read of a column."""
        missing = [i for i, each in enumerate(found) if each is None]
        if missing:
            raise DataError(self.table, _shorten([f"{self._place(i)}: {name} is missing" for i in missing]))

    def _refuse(self, name: str, read: Callable[[Any], object], *, required: bool = False) -> NoReturn:
        """Say which rows can't be read."""
        violations = []
        for i, row in enumerate(self.rows):
            if not isinstance(row, Mapping):
                violations.append(f"{self._place(i)} is {show(row)}, expected an object")
                continue
            found = row.get(name)
            if found is None:
                violations += [f"{self._place(i)}: {name} is missing"] if required else []
                continue
            try:
                told = read(found)
                if required and isinstance(told, float) and isnan(told):
                    raise ValueError(_NUMBER)
            except _UNREADABLE as error:
                violations.append(f"{self._place(i)}: {name} is {show(found)}, {error}")
        raise DataError(self.table, _shorten(violations))

    def _place(self, row: int) -> str:
        number = row - int(np.searchsorted(self.owners, self.owners[row])) + 1
        return f"row {number} of customer {show(self.ids[self.owners[row]])}"


def code(texts: Sequence[str | None]) -> IntArray:
    """Return a number for each different text, -1 for none."""
    codes: dict[str | None, int] = {None: -1}
    return np.array([codes.setdefault(text, len(codes)) for text in texts], dtype=np.int64)


def place(texts: Sequence[str | None], known: Sequence[str]) -> IntArray:
    """Return where among those known each text is; -1 for none of them."""
    places = {text: i for i, text in enumerate(known)}
    return np.array([places.get(text or "", -1) for text in texts], dtype=np.int64)


def fit(texts: Sequence[str | None], wanted: Collection[str]) -> BoolArray:
    """Return which texts are wanted."""
    return np.array([text in wanted for text in texts], dtype=np.bool_)


def read_time(found: Any, zone: dt.tzinfo) -> int:
    """Return a moment in microseconds since 1970 UTC; it is one of `zone` where it carries none."""
    if isinstance(found, str):
        try:
            found = dt.datetime.fromisoformat(found.strip())
        except ValueError:
            raise ValueError("expected ISO 8601, such as 2026-01-31T12:00:00Z") from None
    if not isinstance(found, dt.datetime):
        if not isinstance(found, dt.date):
            raise TypeError("expected a moment, such as 2026-01-31T12:00:00Z")
        found = dt.datetime.combine(found, dt.time())
    time = to_microseconds(found if found.tzinfo else found.replace(tzinfo=zone))
    if not _EARLIEST <= time < _LATEST:
        raise ValueError("expected a moment from 1970-01-02 to 2199")
    return time


def read_number(found: Any) -> float:
    """Return a number below 1e12, which may be written as text; NaN is unknown."""
    if found is None or (isinstance(found, str) and not found.strip()):
        return np.nan
    is_written = isinstance(found, str) and "_" not in found
    if isinstance(found, bool) or not (is_written or isinstance(found, Real | Decimal)):
        raise ValueError(_NUMBER)
    try:
        number = float(found)
    except (ValueError, OverflowError):
        raise ValueError(_NUMBER) from None
    if abs(number) >= LARGEST:
        raise ValueError(_NUMBER)
    return number


def read_text(found: Any, *, is_id: bool = False) -> str | None:
    """Return text as `features.values.read_text` does; none where there is nothing."""
    if found is None:
        return None
    if isinstance(found, str):
        text = found.strip(_BLANKS)
        if is_id and text.endswith(".0") and text[:-2].lstrip("+-").isdecimal():
            text = text[:-2]
        return None if not text or text in PLACEHOLDERS else text
    if isinstance(found, bool):
        return str(found).lower()
    if not isinstance(found, Real | Decimal):
        raise TypeError("expected text or a number")
    number = float(found)
    if not np.isfinite(number):
        return None
    whole = int(found) if isinstance(found, Integral) else int(number)
    return str(whole) if whole == number else str(number)


def _are_tidy(texts: set[Any]) -> bool:
    """Return whether all are texts, or none, that `read_text` would leave as they are."""
    texts = texts - {None}
    if not _ABSENT.isdisjoint(texts) or not _TEXT.issuperset(map(type, texts)):
        return False
    joined = "".join(texts)
    return joined.isprintable() and " " not in joined and "." not in joined  # nothing to strip, no 17.0


def show(found: object) -> str:
    """Return how a value is shown in an error: short, whatever it is; a moment as ISO 8601."""
    return found.isoformat() if isinstance(found, dt.date) else _SHOW.repr(found)


_SHOW = reprlib.Repr()
_SHOW.maxstring = _SHOW.maxother = 48


def _is_no(found: Any) -> bool:
    if isinstance(found, bool) or found is None:
        return found is False
    text = read_text(found)
    return text is not None and text.lower() in FALSE


def _shorten(violations: list[str]) -> list[str]:
    rest = len(violations) - _MOST_SHOWN
    return [*violations[:_MOST_SHOWN], f"and {rest} more"] if rest > 0 else violations


@lru_cache(maxsize=8)
def _zone(timezone: str) -> ZoneInfo:
    return ZoneInfo(timezone)
