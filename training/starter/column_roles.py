"""Which column of a file plays which role, by its name and by what it holds."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from training.column_names import normalise
from training.starter.column_words import WORDS, name_score

_FIGURE = r"[-+]?\d[\d.,' ]*(?:[eE][-+]?\d{1,3})?"
_CURRENCY = r"(?:\p{Sc}|[A-Z]{3})"
_NUMBER = rf"^\s*[-+(]?\s*(?:\p{{Sc}}|[A-Z]{{3}}\b)?\s*{_FIGURE}\)?\s*{_CURRENCY}?\s*$"
_DATE = r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|(?:19|20)\d{6}$)"
_NUMERIC = ("amount", "unit_price", "quantity", "discount", "cost", "value")
_MOSTLY = 0.9
_LEAST_SCORE = dict.fromkeys(
    ("customer_id", "timestamp", "amount", "unit_price", "quantity", "order_id"), 0.2
)
_LEAST_OPTIONAL = 0.35
"""An optional column that is not found costs less than one that is wrong."""


@dataclass(frozen=True)
class ColumnLook:
    """What a sample says about one column; shares are of the rows that hold something."""

    name: str
    dtype: pl.DataType
    filled: float
    distinct: int
    numbers: float
    dates: float
    whole: bool

    @property
    def is_number(self) -> bool:
        """Numbers, or text that is written as numbers."""
        return self.numbers >= _MOSTLY

    @property
    def is_moment(self) -> bool:
        """Dates or times, or text that is written as such."""
        is_typed = isinstance(self.dtype, pl.Datetime | pl.Date)
        return is_typed or self.dates >= _MOSTLY


def look_at(sample: pl.DataFrame) -> dict[str, ColumnLook]:
    """Return what a sample says about each of its columns, by name."""
    return {column.name: _look(column) for column in sample}


def _look(column: pl.Series) -> ColumnLook:
    held = column.drop_nulls()
    if held.dtype == pl.String:
        held = held.filter(held.str.strip_chars() != "")
    text = held.dtype == pl.String and len(held) > 0
    numeric = held.dtype.is_numeric()
    numbers = _share(held, _NUMBER) if text else float(numeric)
    return ColumnLook(
        name=column.name,
        dtype=column.dtype,
        filled=len(held) / max(len(column), 1),
        distinct=held.n_unique() if not held.dtype.is_nested() else 0,
        numbers=numbers,
        dates=_share(held, _DATE) if text else 0.0,
        whole=_is_whole(held) if numbers >= _MOSTLY else False,
    )


def _is_whole(numbers: pl.Series) -> bool:
    """Say whether numbers, or texts of numbers, have no digits but zeros after a point."""
    if numbers.dtype == pl.String:
        return not numbers.str.contains(r"[.,]\d*[1-9]\d*\s*$|[.,]00|[eE]-").any()
    return bool((numbers.cast(pl.Float64) % 1 == 0).all())


def _share(text: pl.Series, pattern: str) -> float:
    return float(text.str.contains(pattern).mean() or 0.0)  # type: ignore[arg-type]


def score(look: ColumnLook, role: str) -> float:
    """Return how well a column fits a role, 0 where what it holds speaks against it."""
    by_name = name_score(look.name, role)
    if not look.filled or not _holds(look, role):
        return 0.0
    return by_name * (0.5 + 0.5 * look.filled)


def _holds(look: ColumnLook, role: str) -> bool:
    """Say whether what the column holds can be what the role asks for."""
    if role == "timestamp":
        return look.is_moment
    if role in _NUMERIC:
        return look.is_number and not look.is_moment
    if role == "treated":
        return look.distinct <= 2
    if role in {"customer_id", "order_id", "product_id"}:
        return not look.is_moment and (look.whole or not look.dtype.is_float())
    return not look.is_moment and not look.dtype.is_float()


def assign_roles(looks: dict[str, ColumnLook], roles: tuple[str, ...] = tuple(WORDS)) -> dict[str, str]:
    """Give each role the column that fits it best; a column plays one role.

    Returns
    -------
    dict
        Role to column; roles without a column are left out.
    """
    pairs = [(score(look, role), role, name) for name, look in looks.items() for role in roles]
    chosen: dict[str, str] = {}
    for points, role, name in sorted(pairs, key=lambda pair: -pair[0]):
        if (
            points >= _LEAST_SCORE.get(role, _LEAST_OPTIONAL)
            and role not in chosen
            and name not in chosen.values()
        ):
            chosen[role] = name
    return chosen


def discount_columns(looks: dict[str, ColumnLook], best: str) -> list[str]:
    """Return all columns of one kind of discount, such as `retail_disc` and `coupon_disc`."""
    last = _last_word(best)
    return [
        name
        for name, look in looks.items()
        if name == best or (_last_word(name) == last and look.is_number and score(look, "discount") > 0.25)
    ]


def _last_word(name: str) -> str:
    parts = [normalise(part) for part in name.replace("_", " ").replace("-", " ").split()]
    return parts[-1] if len(parts) > 1 else ""
