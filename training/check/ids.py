"""Findings about customer ids: do they mean the same customers in every table."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from features.sources import reading, scan_source
from features.tables import TableConfig
from training.check.findings import Finding
from training.wording import count, percent

_OVERLAP_TO_WARN = 0.5
_ALIKE_LEAST = 0.05
_SAMPLE_IDS = 3


def check_id_types(table: str, config: TableConfig, transactions: TableConfig) -> Iterator[Finding]:
    """Report ids that are numbers in one table and text in the other; they are read as text in both."""
    here, there = _find_id_type(config), _find_id_type(transactions)
    if here and there and here != there:
        text = f"ids are {here} here and {there} in transactions; both are read as text"
        yield Finding.note(
            table, "customer_id", "id_types_differ", text, "they meet if they are written alike"
        )


def _find_id_type(config: TableConfig) -> str | None:
    with reading(config.source):
        schema = scan_source(config.source, config.query).collect_schema()
    dtype = schema.get(config.columns.get("customer_id", "customer_id"))
    if dtype is None:
        return None
    return "numbers" if dtype.is_numeric() else "text"


def check_overlap(table: str, ids: pl.Series, known: pl.Series) -> Iterator[Finding]:
    """Report customers of another table that have no transactions, and ids that are written differently.

    Parameters
    ----------
    table
        Name of the other table.
    ids
        Its customer ids, each once.
    known
        Customer ids of the transactions, each once.
    """
    if ids.is_empty() or known.is_empty():
        return
    met = int(ids.is_in(known.implode()).sum())
    alike = int(_plain(ids).unique().is_in(_plain(known).unique().implode()).sum())
    share = met / len(ids)
    if alike > 2 * met and alike > _ALIKE_LEAST * len(ids):
        found = f"{count(met, 'customer')} of {len(ids):,} are in transactions, {alike:,} if written alike"
        text = f"{found}: {_examples(ids)} here, {_examples(known)} there"
        advice = (
            'write ids the same, with an expression such as "CAST(CAST(customer_id AS BIGINT) AS VARCHAR)"'
        )
        severity = Finding.error if not met else Finding.warning
        yield severity(table, "customer_id", "ids_written_differently", text, advice, len(ids) - met)
    elif not met:
        text = f"no customer is in transactions: {_examples(ids)} here, {_examples(known)} there"
        yield Finding.error(
            table,
            "customer_id",
            "ids_do_not_meet",
            text,
            "map the column that holds the same id as in transactions",
            len(ids),
        )
    else:
        severity = Finding.note if share >= _OVERLAP_TO_WARN or table == "customers" else Finding.warning
        text = f"{count(met, 'customer')} of {len(ids):,} ({percent(share)}) are in transactions"
        yield severity(table, "customer_id", "overlap", text, "", met)


def _plain(ids: pl.Series) -> pl.Series:
    """Return ids without what differs when numbers become text: zeros before, `.0` behind, case, blanks."""
    return ids.str.strip_chars().str.to_lowercase().str.replace(r"\.0+$", "").str.strip_chars_start("0")


def _examples(ids: pl.Series) -> str:
    return ", ".join(f'"{each}"' for each in ids.head(_SAMPLE_IDS))
