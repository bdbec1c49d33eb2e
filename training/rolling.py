"""Rolling origin: fit at moments of the past as if they were now, and compare every rung with what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from features.clock import DAY_US
from models.ladder import RUNGS, Guess
from models.predictions import Predictions
from models.predictor import OURS, PROCESS
from models.scorer import fit_scorer
from training.evaluation.backtest import Ladder, Window
from training.evaluation.predicted import Predicted
from training.evaluation.slices import StrArray, band_tenure
from training.fit import fit_ladder, fit_predictor
from training.fitting import Fitting
from training.labels import build_labels

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def choose_windows(fitting: Fitting, folds: int) -> list[int]:
    """Return moments to backtest at, the earliest first: each horizon ends before the next window's moment.

    Parameters
    ----------
    fitting : Fitting
    folds : int
        At most so many; fewer where the history is short, and none below three horizons: one to learn from,
        one to learn about, one to be judged by.
    """
    horizon = fitting.target.horizon_days * DAY_US
    moments = [fitting.as_of - (i + 1) * horizon for i in range(folds)]
    return [moment for moment in reversed(moments) if moment - fitting.first >= 2 * horizon]


def run_window(fitting: Fitting, moment: int) -> Window:
    """Fit every rung with what was known at a moment, and return what each said, and what came.

    Parameters
    ----------
    fitting : Fitting
        Of the present; its history is cut at `moment`.
    moment : int
        Microseconds since 1970 UTC; the horizon after it is over.
    """
    then, target = replace(fitting, as_of=moment), fitting.target
    predictor = fit_predictor(then)
    labels = build_labels(
        fitting.history, moment, target.horizon_days, target.valued_share, until=fitting.as_of
    )
    situation = predictor.read(fitting.history, moment, labels.customers)
    said = predictor.predict_situation(situation)
    alone = replace(predictor, value=None, activity=None).predict_situation(situation)
    rungs = {rung.name: _guessed(rung.predict(situation)) for rung in fit_ladder(then, predictor)}
    rungs |= {PROCESS: _predicted(alone), OURS: _predicted(said)}
    scores = fit_scorer(predictor, fitting.history, target, {}).score(
        fitting.history, moment, labels.customers
    )
    groups: dict[str, StrArray] = {
        name: scores[name].to_numpy().astype(str) for name in ("evidence", "tier", "segment")
    }
    groups["tenure"] = band_tenure(situation.column("tenure_days"))
    return Window(_EPOCH + dt.timedelta(microseconds=moment), target.horizon_days, labels, rungs, groups)


def create_ladder(windows: Sequence[Window]) -> Ladder:
    """Return the ladder of windows that `run_window` made."""
    said = set.intersection(*(set(window.rungs) for window in windows))
    simple = tuple(name for name in (*(rung.name for rung in RUNGS), PROCESS) if name in said)
    return Ladder(OURS, simple)


def _predicted(said: Predictions) -> Predicted:
    return Predicted(
        said.expected_value,
        said.value_p10,
        said.value_p50,
        said.value_p90,
        said.churn_probability,
        np.nan_to_num(said.upgrade_probability),
    )


def _guessed(guess: Guess) -> Predicted:
    return Predicted(
        guess.expected_value,
        churn_probability=guess.churn_probability,
        upgrade_probability=guess.upgrade_probability,
    )
