"""A check's result as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from training.check.findings import Finding, Severity
from training.check.result import CheckResult
from training.check.verdict import say_verdict
from training.wording import count, money, percent

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


class CheckProgress:
    """A progress bar with a line for each table; use it as a context."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("reading {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> CheckProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def start(self, table: str, rows: int | None) -> None:
        """Begin a table's line."""
        self._task = self._bar.add_task(table, total=rows)

    def advance(self, rows: int) -> None:
        """Move the current table's bar."""
        if self._task is not None:
            self._bar.advance(self._task, rows)


def print_check(result: CheckResult, console: Console) -> None:
    """Print tables, the base in figures, and the findings, worst first."""
    console.print(_list_tables(result))
    for line in describe_base(result):
        console.print(f"  {line}", highlight=False)
    console.print(_list_findings(result.findings))
    console.print(describe_counts(result), highlight=False)
    console.print(say_verdict(result)[1], highlight=False)


def describe_counts(result: CheckResult) -> str:
    """Return errors, warnings and notes in one line."""
    return ", ".join(count(len(result.of(severity)), severity.value) for severity in Severity)


def describe_rows(result: CheckResult) -> str:
    """Return how the rows add up."""
    read, good, rejected = result.rows
    return f"{count(read, 'row')} read = {good:,} good + {rejected:,} rejected"


def describe_base(result: CheckResult) -> Iterator[str]:
    """Yield what the base looks like, a sentence each."""
    base = result.base
    if base is None:
        return
    yield (
        f"{count(base.customers, 'customer')}, {count(base.orders, 'order')}, {count(base.lines, 'line')}, "
        f"{money(base.value, result.currency)}, "
        f"{base.first_day} to {base.newest_day} ({count(base.history_days, 'day')})"
    )
    target = base.target
    if target.churn_rate is not None:
        upgraded = (
            "" if target.upgrade_rate is None else f", {percent(target.upgrade_rate)} of the others upgrade"
        )
        churned = f"within {count(target.days, 'day')} {percent(target.churn_rate)} of the customers churn"
        yield f"{churned}{upgraded} (as of {target.as_of})"
    if base.concentration:
        golden = base.concentration
        yield (
            f"golden share: {percent(golden.golden_customer_share)} of all who ever ordered brought "
            f"{percent(golden.golden_value_share)} of the value of the last {result.horizon_days} days"
        )


def _list_tables(result: CheckResult) -> Table:
    table = Table(title=f"{result.project}: {describe_rows(result)}", title_justify="left")
    table.add_column("table")
    for name in ("rows", "good", "rejected", "customers"):
        table.add_column(name, justify="right")
    table.add_column("source", overflow="fold", style="dim")
    for each in result.tables:
        if each.profile is None:
            table.add_row(each.name, "–", "–", "–", "–", each.source)
            continue
        numbers = (
            each.profile.rows,
            each.profile.good,
            each.profile.rows - each.profile.good,
            len(each.profile.customers),
        )
        table.add_row(each.name, *(f"{number:,}" for number in numbers), each.source)
    return table


def _list_findings(findings: tuple[Finding, ...]) -> Table:
    table = Table(show_lines=False)
    table.add_column("severity")
    table.add_column("where", overflow="fold")
    table.add_column("what was found, and what to do", ratio=1)
    for finding in findings:
        where = finding.table + (f".{finding.column}" if finding.column else "")
        text = Text(finding.text)
        if finding.advice:
            text.append(f"\n→ {finding.advice}", style="dim")
        table.add_row(Text(finding.severity.value, style=_COLOURS[finding.severity]), where, text)
    return table
