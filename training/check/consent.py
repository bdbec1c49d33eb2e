"""Consent in the customers table: which columns tell of it, which of their values refuse, and how many do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from models.consent import find_consent_columns, read_answer, read_consent
from training.check.findings import Finding
from training.wording import count, percent, toml_key

_SHOWN = 5
_NOBODY = "nobody is left out of lists"
HOW = 'map the column that allows contact: [tables.customers.columns] consent = "…"'


@dataclass
class ConsentCounts:
    """What a customers table says of consent, added up over batches.

    Attributes
    ----------
    answers : dict of str to Counter
        By column, rows by its value as text and whether that allows contact: None where it says nothing.
    refused, silent : int
        Rows of which a column says no, and of which none says anything.
    """

    answers: dict[str, Counter[tuple[str, bool | None]]] = field(default_factory=dict)
    refused: int = 0
    silent: int = 0

    def add(self, customers: pl.DataFrame) -> None:
        """Count some rows."""
        columns = find_consent_columns(customers.columns)
        for name, given in columns.items():
            dtype = customers.schema[name]
            value = pl.lit("a date") if dtype.is_temporal() else pl.col(name).cast(pl.String)
            told = customers.select(value=value, allows=read_answer(name, dtype, given=given))
            counts = self.answers.setdefault(name, Counter())
            for text, allows, rows in told.group_by("value", "allows").len().iter_rows():
                counts[text or "", allows] += rows
        if columns:
            consent = read_consent(customers)
            self.refused += int((~consent).sum())
            self.silent += consent.null_count()


def check_consent(counts: ConsentCounts | None, rows: int) -> Iterator[Finding]:
    """Report what is taken for consent, and how many customers refuse; or that nothing is.

    Parameters
    ----------
    counts : ConsentCounts, optional
        None where there is no customers table.
    rows : int
        Good rows of the customers table.
    """
    if counts is None or not counts.answers:
        what = "no customers table" if counts is None else "no column is recognised as consent"
        advice = HOW if counts is not None else f"bring one with a column of consent, then {HOW}"
        yield Finding.note("customers", "", "no_consent", f"{what}: {_NOBODY}", advice, 0)
        return
    for name, answers in counts.answers.items():
        refusing = Counter({text: number for (text, allows), number in answers.items() if allows is False})
        number = refusing.total()
        if number:
            often = sorted(refusing, key=lambda value: (-refusing[value], value))
            values = ", ".join(f'"{value}"' for value in often[:_SHOWN])
            more = f" and {len(refusing) - _SHOWN} other values" if len(refusing) > _SHOWN else ""
            text = f"taken for consent; {count(number, 'customer')} refused by saying {values}{more}"
        else:
            text = "taken for consent; no value refuses"
        advice = f'if it is none, leave it out: [tables.customers.columns] {toml_key(name)} = ""'
        yield Finding.note("customers", name, "consent_column", text, advice, number)
    left_out = f"{count(counts.refused, 'customer')} ({percent(counts.refused / rows)}) refuse"
    text = f"{left_out} and are left out of lists; of {counts.silent:,} nothing is known, they stay in"
    severity = Finding.warning if counts.refused == rows else Finding.note
    advice = (
        "nobody can be listed; map another column or correct the values" if counts.refused == rows else ""
    )
    yield severity("customers", "", "consent", text, advice, counts.refused)
