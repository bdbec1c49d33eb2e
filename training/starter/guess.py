"""Looks into files and guesses which table each is, what its columns mean, and a horizon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from features.csv_files import SURPLUS
from features.databases import hide_password
from features.errors import SourceError, UptierError
from features.expressions import find_names
from features.schemas import SCHEMAS
from features.sources import is_uri, reading, scan_source
from features.tables import REASON, TableConfig, scan_rows
from models.consent import find_consent_columns
from training.gaps import Gaps, measure_gaps
from training.starter.column_content import add_roles_by_content
from training.starter.column_roles import ColumnLook, assign_roles, discount_columns, look_at
from training.starter.currency import guess_currency
from training.starter.date_order import DateOrder, guess_date_order
from training.starter.file_groups import find_pattern, name_once, split_by_header
from training.starter.line_amount import guess_amount, quote_name

SAMPLE_ROWS = 20_000
_GOOD_ENOUGH = 0.5
_ONCE = 0.98


@dataclass(frozen=True)
class TableGuess:
    """What one file, or several alike, seem to be.

    Attributes
    ----------
    table
        Name of the table.
    source
        Path or pattern.
    columns
        Ours to theirs, or to an expression.
    currency
        What a currency column, or a sign beside the amounts, says; empty without one.
    currency_from
        What told the currency.
    good
        Share of sampled rows that read well with these columns.
    date_order
        What was assumed of dates that fit both ways.
    unused
        Columns of the source that none of ours is read from; attributes of a customer are used all.
    consent
        Columns of the source that tell whether a customer may be contacted.
    """

    table: str
    source: str
    columns: dict[str, str]
    currency: str = ""
    currency_from: str = ""
    good: float = 1.0
    date_order: DateOrder | None = None
    unused: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()

    @property
    def config(self) -> TableConfig:
        """How it is read."""
        order = self.date_order
        return TableConfig(
            source=self.source, columns=self.columns, day_first=None if order is None else order.day_first
        )


@dataclass(frozen=True)
class Guess:
    """What some files seem to be; `puzzling` ones with the reason."""

    tables: dict[str, TableGuess]
    puzzling: dict[str, str] = field(default_factory=dict)
    suggested_horizon_days: int | None = None
    gaps: Gaps | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the guess with stable keys, ready for JSON."""
        return {
            "tables": {name: asdict(table) for name, table in self.tables.items()},
            "not_recognised": self.puzzling,
            "suggested_horizon_days": self.suggested_horizon_days,
        }


def guess_files(files: Sequence[Path | str]) -> Guess:
    """Guess what files are.

    Parameters
    ----------
    files
        Parquet or CSV files, folders of them or patterns, object-store URIs; one that is given twice counts
        once. A folder or pattern may hold several tables.

    Raises
    ------
    SourceError
        A file can't be read, or none of them looks like transactions.
    """
    tables: dict[str, list[TableGuess]] = {}
    puzzling = {}
    for source in name_once(str(file) for file in files):
        for part, guess in _guess_parts(source).items():
            if isinstance(guess, str):
                puzzling[hide_password(part)] = guess
            else:
                tables.setdefault(guess.table, []).append(guess)
    chosen = {name: _join(tables[name], puzzling) for name in SCHEMAS if name in tables}
    if "transactions" not in chosen:
        found = (
            "; ".join(f"{file}: {reason}" for file, reason in puzzling.items())
            or f"found {', '.join(chosen)}"
        )
        raise SourceError(
            f"none of the files looks like transactions: a customer, a date and an amount ({found}); "
            "write uptier.toml by hand, or name the columns so that they can be told apart"
        )
    gaps, history_days = _measure(chosen["transactions"])
    return Guess(chosen, puzzling, gaps.suggest_horizon_days(history_days), gaps)


def _guess_parts(source: str) -> dict[str, TableGuess | str]:
    """Return what a source is, or each of its files where they are several tables; why it is none else."""
    with reading(source):
        parts = split_by_header(source)
    found = {part: _guess_source(part) for part in parts}
    are_one_table = len({guess if isinstance(guess, str) else guess.table for guess in found.values()}) == 1
    return {source: _guess_source(source)} if are_one_table and len(parts) > 1 else found


def _guess_source(source: str) -> TableGuess | str:
    sample = _sample(source)
    return guess_table(source, sample) or _say_why(sample.columns)


def _say_why(columns: list[str]) -> str:
    if len(columns) == 1:
        return f"it has one column only, {columns[0]!r}; is its delimiter one of , ; | or tab?"
    return f"no table fits its columns: {', '.join(columns)}"


def _sample(source: str) -> pl.DataFrame:
    """Return rows from the beginning; text that is blank becomes null."""
    with reading(source):
        sample = scan_source(source).head(SAMPLE_ROWS).collect()
    return sample.drop(SURPLUS, strict=False)


def guess_table(source: str, sample: pl.DataFrame) -> TableGuess | None:
    """Guess what a file is from a sample of its rows, None where no table fits.

    What fits is tried: the table whose sampled rows read best with the guessed columns is taken.
    """
    if sample.width == 1:
        return None
    looks = look_at(sample)
    tries = [
        _look_closer(TableGuess(name, source, columns, *guess_currency(looks, sample)), sample)
        for name, columns in _propose(looks, sample)
    ]
    tried = [replace(guess, good=_share_good(guess, sample)) for guess in tries]
    return next((guess for guess in tried if guess.good >= _GOOD_ENOUGH), None)


def _look_closer(guess: TableGuess, sample: pl.DataFrame) -> TableGuess:
    """Return a guess with what its columns leave open: the order of dates, what is not used, consent."""
    read = {name for text in guess.columns.values() for name in (text, *find_names(text, sample.schema))}
    read |= set(assign_roles(look_at(sample), ("currency",)).values())
    is_open = SCHEMAS[guess.table].open
    return replace(
        guess,
        date_order=guess_date_order(guess.source, guess.columns.get("timestamp", ""), sample),
        unused=() if is_open else tuple(name for name in sample.columns if name not in read),
        consent=tuple(find_consent_columns(sample.columns)) if is_open else (),
    )


def _propose(looks: dict[str, ColumnLook], sample: pl.DataFrame) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield tables a file can be with their columns, the most likely first."""
    shared = ("customer_id", "timestamp", "channel", "campaign_id", "kind", "treated", "offer", "cost")
    event = assign_roles(looks, (*shared, "value"))
    bought = add_roles_by_content(assign_roles(looks, _ROLES_OF_LINES), looks, sample)
    amount = guess_amount(looks, bought, sample)
    if (
        {"customer_id", "timestamp"} <= event.keys()
        and "kind" in event
        and (amount is None or "order_id" not in bought)
    ):
        yield "events", _pick("events", event)
    if {"customer_id", "timestamp", "campaign_id"} <= event.keys() and (amount is None or "treated" in event):
        yield "contacts", _pick("contacts", event)
    if {"customer_id", "timestamp"} <= bought.keys() and amount:
        yield "transactions", _columns_of_lines(looks, bought, amount)
    customer = assign_roles(looks, ("customer_id", "region"))
    if "customer_id" in customer and _is_once(sample[customer["customer_id"]]):
        yield "customers", {name: quote_name(theirs) for name, theirs in customer.items()}


_ROLES_OF_LINES = (
    "customer_id", "timestamp", "amount", "unit_price", "quantity", "order_id", "product_id", "category",
    "discount", "cost", "channel", "seller_id", "region", "currency",
)  # fmt: skip


def _pick(table: str, roles: dict[str, str]) -> dict[str, str]:
    return {name: quote_name(roles[name]) for name in SCHEMAS[table].names if name in roles}


def _columns_of_lines(looks: dict[str, ColumnLook], roles: dict[str, str], amount: str) -> dict[str, str]:
    columns = _pick("transactions", roles) | {"amount": amount}
    if "discount" in roles:
        parts = discount_columns(looks, roles["discount"])
        columns["discount"] = " + ".join(quote_name(part, in_expression=len(parts) > 1) for part in parts)
    return {name: columns[name] for name in SCHEMAS["transactions"].names if name in columns}


def _is_once(column: pl.Series) -> bool:
    held = column.drop_nulls()
    return len(held) > 0 and held.n_unique() >= _ONCE * len(held)


def _share_good(guess: TableGuess, sample: pl.DataFrame) -> float:
    """Return the share of the file's first rows that read well, 0 where the columns do not fit at all."""
    try:
        rows = scan_rows(guess.table, guess.config)
        with reading(guess.source):
            good = rows.head(SAMPLE_ROWS).select(pl.col(REASON).is_null().mean()).collect().item()
    except UptierError:
        return 0.0
    return float(good or 0.0)


def _join(guesses: list[TableGuess], puzzling: dict[str, str]) -> TableGuess:
    """Return one source for several files of a table: a pattern that fits just them, else the first."""
    first, *rest = guesses
    if not rest:
        return first
    alike = not any(is_uri(guess.source) or guess.columns != first.columns for guess in guesses)
    pattern = find_pattern([Path(guess.source) for guess in guesses]) if alike else None
    if pattern:
        return replace(first, source=pattern)
    for guess in rest:
        puzzling[guess.source] = (
            f"also looks like {guess.table}, as {first.source} does; put what belongs together in one folder"
        )
    return first


def _measure(table: TableGuess) -> tuple[Gaps, int]:
    """Return the gaps between orders, over the whole source, and the days of its history."""
    rows = scan_rows(table.table, table.config)
    bought = rows.filter(pl.col(REASON).is_null() & (pl.col("amount") > 0)).select(
        "customer_id", day=pl.col("timestamp").dt.date()
    )
    with reading(table.source):
        days = bought.unique().collect(engine="streaming")
    if days.is_empty():
        return measure_gaps(days.rename({"customer_id": "customer"})), 0
    history = days["day"].to_physical()
    return measure_gaps(days.rename({"customer_id": "customer"})), int(history.max()) - int(history.min()) + 1  # type: ignore[arg-type]
