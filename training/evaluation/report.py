"""A backtest as a page to hand around, and as JSON: self-contained, nothing is loaded from anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.trust import say_meaning
from training.evaluation.backtest import Backtest
from training.evaluation.charts import build_tenths, draw_pictures
from training.evaluation.figures import find_direction
from training.evaluation.gate import GateResult
from training.evaluation.grade import LETTERS
from training.evaluation.resampling import Evaluation
from training.evaluation.results import Results
from training.evaluation.verdict import say_grade, say_verdict
from training.page import clean, create_templates, save_together, write_json
from training.wording import money, percent

_TEMPLATES = Path(__file__).parent / "templates"
_TITLES = {"value": "Value", "churn": "Churn", "upgrade": "Upgrade"}
_COLUMNS: dict[str, dict[str, str]] = {
    "value": {
        "value.norm_gini": "normalised Gini",
        "value.spearman": "Spearman",
        "value.top20_capture": "top fifth",
        "value.abs_bias": "total off",
        "value.decile_error": "tenths off",
        "value.rmse": "RMSE",
        "value.mae": "MAE",
        "median_mae": "MAE of the median",
    },
    **{
        target: {
            f"{target}.auc": "AUC",
            f"{target}.average_precision": "average precision",
            f"{target}.lift_top10": "lift, first tenth",
            f"{target}.log_loss": "log loss",
            f"{target}.brier": "Brier",
            f"{target}.ece": "calibration error",
        }
        for target in ("churn", "upgrade")
    },
}
_SHARES = {"value.abs_bias", "value.decile_error", "value.top20_capture"}


def save_report(
    backtest: Backtest,
    results: Results,
    folder: Path,
    *,
    gate: GateResult | None = None,
    name: str = "backtest",
) -> Path:
    """Write page and JSON of that name into a folder, both or neither, and return the page's path."""
    page = folder / f"{name}.html"
    content = build_content(backtest, results, gate=gate)
    html = build_page(backtest, results, gate=gate)
    save_together({page: html, folder / f"{name}.json": write_json(content)})
    return page


def build_content(backtest: Backtest, results: Results, *, gate: GateResult | None = None) -> dict[str, Any]:
    """Return all that the page says, with stable keys, ready for JSON; an unknown figure is null."""
    ladder = backtest.ladder
    content: dict[str, Any] = {
        "project": backtest.project,
        "currency": backtest.currency,
        "served": ladder.served,
        "rungs": {rung: {"words": ladder.name(rung)} for rung in results.overall.figures},
        "verdict": say_verdict(backtest, results),
        "grades": results.grades.to_dict(),
        "gate": None if gate is None else gate.to_dict(),
        "figures": _list_figures(results.overall),
        "windows": [
            {
                "as_of": window.as_of.isoformat(),
                "horizon_days": window.horizon_days,
                "customers": len(window.labels.customers),
                "threshold": window.labels.threshold,
                "actual_total": float(window.labels.value.sum()),
                "predicted_total": float(window.rungs[ladder.served].expected_value.sum()),
                "figures": _list_figures(evaluation),
            }
            for window, evaluation in zip(backtest.windows, results.windows, strict=True)
        ],
        "slices": [
            {
                "grouping": each.grouping,
                "group": each.group,
                "rows": each.rows,
                "value": each.value,
                "share": each.share,
                "figures": _list_figures(each.evaluation),
            }
            for each in results.slices
        ],
        "tenths": {
            target: [asdict(each) for each in rows] for target, rows in build_tenths(backtest).items()
        },
        "importance": [asdict(each) for each in backtest.importance],
        "notes": list(backtest.notes),
    }
    cleaned: dict[str, Any] = clean(content)
    return cleaned


def build_page(backtest: Backtest, results: Results, *, gate: GateResult | None = None) -> str:
    """Return the page as HTML."""
    overall = results.grades.overall
    return (
        create_templates(_TEMPLATES)
        .get_template("backtest.html")
        .render(
            backtest=backtest,
            results=results,
            gate=gate,
            overall=overall,
            tone=dict(zip(LETTERS, ("good", "good", "warning", "error"), strict=True))[overall],
            meaning=say_meaning({each.target: each.letter for each in results.grades.targets}),
            verdict=say_verdict(backtest, results),
            grades=[(_TITLES[each.target], each, say_grade(each)) for each in results.grades.targets],
            tables=list(build_tables(backtest, results)),
            windows=list(list_windows(backtest, results)),
            pictures=draw_pictures(backtest, results),
            groups=list(_list_groups(backtest, results)),
        )
    )


@dataclass(frozen=True)
class Cell:
    """One figure of a table, with its standard error, in words."""

    figure: str
    error: str = ""
    best: bool = False


@dataclass(frozen=True)
class Table:
    """Rungs against figures of one target."""

    title: str
    columns: list[str]
    rows: list[tuple[str, bool, list[Cell]]]


def build_tables(backtest: Backtest, results: Results) -> Iterator[Table]:
    """Yield a table of the rungs for each target, in words."""
    overall, ladder = results.overall, backtest.ladder
    for target, columns in _COLUMNS.items():
        best = {name: _find_best(overall, name) for name in columns}
        rows = [
            (
                ladder.name(rung),
                rung == ladder.served,
                [_write_cell(overall, rung, name, best[name]) for name in columns],
            )
            for rung in overall.figures
        ]
        yield Table(_TITLES[target], list(columns.values()), rows)


def _find_best(evaluation: Evaluation, name: str) -> float:
    known = [value for rung in evaluation.figures if math.isfinite(value := evaluation.figure(rung, name))]
    return find_direction(name) * max((find_direction(name) * value for value in known), default=math.nan)


def _write_cell(evaluation: Evaluation, rung: str, name: str, best: float) -> Cell:
    figure, error = evaluation.figure(rung, name), evaluation.error(rung, name)
    if not math.isfinite(figure):
        return Cell("–")
    if name in _SHARES:
        return Cell(f"{100 * figure:.1f} %", f"± {100 * error:.1f}", figure == best)
    digits = 3 if abs(figure) < 20 else 1 if abs(figure) < 1000 else 0
    return Cell(f"{figure:,.{digits}f}", f"± {error:,.{digits}f}", figure == best)


def list_windows(backtest: Backtest, results: Results) -> Iterator[list[str]]:
    """Yield a row for each window: moment, customers, totals, error, and the ranking of each target."""
    served = backtest.ladder.served
    for window, evaluation in zip(backtest.windows, results.windows, strict=True):
        predicted = float(window.rungs[served].expected_value.sum())
        yield [
            f"{window.as_of:%Y-%m-%d}",
            f"{len(window.labels.customers):,}",
            money(predicted, backtest.currency),
            money(float(window.labels.value.sum()), backtest.currency),
            _write_share(evaluation, served, "value.bias"),
            *(
                _write_cell(evaluation, served, name, math.nan).figure
                for name in ("value.norm_gini", "churn.auc", "upgrade.auc")
            ),
        ]


def _list_groups(backtest: Backtest, results: Results) -> Iterator[list[str]]:
    served = backtest.ladder.served
    for each in results.slices:
        figures = [
            _write_cell(each.evaluation, served, name, math.nan).figure
            for name in ("value.norm_gini", "churn.auc", "churn.ece", "upgrade.auc")
        ]
        bias = _write_share(each.evaluation, served, "value.bias")
        share = percent(each.share) if 0 <= each.share <= 1 else "–"
        yield [each.words, f"{each.rows:,}", share, bias, *figures]


def _write_share(evaluation: Evaluation, rung: str, name: str) -> str:
    figure, error = evaluation.figure(rung, name), evaluation.error(rung, name)
    return f"{100 * figure:+.0f} ± {100 * error:.0f} %" if math.isfinite(figure) else "–"


def _list_figures(evaluation: Evaluation) -> dict[str, Any]:
    return {
        rung: {
            name: {"figure": figure, "standard_error": evaluation.error(rung, name)}
            for name, figure in figures.items()
        }
        for rung, figures in evaluation.figures.items()
    }
