"""Which currency a file's amounts are in, by a column that says so or by the signs beside the amounts."""

from __future__ import annotations

import re

import polars as pl

from training.starter.column_roles import ColumnLook, assign_roles

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB"}
_CODES = (
    "AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD|PEN|"
    "PHP|PLN|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
_SIGN = re.compile("[" + "".join(map(re.escape, _SIGNS)) + "]")
_MARK = rf"(?:{_SIGN.pattern}|\b(?:{_CODES})\b)"
_SHARED = {"$": "also other dollars", "¥": "also the yuan"}


def guess_currency(looks: dict[str, ColumnLook], sample: pl.DataFrame) -> tuple[str, str]:
    """Return a currency's code, empty where nothing tells it, and what told it.

    Parameters
    ----------
    looks
        What the sample says about its columns.
    sample
        The first rows of a file.
    """
    named = assign_roles(looks, ("currency",)).get("currency")
    if named is not None:
        codes = sample[named].drop_nulls().cast(pl.String).str.strip_chars().str.to_uppercase()
        codes = codes.filter(codes.str.contains(r"^[A-Z]{3}$"))
        if len(codes):
            return str(codes.mode().sort()[0]), f"what {named!r} mostly says"
    money = [look.name for look in looks.values() if look.is_number and not look.is_moment]
    for name in money:
        marks = _find_marks(sample[name])
        if len(marks):
            return _read_mark(str(marks.mode().sort()[0]), f"in the values of {name!r}")
    for name in money:
        words = name.upper().replace("_", " ")
        if mark := re.search(_MARK, words):
            return _read_mark(mark[0], f"in the name of {name!r}")
    return "", ""


def _find_marks(column: pl.Series) -> pl.Series:
    if column.dtype != pl.String:
        return pl.Series([], dtype=pl.String)
    spaced = column.str.replace_all(r"(\d)([A-Z])", "$1 $2").str.replace_all(r"([A-Z])(\d)", "$1 $2")
    return spaced.str.extract(f"({_MARK})").drop_nulls()


def _read_mark(mark: str, where: str) -> tuple[str, str]:
    doubt = f", {_SHARED[mark]}" if mark in _SHARED else ""
    return _SIGNS.get(mark, mark), f"by {mark} {where}{doubt}: please check"
