"""Backtest: fit at several moments of the past as if they were now, and hold every rung against what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from features.errors import DataError
from models.settings import Settings
from training.evaluation.backtest import Backtest
from training.evaluation.report import save_report
from training.evaluation.results import Results, measure_backtest
from training.importance import measure_importance
from training.judging import NO_WINDOW, list_notes
from training.rolling import Rehearsal, choose_windows, create_fitting, create_ladder, rehearse
from training.source_history import SourceHistory, check_newest, read_history, to_moment
from training.wording import count

FOLDS = 4
"""Windows of a quarter of a year each then cover all seasons."""


@dataclass(frozen=True)
class Backtested:
    """A backtest with its figures and its report; `backtest.json` lies beside the page."""

    backtest: Backtest
    results: Results
    page: Path


def count_steps(folds: int) -> int:
    """Return how many steps `run_backtest` takes."""
    return folds + 2


def run_backtest(
    settings: Settings,
    folds: int = FOLDS,
    as_of: dt.datetime | None = None,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Backtested:
    """Evaluate every rung of the ladder by rolling origin, and write the report.

    Parameters
    ----------
    settings : Settings
    folds : int
        At most so many windows, fewer where the history is short.
    as_of : datetime, optional
        With a zone; where the latest window ends. By default the midnight after the newest line.
    say : callable
        Is told each step as it begins.

    Raises
    ------
    DataError
        When the history is too short for a single window, or the newest line more than a horizon old.
    """
    say("reading the tables")
    source = read_history(settings, as_of)
    check_newest(source, settings.target.horizon_days)
    moments = choose_windows(create_fitting(settings, source), folds)
    if not moments:
        raise DataError("transactions", [NO_WINDOW.rstrip(".")])
    rehearsals = []
    for moment in moments:
        say(f"fitting as of {to_moment(moment):%Y-%m-%d}")
        rehearsals.append(rehearse(settings, source, moment))
    say("measuring")
    backtest = _create_backtest(settings, source, rehearsals, folds)
    results = measure_backtest(backtest, every_rung=True)
    page = save_report(backtest, results, settings.project.workspace / "reports")
    return Backtested(backtest, results, page)


def _create_backtest(
    settings: Settings, source: SourceHistory, rehearsals: list[Rehearsal], folds: int
) -> Backtest:
    windows, latest = tuple(each.window for each in rehearsals), rehearsals[-1]
    ladder = create_ladder(windows)
    notes = list(list_notes(rehearsals, ladder.served))
    if len(windows) < folds:
        room = count(len(windows), "window")
        notes.append(f"The history has room for {room} of {settings.target.horizon_days} days, not {folds}.")
    return Backtest(
        settings.project.name,
        settings.project.currency,
        windows,
        ladder,
        measure_importance(latest.scorer, latest.situation),
        tuple(notes),
    )
