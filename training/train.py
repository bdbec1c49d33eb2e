"""Train: from a project's tables to a registered model, and the report on how far it may be trusted.

Read, fit, backtest on the latest window whose future is known, bundle, record, pass the gate, promote.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from features.clock import to_microseconds
from features.families import create_catalogue
from models.bundle import save_bundle
from models.model_index import ModelVersion
from models.predictor import OURS
from models.pyfunc import score_rows
from models.registry import Registry
from models.request import Row
from models.scorer import Scorer, fit_scorer
from models.settings import Settings
from training.evaluation.backtest import Backtest, Window
from training.evaluation.figures import HEADLINES
from training.evaluation.gate import GateResult, check_gate
from training.evaluation.leakage import Leak, find_leaks
from training.evaluation.report import save_report
from training.evaluation.results import Results, measure_backtest
from training.evaluation.verdict import say_verdict
from training.fit import SNAPSHOTS, fit_predictor
from training.fitting import Fitting
from training.rolling import choose_windows, create_ladder, run_window
from training.source_history import SourceHistory, read_history
from training.tracking import Tracking
from training.training_record import DatasetRecord, TrainingRecord, hide_secrets

Say = Callable[[str], None]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EXAMPLES = 3


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes
    ----------
    version : ModelVersion
    promoted : bool
    served_by, why : str
        The rung that serves, and why.
    customers, lines : int
        What was learned from.
    backtest, results : Backtest and Results, optional
        None when no past window is long enough to judge by.
    gate : GateResult, optional
        Likewise.
    page : Path, optional
        The report.
    """

    version: ModelVersion
    promoted: bool
    served_by: str
    why: str
    customers: int
    lines: int
    backtest: Backtest | None = None
    results: Results | None = None
    gate: GateResult | None = None
    page: Path | None = None

    @property
    def refused(self) -> bool:
        """Whether the gate kept the model from taking over from a champion."""
        return not self.promoted and self.gate is not None and not self.gate.promoted

    def sentences(self) -> list[str]:
        """Return what an analyst should know, at most some ten lines."""
        learned = f"Learned from {self.customers:,} customers and {self.lines:,} lines"
        said = [f"{learned}; {self.served_by} serves: {self.why}."]
        if self.backtest is not None and self.results is not None:
            said += say_verdict(self.backtest, self.results)
        else:
            said.append("No past window is long enough to judge by: there is no grade yet.")
        if self.gate is not None:
            said += [f"Not passed: {reason}" for reason in self.gate.reasons]
        return said


def train(
    settings: Settings,
    as_of: dt.datetime | None = None,
    *,
    promote: bool = True,
    force: bool = False,
    say: Say = lambda _: None,
) -> Trained:
    """Train a model on everything before a moment.

    Parameters
    ----------
    settings : Settings
    as_of : datetime, optional
        With a zone; nothing at or after it is used. By default the midnight after the newest line.
    promote : bool
        Make the model the champion when the gate lets it pass.
    force : bool
        Promote it in any case; that is recorded.
    say : callable
        Is told each step.
    """
    say("reading the tables")
    source = read_history(settings, as_of)
    fitting = Fitting(source.history, source.dialect, settings.target, source.moment, settings.training.seed)
    say("fitting the models")
    count = SNAPSHOTS if settings.training.snapshots == "auto" else settings.training.snapshots
    predictor = fit_predictor(fitting, snapshots=count)
    scorer = fit_scorer(predictor, source.history, settings.target, settings.dimensions.weights)
    say("judging them on the past")
    backtest, results, gate = judge(settings, fitting, force)
    say("recording")
    project = settings.project
    page = None
    if backtest is not None and results is not None:
        page = save_report(backtest, results, project.workspace / "reports", gate=gate)
    registry = open_registry(settings)
    version = _record(settings, source, scorer, registry, results, page)
    passed = gate is None or gate.promoted
    if promote and (passed or force or registry.read().champion is None):
        reasons = [] if gate is None else gate.reasons
        version = Tracking(registry).promote(version.version, forced=force and not passed, reasons=reasons)
    return Trained(
        version,
        promote and registry.read().champion == version,
        predictor.served_by,
        predictor.reason,
        len(source.history),
        source.lines,
        backtest,
        results,
        gate,
        page,
    )


def judge(
    settings: Settings, fitting: Fitting, force: bool = False
) -> tuple[Backtest | None, Results | None, GateResult | None]:
    """Backtest on the latest window whose future is known, and ask the gate; nothing when there is none."""
    moments = choose_windows(fitting, 1)
    if not moments:
        return None, None, None
    window = run_window(fitting, moments[-1])
    ladder = create_ladder([window])
    backtest = Backtest(settings.project.name, settings.project.currency, (window,), ladder)
    results = measure_backtest(backtest)
    gate = check_gate(
        window, ladder, evaluation=results.windows[-1], leaks=_find_leaks(fitting, window), force=force
    )
    return backtest, results, gate


def open_registry(settings: Settings) -> Registry:
    """Return the registry of a project's models."""
    return Registry(
        settings.project.workspace, settings.tracking.uri, settings.tracking.model or settings.project.name
    )


def _find_leaks(fitting: Fitting, window: Window) -> list[Leak]:
    """Look for columns that tell of the future; those that are read off rows with a time are trusted."""
    catalogue = create_catalogue(fitting.dialect)
    labels, moment = window.labels, to_microseconds(window.as_of)
    table = catalogue.read(fitting.history, moment, window.horizon_days, labels.customers)
    trusted = {feature.name for feature in catalogue if feature.needs != "customers"}
    return find_leaks(table.matrix, table.names, labels, trusted=trusted)


def _record(
    settings: Settings,
    source: SourceHistory,
    scorer: Scorer,
    registry: Registry,
    results: Results | None,
    page: Path | None,
) -> ModelVersion:
    config = settings.model_dump(mode="json")
    with tempfile.TemporaryDirectory(prefix="uptier-") as folder:
        bundle = Path(folder) / "bundle"
        save_bundle(bundle, scorer.to_bundle(hide_secrets(config), dt.datetime.now(dt.UTC)))
        examples = _choose_examples(source, scorer)
        record = TrainingRecord(
            config=config,
            figures=_collect_figures(results),
            headline=_collect_headline(results),
            about=_describe(source, scorer, results),
            dataset=_describe_data(settings, source),
            features=scorer.predictor.catalogue.names,
            as_of=source.as_of,
            examples=examples,
            outputs=tuple(score_rows(bundle)(list(examples), source.as_of)),
        )
        return Tracking(registry).record(record, bundle, page)


def _choose_examples(source: SourceHistory, scorer: Scorer) -> tuple[Row, ...]:
    """Return a few customers as a request would bring them: those with fewest lines of each evidence."""
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


def _collect_figures(results: Results | None) -> dict[str, Any]:
    return {} if results is None else dict(results.overall.figures)


def _collect_headline(results: Results | None) -> dict[str, float | None]:
    if results is None:
        return {}
    names = (*HEADLINES.values(), "value.bias")
    return {name: float(results.overall.figure(OURS, name)) for name in names}


def _describe(source: SourceHistory, scorer: Scorer, results: Results | None) -> dict[str, str]:
    return {
        "as_of": source.as_of.isoformat(),
        "served_by": scorer.predictor.served_by,
        "grade": "" if results is None else results.grades.overall,
    }


def _describe_data(settings: Settings, source: SourceHistory) -> DatasetRecord:
    time = source.history.purchases.timeline.time
    first, last = (_EPOCH + dt.timedelta(microseconds=int(each)) for each in (time.min(), time.max()))
    return DatasetRecord(
        source=settings.tables.transactions.source,
        digest=source.digest(),
        rows=source.lines,
        first=first,
        last=last,
    )
