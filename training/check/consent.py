"""Consent in the customers table: which columns tell of it, which of their values refuse, and how many do."""

from __future__ import annotations

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
class ConsentRows:
    """What the rows of a customers table say of consent, gathered in batches."""

    _batches: list[pl.DataFrame] = field(default_factory=list)

    def add(self, customers: pl.DataFrame) -> None:
        """Keep what some rows say."""
        self._batches.append(customers.select("customer_id", *find_consent_columns(customers.columns)))

    def read(self) -> pl.DataFrame:
        """Return `customer_id` and the columns of consent of each customer's last row, which holds."""
        rows = pl.concat(self._batches) if self._batches else pl.DataFrame(schema={"customer_id": pl.String})
        return rows.unique("customer_id", keep="last", maintain_order=True)


def check_consent(customers: pl.DataFrame | None) -> Iterator[Finding]:
    """Report what is taken for consent, and how many customers refuse; or that nothing is.

    Parameters
    ----------
    customers : DataFrame, optional
        As `ConsentRows.read` returns it; None where there is no customers table.
    """
    if customers is None:
        yield _tell_nothing("no customers table", f"bring one with a column of consent, then {HOW}")
    elif customers.is_empty():
        yield _tell_nothing("no row can be used", "")
    elif customers.width == 1:
        yield _tell_nothing("no column is recognised as consent", HOW)
    else:
        yield from _check_columns(customers)
        yield _count_refusals(read_consent(customers))


def _tell_nothing(what: str, advice: str) -> Finding:
    return Finding.note("customers", "", "no_consent", f"{what}: {_NOBODY}", advice, 0)


def _check_columns(customers: pl.DataFrame) -> Iterator[Finding]:
    """Yield for each column which of its values refuse, the most frequent first."""
    for name, given in find_consent_columns(customers.columns).items():
        dtype = customers.schema[name]
        refusing = customers.filter(~read_answer(name, dtype, given=given)).select(value=_quote(name, dtype))
        often = refusing.group_by("value").len().sort("len", "value", descending=[True, False])["value"]
        text = "taken for consent; no value refuses"
        if len(often):
            more = f" and {len(often) - _SHOWN} other values" if len(often) > _SHOWN else ""
            values = ", ".join(often[:_SHOWN]) + more
            text = f"taken for consent; {count(len(refusing), 'customer')} refused by saying {values}"
        advice = f'if it is none, leave it out: [tables.customers.columns] {toml_key(name)} = ""'
        yield Finding.note("customers", name, "consent_column", text, advice, len(refusing))


def _quote(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return values as a person reads them; of flags and dates the source's own writing is not known."""
    if dtype == pl.Boolean:
        return pl.when(name).then(pl.lit("yes")).otherwise(pl.lit("no"))
    return pl.lit("a date") if dtype.is_temporal() else pl.format('"{}"', pl.col(name).cast(pl.String))


def _count_refusals(consent: pl.Series) -> Finding:
    refused, silent = int((~consent).sum()), consent.null_count()
    text = (
        f"{count(refused, 'customer')} ({percent(refused / len(consent))}) refuse and are left out of lists;"
        f" of {silent:,} nothing is known, they stay in"
    )
    if refused < len(consent):
        return Finding.note("customers", "", "consent", text, "", refused)
    advice = "nobody can be listed; map another column or correct the values"
    return Finding.warning("customers", "", "consent", text, advice, refused)
