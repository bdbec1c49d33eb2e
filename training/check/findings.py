"""What a check finds: where, how bad, what was seen, what to do about it."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from typing import Any, Self


class Severity(enum.StrEnum):
    """How bad a finding is: an error stops, a warning costs quality, a note is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing about the data.

    Parameters
    ----------
    severity
        Errors stop, warnings and notes do not.
    code
        Stable name of the kind of finding, for programs.
    table
        Name of the table, empty for what concerns all of them.
    column
        Name of the column, empty for what concerns the table.
    text
        What was found, a sentence without full stop, as a person reads it.
    advice
        What to do about it.
    count
        Rows, customers or days concerned, where that is a number.
    """

    severity: Severity
    code: str
    table: str
    column: str
    text: str
    advice: str = ""
    count: int | None = None

    @classmethod
    def error(
        cls, table: str, column: str, code: str, text: str, advice: str = "", count: int | None = None
    ) -> Self:
        """Return a finding that stops."""
        return cls(Severity.ERROR, code, table, column, text, advice, count)

    @classmethod
    def warning(
        cls, table: str, column: str, code: str, text: str, advice: str = "", count: int | None = None
    ) -> Self:
        """Return a finding that costs quality."""
        return cls(Severity.WARNING, code, table, column, text, advice, count)

    @classmethod
    def note(
        cls, table: str, column: str, code: str, text: str, advice: str = "", count: int | None = None
    ) -> Self:
        """Return a finding that is good to know."""
        return cls(Severity.NOTE, code, table, column, text, advice, count)

    def sentence(self) -> str:
        """Return the finding in one line: where, what, what to do."""
        where = self.table + (f".{self.column}" if self.column else "")
        return f"{where}: {self.text}" + (f"; {self.advice}" if self.advice else "")

    def to_dict(self) -> dict[str, Any]:
        """Return the finding with stable keys, ready for JSON."""
        return asdict(self) | {"severity": self.severity.value}


def sort_findings(findings: list[Finding]) -> list[Finding]:
    """Return the findings, worst first, otherwise in the order they were made."""
    return sorted(findings, key=lambda finding: finding.severity.rank)
