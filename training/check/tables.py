"""The check: reads every table once, and says what is wrong and what the base looks like."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

from features.databases import hide_password
from features.errors import DataError, UptierError
from features.schemas import Column
from features.sources import reading, scan_source
from features.tables import TableConfig, scan_rows
from features.values import is_readable
from models.settings import Settings
from training.check.amounts import check_amounts, check_currencies, check_scales, check_value
from training.check.base import check_age, check_enough, check_gaps, check_horizon
from training.check.base_figures import BaseFigures, build_base_figures
from training.check.columns import (
    check_customers,
    check_kinds,
    check_moments,
    check_optional_columns,
    check_rows,
)
from training.check.consent import check_consent
from training.check.customer_codes import CustomerCodes
from training.check.findings import Finding, sort_findings
from training.check.ids import check_id_types, check_overlap
from training.check.places import find_places
from training.check.reading_rules import ReadingRules
from training.check.rejects import RejectWriter
from training.check.report import save_report
from training.check.result import CheckedTable, CheckResult
from training.check.source_warnings import SourceWarnings
from training.check.table_profile import TableProfile, profile_table
from training.column_names import normalise
from training.starter.column_words import WORDS

logger = logging.getLogger(__name__)

REJECTED_FILE = "rejected.parquet"
CURRENCY = Column("currency", "text", False, "what the amount is in; looked at by the check alone")


class Progress(Protocol):
    """Is told how far the reading is."""

    def start(self, table: str, rows: int | None) -> None:
        """Say that a table of so many rows begins; None where nobody knows yet."""

    def advance(self, rows: int) -> None:
        """Say that so many rows more were read."""


class Silent:
    """Progress that nobody watches."""

    def start(self, table: str, rows: int | None) -> None:
        """Do nothing."""

    def advance(self, rows: int) -> None:
        """Do nothing."""


def check_tables(settings: Settings, now: dt.datetime, progress: Progress | None = None) -> CheckResult:
    """Read every configured table once and report.

    Parameters
    ----------
    settings
        Paths in it are absolute, as `load_settings` gives them.
    now
        The present, timezone-aware; what is later is a mistake.
    progress
        Told how far the reading is.

    Returns
    -------
    CheckResult
        Rejected rows are in `<workspace>/rejected.parquet` by then.
    """
    with RejectWriter(settings.project.workspace / REJECTED_FILE) as rejects:
        return _check(settings, now, progress or Silent(), rejects)


def check_and_save(
    settings: Settings, now: dt.datetime, progress: Progress | None = None
) -> tuple[CheckResult, Path]:
    """Check as `check_tables` does and put report and rejected rows in place together, at the end.

    Returns
    -------
    CheckResult
    Path
        The page; `check.json` is beside it.
    """
    with RejectWriter(settings.project.workspace / REJECTED_FILE) as rejects:
        result = _check(settings, now, progress or Silent(), rejects)
        rejects.finish()
        return result, save_report(result, settings.project.workspace / "reports")


def _check(settings: Settings, now: dt.datetime, progress: Progress, rejects: RejectWriter) -> CheckResult:
    rules = ReadingRules(settings.project.timezone, settings.target.value == "margin", now)
    codes, findings, tables = CustomerCodes(), list[Finding](), list[CheckedTable]()
    for name, table in settings.tables.present():
        profile = None
        with SourceWarnings(name) as warnings:
            try:
                profile = _profile(name, table, codes, rules, rejects, progress)
            except UptierError as error:
                findings.extend(_describe_error(name, error))
        findings.extend(warnings.findings())
        tables.append(CheckedTable(name, hide_password(table.source), profile))
    _check_that_counts_add_up(tables, rejects.rows)
    profiles = {table.name: table.profile for table in tables if table.profile}
    base = _build_base(profiles.get("transactions"), settings, now)
    for profile in profiles.values():
        findings.extend(_check_table(profile, codes, settings))
    if "customers" in profiles or settings.tables.customers is None:
        customers = profiles.get("customers")
        findings.extend(check_consent(None if customers is None else customers.consent.read()))
    if base:
        findings.extend(_check_base(base, profiles, codes, settings, now))
    return CheckResult(
        project=settings.project.name,
        currency=settings.project.currency,
        created=now,
        horizon_days=settings.target.horizon_days,
        tables=tuple(tables),
        findings=tuple(sort_findings(findings)),
        base=base,
        rejected=rejects.path,
    )


def _profile(
    name: str,
    table: TableConfig,
    codes: CustomerCodes,
    rules: ReadingRules,
    rejects: RejectWriter,
    progress: Progress,
) -> TableProfile:
    table, more = _find_currency(table) if name == "transactions" else (table, ())
    rows = scan_rows(name, table, rules.timezone, more=more)
    number = _count_rows(table)
    progress.start(name, number)
    places = find_places(table.source)
    profile = profile_table(name, rows, codes, rules, rejects, progress.advance, number, places)
    logger.info("checked %s: %d rows, %d good", name, profile.rows, profile.good)
    return profile


def _find_currency(table: TableConfig) -> tuple[TableConfig, tuple[Column, ...]]:
    """Return a table that brings the source's currency column along, where there is one."""
    with reading("transactions"):
        theirs = scan_source(table.source, table.query).collect_schema()
    words = WORDS["currency"].split()
    named = next((name for name in theirs if normalise(name) in words), None)
    if named is None or not is_readable("text", theirs[named]):
        return table, ()
    columns = {"currency": named, **table.columns}
    return table.model_copy(update={"columns": columns}), (CURRENCY,)


def _count_rows(table: TableConfig) -> int | None:
    """Return the number of rows where the source knows it without being read: Parquet does."""
    if not table.source.lower().endswith((".parquet", ".pq", ".parq")):
        return None
    with reading(table.source):
        return int(scan_source(table.source, table.query).select(pl.len()).collect().item())


def _check_that_counts_add_up(tables: list[CheckedTable], rejected: int) -> None:
    counted = sum(table.profile.rows - table.profile.good for table in tables if table.profile)
    # A table that broke off half-way has no profile, but its rejected rows are in the file.
    if counted > rejected or (counted < rejected and all(table.profile for table in tables)):
        raise RuntimeError(f"{counted} rows were rejected, {rejected} are in the file of rejected rows")


def _describe_error(table: str, error: UptierError) -> Iterator[Finding]:
    """Yield what keeps a table from being read: each column that is wrong, else the error as it is."""
    violations = error.violations if isinstance(error, DataError) else ()
    columns = [(named[1], text) for text in violations if (named := re.match(r"column '([^']+)'", text))]
    advice = "; ".join(text for text in violations if not text.startswith("column '"))
    for column, text in columns:
        yield Finding.error(table, column, "wrong_column", text, advice)
    if not columns:
        yield Finding.error(table, "", "unreadable", str(error).removeprefix(table).lstrip(": "))


def _build_base(profile: TableProfile | None, settings: Settings, now: dt.datetime) -> BaseFigures | None:
    """Return the figures of what has happened; a line in the future is an error and would spoil them all."""
    if profile is None or profile.lines is None:
        return None
    lines = profile.lines.filter(pl.col("day").cast(pl.Date) <= now.date() + dt.timedelta(days=1))
    if lines.is_empty():
        return None
    target = settings.target
    first = pl.lit(profile.columns["timestamp"].minimum).dt.convert_time_zone(settings.project.timezone)
    return build_base_figures(
        lines,
        target.horizon_days,
        target.valued_share,
        target.tiers,
        first_at_midnight=pl.select(first.dt.time()).item() == dt.time(),
    )


def _check_table(profile: TableProfile, codes: CustomerCodes, settings: Settings) -> Iterator[Finding]:
    yield from check_rows(profile)
    yield from check_moments(profile)
    if profile.name == "transactions":
        currency, target = settings.project.currency, settings.target
        yield from check_customers(profile, codes)
        yield from check_amounts(profile, currency)
        yield from check_value(profile, margin=target.value == "margin", by_seller=target.by_seller)
        yield from check_currencies(profile.name, dict(profile.currencies.most_common()), currency)
        yield from check_scales(profile.scales)
    yield from check_kinds(profile)
    yield from check_optional_columns(profile, margin=settings.target.value == "margin")


def _check_base(
    base: BaseFigures,
    profiles: dict[str, TableProfile],
    codes: CustomerCodes,
    settings: Settings,
    now: dt.datetime,
) -> Iterator[Finding]:
    horizon_days = settings.target.horizon_days
    yield from check_enough(base, horizon_days)
    yield from check_horizon(base, horizon_days)
    yield from check_age(base, horizon_days, now.date())
    yield from check_gaps(base)
    known = codes.decode(pl.Series(profiles["transactions"].customers))
    for name, profile in profiles.items():
        if name != "transactions":
            yield from check_id_types(name, getattr(settings.tables, name), settings.tables.transactions)
            yield from check_overlap(name, codes.decode(pl.Series(profile.customers)), known)
