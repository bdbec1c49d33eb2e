"""Results: a backtest measured, window by window, over all windows, by group, and graded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation import outcome as outcomes
from training.evaluation import predicted as predictions
from training.evaluation.backtest import Backtest, Window
from training.evaluation.grade import Report, grade_model
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted
from training.evaluation.resampling import DRAWS, Evaluation, average, choose_parts, evaluate
from training.evaluation.slices import Slice, StrArray, slice_evaluations


@dataclass(frozen=True)
class Results:
    """A backtest measured.

    Attributes
    ----------
    windows : tuple of Evaluation
        One for each window, all rungs.
    overall : Evaluation
        The mean over windows.
    slices : tuple of Slice
        Figures by group, all windows together: the served rung's, or every rung's.
    grades : Report
    """

    windows: tuple[Evaluation, ...]
    overall: Evaluation
    slices: tuple[Slice, ...]
    grades: Report


def measure_backtest(
    backtest: Backtest, *, draws: int = DRAWS, seed: int = 7, every_rung: bool = False
) -> Results:
    """Measure every rung in every window, with standard errors.

    Parameters
    ----------
    backtest : Backtest
    draws, seed
        Of the bootstrap.
    every_rung : bool
        Measure groups for every rung that speaks in all windows; else for the served one only.

    Raises
    ------
    ValueError
        When a prediction is not finite or not of the window's customers.
    """
    parts = choose_parts(max(len(window.labels.customers) for window in backtest.windows))
    windows = tuple(
        evaluate(window.outcome, window.rungs, draws=draws, seed=seed, parts=parts)
        for window in backtest.windows
    )
    overall, ladder = average(windows), backtest.ladder
    everywhere = [rung for rung in overall.figures if all(rung in each.rungs for each in backtest.windows)]
    names = everywhere if every_rung else [ladder.served]
    pooled = {name: pool(backtest.windows, name) for name in names}
    outcome = pooled[ladder.served][0]
    rungs = {name: predicted for name, (_, predicted) in pooled.items()}
    slices = slice_evaluations(outcome, rungs, pool_groups(backtest.windows), seed=seed)
    events = {
        "churn": min(_rarer(window.labels.churned) for window in backtest.windows),
        "upgrade": min(_rarer(window.labels.upgraded[~window.labels.valued]) for window in backtest.windows),
    }
    return Results(windows, overall, tuple(slices), grade_model(overall, ladder, events))


def pool(windows: Sequence[Window], rung: str) -> tuple[Outcome, Predicted]:
    """Return what happened and what a rung said in all windows, one below the other."""
    outcome = outcomes.concatenate([window.outcome for window in windows])
    return outcome, predictions.concatenate([window.rungs[rung] for window in windows])


def pool_groups(windows: Sequence[Window]) -> Mapping[str, StrArray]:
    """Return the groups of all windows, one below the other; the season is one more grouping."""
    first = windows[0].groups
    groups = {
        name: np.concatenate([window.groups[name] for window in windows])
        for name in first
        if all(name in window.groups for window in windows)
    }
    return groups | {"season": np.concatenate([window.season for window in windows])}


def _rarer(event: np.typing.NDArray[np.bool_]) -> int:
    hits = int(event.sum())
    return min(hits, len(event) - hits)
