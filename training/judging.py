"""Judging: a new model on the latest window whose future is known, against the ladder and the champion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from features.clock import to_microseconds
from features.families import create_catalogue
from models.model_index import ModelVersion
from models.predictor import OURS, PROCESS, Predictor
from models.scorer import Scorer, fit_scorer
from models.settings import Settings
from training.champion import CHAMPION, Comparison, compare_champion
from training.evaluation.backtest import Backtest, Window
from training.evaluation.gate import GateResult, check_gate
from training.evaluation.leakage import Leak, find_leaks
from training.evaluation.results import Results, measure_backtest
from training.importance import measure_importance
from training.rolling import Rehearsal, choose_windows, create_fitting, create_ladder, rehearse
from training.shuffled import check_shuffled_fit
from training.source_history import SourceHistory
from training.step_back import find_reason_to_step_back, serve_by_process
from training.tracking import Tracking

NO_WINDOW = (
    "No past window can be judged by: it takes a history of three horizons, one to learn from, one to learn "
    "about, one to be judged by, and customers who had bought before that."
)


@dataclass(frozen=True)
class Judgement:
    """What the past says of a new model.

    Attributes
    ----------
    predictor : Predictor
        The model, stepped back to the purchase process where that has ranked the window better.
    gate : GateResult
    backtest, results : Backtest and Results, optional
        None when no past window is long enough to judge by.
    rehearsal : Scorer, optional
        The model of the same recipe that was judged in its stead.
    champion : str
        Which comparison with the champion was made, in a sentence.
    """

    predictor: Predictor
    gate: GateResult
    backtest: Backtest | None = None
    results: Results | None = None
    rehearsal: Scorer | None = None
    champion: str = ""


def judge(
    settings: Settings,
    source: SourceHistory,
    predictor: Predictor,
    tracking: Tracking,
    champion: ModelVersion | None,
    *,
    force: bool = False,
) -> Judgement:
    """Judge a model on the latest window whose future is known.

    Parameters
    ----------
    settings : Settings
    source : SourceHistory
    predictor : Predictor
        Fitted on all of the past; the window is told by its rehearsal, the same recipe a horizon earlier.
    tracking : Tracking
    champion : ModelVersion, optional
        The model that serves.
    force : bool
        Promote in any case.
    """
    fitting = create_fitting(settings, source)
    moments = choose_windows(fitting, 1)
    if not moments:
        return Judgement(predictor, GateResult((NO_WINDOW,), forced=force))
    rehearsal = rehearse(settings, source, moments[-1])
    comparison = compare_champion(tracking, champion, settings, source, rehearsal.window)
    backtest = _create_backtest(settings, rehearsal, comparison, predictor.served_by)
    results = measure_backtest(backtest)
    reason = find_reason_to_step_back(results) if predictor.served_by == OURS else ""
    if reason:
        predictor = serve_by_process(fitting, predictor, reason)
        rehearsal = _step_back(settings, source, rehearsal, reason)
        backtest = _create_backtest(settings, rehearsal, comparison, PROCESS)
        results = measure_backtest(backtest)
    leaks = [*_find_leaks(source, rehearsal.window), *check_shuffled_fit(fitting, predictor)]
    window, evaluation = backtest.windows[-1], results.windows[-1]
    objections = [comparison.objection] if comparison.objection else []
    gate = check_gate(
        window, backtest.ladder, evaluation=evaluation, leaks=leaks, objections=objections, force=force
    )
    return Judgement(predictor, gate, backtest, results, rehearsal.scorer, comparison.how)


def list_notes(rehearsals: Sequence[Rehearsal], served: str) -> tuple[str, ...]:
    """Return what a reader should know of windows in which another rung served than serves now."""
    notes = []
    for each in rehearsals:
        then = each.scorer.predictor
        if then.served_by != served:
            notes.append(
                f"As of {each.window.as_of:%Y-%m-%d} the {then.served_by} would have served: {then.reason}."
            )
    return tuple(notes)


def _create_backtest(
    settings: Settings, rehearsal: Rehearsal, comparison: Comparison, served: str
) -> Backtest:
    window = rehearsal.window
    ladder = create_ladder([window], served)
    if comparison.predicted is not None:
        window = replace(window, rungs={**window.rungs, CHAMPION: comparison.predicted})
        ladder = replace(ladder, champion=CHAMPION, words={CHAMPION: "the champion"})
    return Backtest(
        settings.project.name,
        settings.project.currency,
        (window,),
        ladder,
        measure_importance(rehearsal.scorer, rehearsal.situation),
        (comparison.how, *list_notes([rehearsal], served)),
    )


def _step_back(settings: Settings, source: SourceHistory, rehearsal: Rehearsal, reason: str) -> Rehearsal:
    then = rehearsal.scorer.predictor
    fitting = replace(create_fitting(settings, source), as_of=then.as_of)
    alone = serve_by_process(fitting, then, reason)
    weights = settings.dimensions.weights
    return replace(rehearsal, scorer=fit_scorer(alone, source.history, settings.target, weights))


def _find_leaks(source: SourceHistory, window: Window) -> list[Leak]:
    """Look for columns that tell of the future; those that are read off rows with a time are trusted."""
    catalogue = create_catalogue(source.dialect)
    labels, moment = window.labels, to_microseconds(window.as_of)
    table = catalogue.read(source.history, moment, window.horizon_days, labels.customers)
    trusted = {feature.name for feature in catalogue if feature.needs != "customers"}
    return find_leaks(table.matrix, table.names, labels, trusted=trusted)
