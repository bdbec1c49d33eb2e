"""A backtest as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.evaluation.backtest import Backtest
from training.evaluation.report import Cell, build_tables, list_windows
from training.evaluation.results import Results
from training.evaluation.verdict import say_grade, say_verdict

_SHORT = {
    "normalised Gini": "norm. Gini",
    "Spearman": "Spear-\nman",
    "average precision": "average prec.",
    "calibration error": "calibr. error",
    "MAE of the median": "MAE p50",
}


def print_backtest(backtest: Backtest, results: Results, console: Console) -> None:
    """Print every rung by target, window by window, the grades and the verdict."""
    for each in build_tables(backtest, results):
        table = _create_table(each.title, ["rung"], [_SHORT.get(name, name) for name in each.columns])
        for name, served, cells in each.rows:
            style = "bold" if served else ""
            words = [_write(cell) for cell in cells]
            table.add_row(name, *words, style=style)
        console.print(table)
    console.print(_list_windows(backtest, results))
    for grade in results.grades.targets:
        console.print(f"{grade.target}: {grade.letter or 'not graded'}. {say_grade(grade)}", highlight=False)
    console.print(f"overall: {results.grades.overall}", highlight=False)
    for line in (*say_verdict(backtest, results), *backtest.notes):
        console.print(line, highlight=False)


def _write(cell: Cell) -> Text:
    return Text(f"{cell.figure}\n{cell.error.replace(' ', '')}".strip(), style="green" if cell.best else "")


def _list_windows(backtest: Backtest, results: Results) -> Table:
    table = _create_table(
        "Window by window",
        ["as of"],
        ["base", "said", "came", "off", "value Gini", "churn AUC", "upgrade AUC"],
    )
    for row in list_windows(backtest, results):
        table.add_row(*row)
    return table


def _create_table(title: str, names: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, min_width=10)
    for figure in figures:
        table.add_column(figure, justify="right")
    return table
