"""Recording: what of a training goes into the store of runs and models."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from models.bundle import Bundle, save_bundle
from models.model_index import LADDER, ModelVersion
from models.pyfunc import score_rows
from models.request import Row
from models.scorer import Scorer
from models.self_test import add_examples
from models.settings import Settings
from training.evaluation.figures import HEADLINES
from training.evaluation.report import build_content
from training.judging import Judgement
from training.source_history import SourceHistory, to_moment
from training.tracking import Tracking
from training.training_record import REHEARSAL_FOLDER, DatasetRecord, TrainingRecord, hide_secrets

REPORT = "report"
"""The bundle's document with all that the backtest said."""

_EXAMPLES = 3


def record_training(
    tracking: Tracking,
    settings: Settings,
    source: SourceHistory,
    scorer: Scorer,
    judged: Judgement,
    page: Path | None,
) -> ModelVersion:
    """Write the bundle, and record it with all that is known of it.

    Parameters
    ----------
    tracking : Tracking
    settings : Settings
    source : SourceHistory
    scorer : Scorer
        The model.
    judged : Judgement
    page : Path, optional
        The report.
    """
    config = settings.model_dump(mode="json")
    with tempfile.TemporaryDirectory(prefix="uptier-") as folder:
        bundle, now = Path(folder) / "bundle", dt.datetime.now(dt.UTC)
        examples = _choose_examples(source, scorer)
        made = scorer.to_bundle(hide_secrets(config), now)
        save_bundle(bundle, _add_report(add_examples(made, scorer, examples, source.as_of), judged))
        rehearsal, about = None, _describe(source, scorer, judged)
        if judged.rehearsal is not None:
            rehearsal = Path(folder) / REHEARSAL_FOLDER
            kept = save_bundle(rehearsal, judged.rehearsal.to_bundle(hide_secrets(config), now))
            about[REHEARSAL_FOLDER] = kept.checksum or ""
        record = TrainingRecord(
            config=config,
            figures=collect_figures(judged),
            headline=_collect_headline(judged),
            about=about,
            dataset=describe_data(settings, source),
            features=scorer.predictor.catalogue.names,
            as_of=source.as_of,
            examples=examples,
            outputs=tuple(score_rows(bundle)(list(examples), source.as_of)),
        )
        return tracking.record(record, bundle, page, rehearsal)


def collect_figures(judged: Judgement) -> dict[str, Any]:
    """Return every figure with its standard error, by rung, and those of each group of what is served."""
    if judged.backtest is None or judged.results is None:
        return {}
    overall, served = judged.results.overall, judged.backtest.ladder.served
    errors = {
        rung: {name: overall.error(rung, name) for name in figures}
        for rung, figures in overall.figures.items()
    }
    groups: dict[str, Any] = {}
    for each in judged.results.slices:
        groups.setdefault(each.grouping, {})[each.group] = each.evaluation.figures[served]
    return {**overall.figures, "standard error": errors, "group": groups}


def _collect_headline(judged: Judgement) -> dict[str, float | None]:
    if judged.backtest is None or judged.results is None:
        return {}
    names = (*HEADLINES.values(), "value.bias")
    overall, served = judged.results.overall, judged.backtest.ladder.served
    found: dict[str, float | None] = {name: float(overall.figure(served, name)) for name in names}
    for rung in overall.figures:
        found |= {f"{LADDER}{rung}/{name}": float(overall.figure(rung, name)) for name in names}
    return found


def _add_report(bundle: Bundle, judged: Judgement) -> Bundle:
    """Return the bundle with what the backtest said, for whoever serves it to show."""
    if judged.backtest is None or judged.results is None:
        return bundle
    report = build_content(judged.backtest, judged.results, gate=judged.gate)
    return replace(bundle, documents={**bundle.documents, REPORT: report})


def _describe(source: SourceHistory, scorer: Scorer, judged: Judgement) -> dict[str, str]:
    gate = judged.gate
    return {
        "as_of": source.as_of.isoformat(),
        "served_by": scorer.predictor.served_by,
        "grade": "" if judged.results is None else judged.results.grades.overall,
        "gate": "passed" if gate.passed else "unfit" if gate.unfit else "refused",
        "refused": "; ".join(gate.reasons),
        "customers": str(len(source.history)),
        "lines": str(source.lines),
    }


def _choose_examples(source: SourceHistory, scorer: Scorer) -> tuple[Row, ...]:
    """Return a few customers as a request would bring them: of few, of usual, of many lines."""
    tables = scorer.predictor.dialect.columns
    lines = source.tables.transactions.group_by("customer_id").len().sort("len", "customer_id").collect()
    places = sorted({0, len(lines) // 2, len(lines) - 1})[:_EXAMPLES]
    chosen = lines["customer_id"][places].to_list()
    found: dict[str, dict[str, list[Row]]] = {}
    for name in ("transactions", "customers", "events", "contacts"):
        table: pl.LazyFrame | None = getattr(source.tables, name)
        if table is not None and name in tables:
            rows = table.filter(pl.col("customer_id").is_in(chosen)).with_columns(
                pl.selectors.temporal().dt.to_string("iso:strict")
            )
            for row in rows.collect().to_dicts():
                found.setdefault(name, {}).setdefault(row.pop("customer_id"), []).append(row)
    return tuple(_gather(who, found) for who in chosen)


def _gather(who: str, found: dict[str, dict[str, list[Row]]]) -> Row:
    lists = {name: rows[who] for name, rows in found.items() if name != "customers" and who in rows}
    known = found.get("customers", {}).get(who)
    return {"customer_id": who, **lists, **({"attributes": known[-1]} if known else {})}


def describe_data(settings: Settings, source: SourceHistory) -> DatasetRecord:
    """Return what data a model was trained on."""
    time = source.history.purchases.timeline.time
    return DatasetRecord(
        source=settings.tables.transactions.source,
        digest=source.digest(),
        rows=source.lines,
        first=to_moment(int(time.min())),
        last=to_moment(int(time.max())),
    )
