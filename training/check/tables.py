"""The check: reads every table once, and says what is wrong and what the base looks like."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterator
from typing import Protocol

import polars as pl

from features.databases import hide_password, is_database
from features.errors import DataError, UptierError
from features.sources import reading, scan_source
from features.tables import TableConfig, scan_rows
from models.settings import Settings
from training.check.amounts import check_amounts, check_currencies, check_scales, check_value
from training.check.base import check_enough, check_gaps, check_horizon
from training.check.base_figures import BaseFigures, build_base_figures
from training.check.columns import check_kinds, check_moments, check_optional_columns, check_rows
from training.check.customer_codes import CustomerCodes
from training.check.findings import Finding, sort_findings
from training.check.ids import check_id_types, check_overlap
from training.check.rejects import RejectWriter
from training.check.result import CheckedTable, CheckResult
from training.check.table_profile import ReadingRules, TableProfile, profile_table
from training.starter.column_words import WORDS, normalise

logger = logging.getLogger(__name__)

REJECTED_FILE = "rejected.parquet"


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
    rules = ReadingRules(settings.project.timezone, settings.target.value == "margin", now)
    codes, findings, tables = CustomerCodes(), list[Finding](), list[CheckedTable]()
    rejected = settings.project.workspace / REJECTED_FILE
    with RejectWriter(rejected) as rejects:
        for name, table in settings.tables.present():
            profile = None
            try:
                profile = _profile(name, table, codes, rules, rejects, progress or Silent())
            except UptierError as error:
                findings.extend(_describe_error(name, error))
            tables.append(CheckedTable(name, hide_password(table.source), profile))
        _check_that_counts_add_up(tables, rejects.rows)
    profiles = {table.name: table.profile for table in tables if table.profile}
    base = _build_base(profiles.get("transactions"), settings, now)
    for name, profile in profiles.items():
        findings.extend(_check_table(profile, getattr(settings.tables, name), settings))
    if base:
        findings.extend(_check_base(base, profiles, codes, settings))
    return CheckResult(
        project=settings.project.name,
        currency=settings.project.currency,
        created=now,
        horizon_days=settings.target.horizon_days,
        golden=settings.target.tiers.A,
        tables=tuple(tables),
        findings=tuple(sort_findings(findings)),
        base=base,
        rejected=rejected,
    )


def _profile(
    name: str,
    table: TableConfig,
    codes: CustomerCodes,
    rules: ReadingRules,
    rejects: RejectWriter,
    progress: Progress,
) -> TableProfile:
    rows = scan_rows(name, table, rules.timezone)
    progress.start(name, _count_rows(table))
    profile = profile_table(name, rows, codes, rules, rejects, progress.advance)
    logger.info("checked %s: %d rows, %d good", name, profile.rows, profile.good)
    return profile


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
        yield Finding.error(table, "", "unreadable", str(error).removeprefix(f"{table}: "))


def _build_base(profile: TableProfile | None, settings: Settings, now: dt.datetime) -> BaseFigures | None:
    """Return the figures of what has happened; a line in the future is an error and would spoil them all."""
    if profile is None or profile.lines is None:
        return None
    lines = profile.lines.filter(pl.col("day").cast(pl.Date) <= now.date() + dt.timedelta(days=1))
    if lines.is_empty():
        return None
    target = settings.target
    return build_base_figures(lines, target.horizon_days, target.valued_share, target.tiers.A)


def _check_table(profile: TableProfile, table: TableConfig, settings: Settings) -> Iterator[Finding]:
    yield from check_rows(profile)
    yield from check_moments(profile)
    if profile.name == "transactions":
        yield from check_amounts(profile, settings.project.currency)
        yield from check_value(
            profile, margin=settings.target.value == "margin", by_seller=settings.target.by_seller
        )
        yield from check_currencies(profile.name, _count_currencies(table), settings.project.currency)
        yield from check_scales(profile.scales)
    yield from check_kinds(profile)
    yield from check_optional_columns(profile)


def _count_currencies(table: TableConfig) -> dict[str, int]:
    """Return the rows by what a currency column says, most frequent first; empty without one."""
    with reading(table.source):
        source = scan_source(table.source, table.query)
        words = WORDS["currency"].split()
        named = [name for name in source.collect_schema() if normalise(name) in words]
        if not named or is_database(table.source):
            return {}
        values = pl.col(named[0]).cast(pl.String).str.strip_chars().alias("currency")
        counted = (
            source.select(values).filter(pl.col("currency").str.len_chars() > 0).group_by("currency").len()
        )
        return dict(
            counted.sort("len", "currency", descending=[True, False]).collect(engine="streaming").iter_rows()
        )


def _check_base(
    base: BaseFigures, profiles: dict[str, TableProfile], codes: CustomerCodes, settings: Settings
) -> Iterator[Finding]:
    horizon_days = settings.target.horizon_days
    yield from check_enough(base, horizon_days)
    yield from check_horizon(base, horizon_days)
    yield from check_gaps(base)
    known = codes.decode(pl.Series(profiles["transactions"].customers))
    for name, profile in profiles.items():
        if name != "transactions":
            yield from check_id_types(name, getattr(settings.tables, name), settings.tables.transactions)
            yield from check_overlap(name, codes.decode(pl.Series(profile.customers)), known)
