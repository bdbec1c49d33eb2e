"""The outcome of a check, for the terminal, the page and programs alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.check.base_figures import BaseFigures
from training.check.findings import Finding, Severity
from training.check.over_time import build_over_time
from training.check.table_profile import TableProfile
from training.gaps import REPEAT_SHARE

FORMAT = 1
"""Version of the JSON's shape; keys are added, not renamed, while it stays."""


@dataclass(frozen=True)
class CheckedTable:
    """A table, where it came from, and what its reading found; None where it could not be read."""

    name: str
    source: str
    profile: TableProfile | None

    def to_dict(self) -> dict[str, Any]:
        """Return the table with stable keys, ready for JSON."""
        profile = self.profile or TableProfile(self.name)
        return {
            "name": self.name,
            "source": self.source,
            "readable": self.profile is not None,
            "rows_read": profile.rows,
            "rows_good": profile.good,
            "rows_rejected": profile.rows - profile.good,
            "reasons": dict(profile.reasons.most_common()),
            "customers": len(profile.customers),
            "exact_duplicates": profile.duplicates,
            "columns": [_plain(asdict(column)) for column in profile.columns.values()],
        }


@dataclass(frozen=True)
class CheckResult:
    """Everything that a check found.

    Attributes
    ----------
    project, currency
        As the config says.
    created
        When the check ran, timezone-aware.
    horizon_days
        Length of the future.
    tables
        All configured tables.
    findings
        Worst first.
    base
        The customer base in figures; None where no transaction is good.
    rejected
        The file of rejected rows.
    """

    project: str
    currency: str
    created: dt.datetime
    horizon_days: int
    tables: tuple[CheckedTable, ...]
    findings: tuple[Finding, ...]
    base: BaseFigures | None
    rejected: Path

    def of(self, severity: Severity) -> list[Finding]:
        """Return the findings of a severity."""
        return [finding for finding in self.findings if finding.severity is severity]

    @property
    def rows(self) -> tuple[int, int, int]:
        """Rows read, good and rejected, over all tables; the first is the sum of the others."""
        profiles = [table.profile for table in self.tables if table.profile]
        read, good = sum(each.rows for each in profiles), sum(each.good for each in profiles)
        return read, good, read - good

    def to_dict(self) -> dict[str, Any]:
        """Return the result with stable keys, ready for JSON."""
        read, good, rejected = self.rows
        return {
            "format": FORMAT,
            "project": self.project,
            "currency": self.currency,
            "created": self.created.isoformat(timespec="seconds"),
            "counts": {f"{severity.value}s": len(self.of(severity)) for severity in Severity},
            "rows": {"read": read, "good": good, "rejected": rejected},
            "rejected_file": str(self.rejected),
            "findings": [finding.to_dict() for finding in self.findings],
            "tables": [table.to_dict() for table in self.tables],
            "base": _plain(dict(_base(self.base, self.horizon_days))) if self.base else None,
            "series": _series(self.base) if self.base else None,
        }


def _base(base: BaseFigures, horizon_days: int) -> Iterator[tuple[str, Any]]:
    yield from (
        ("lines", base.lines),
        ("orders", base.orders),
        ("customers", base.customers),
        ("value", base.value),
    )
    yield from (
        ("first_day", base.first_day),
        ("newest_day", base.newest_day),
        ("history_days", base.history_days),
    )
    yield from (("horizon_days", horizon_days), ("churn_rate", base.target.churn_rate))
    yield from (("upgrade_rate", base.target.upgrade_rate), ("target", asdict(base.target)))
    yield "suggested_horizon_days", base.gaps.suggest_horizon_days(base.history_days)
    yield "returning_customers", base.gaps.customers
    yield "typical_gap_days", base.gaps.quantile(REPEAT_SHARE)
    yield "median_gap_days", base.gaps.quantile(0.5)
    if base.concentration:
        yield "golden_customer_share", base.concentration.golden_customer_share
        yield "golden_value_share", base.concentration.golden_value_share


def _series(base: BaseFigures) -> dict[str, Any]:
    over_time = build_over_time(base.by_day)
    concentration = base.concentration
    return {
        "over_time": {
            "period": over_time.period,
            "rows": [_plain(row) for row in over_time.rows.iter_rows(named=True)],
        },
        "gaps": [
            {"days": days, "share": share}
            for days, share in zip(base.gaps.days.tolist(), base.gaps.share.tolist(), strict=True)
        ],
        "concentration": [
            {"customer_share": customers, "value_share": value}
            for customers, value in zip(
                concentration.customer_share.tolist(), concentration.value_share.tolist(), strict=True
            )
        ]
        if concentration
        else [],
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values that JSON knows: moments as ISO text, what is not finite as null."""
    return {key: _plain_value(value) for key, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
