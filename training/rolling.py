"""Rolling origin: fit at moments of the past as if they were now, and compare every rung with what came."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl

from features.clock import DAY_US
from models.examples import Situation
from models.ladder import RUNGS, PlainTrees, Rung, create_rungs, fit_rung
from models.predictions import Predictions
from models.predictor import OURS, PROCESS, Predictor
from models.scorer import Scorer, fit_scorer
from models.settings import Settings
from training.evaluation.backtest import Ladder, Window
from training.evaluation.predicted import Predicted
from training.evaluation.slices import StrArray, band_tenure
from training.fit import SNAPSHOTS, fit_predictor
from training.fitting import Fitting
from training.labels import Labels, build_labels, find_known
from training.places import read_places
from training.source_history import SourceHistory, to_moment
from training.step_back import serve_by_process

_GROUPS = ("evidence", "tier", "segment")


@dataclass(frozen=True)
class Rehearsal:
    """A model as it would have been at a moment of the past, and the window that it is judged on.

    Attributes
    ----------
    scorer : Scorer
        Of what uptier would have served then.
    window : Window
    situation : Situation
        What was known then of the window's customers.
    """

    scorer: Scorer
    window: Window
    situation: Situation


def create_fitting(settings: Settings, source: SourceHistory) -> Fitting:
    """Return what a project's models are fitted on."""
    seed, cores = settings.training.seed, len(os.sched_getaffinity(0))
    return Fitting(
        source.history,
        source.dialect,
        settings.target,
        source.moment,
        seed,
        num_threads=cores,
        signed_up=source.read_signups(),
    )


def count_snapshots(settings: Settings) -> int:
    """Return from how many moments of the past a project learns."""
    return SNAPSHOTS if settings.training.snapshots == "auto" else settings.training.snapshots


def choose_windows(fitting: Fitting, folds: int) -> list[int]:
    """Return moments to backtest at, the earliest first: each horizon ends before the next window's moment.

    Parameters
    ----------
    fitting : Fitting
    folds : int
        At most so many; fewer where the history is short, and none below three horizons: one to learn from,
        one to learn about, one to be judged by. A moment before anybody had bought is none.
    """
    horizon = fitting.target.horizon_days * DAY_US
    moments = [fitting.as_of - (i + 1) * horizon for i in range(folds)]
    long_enough = (moment for moment in reversed(moments) if moment - fitting.first >= 2 * horizon)
    return [moment for moment in long_enough if len(find_known(fitting.history, moment))]


def rehearse(settings: Settings, source: SourceHistory, moment: int) -> Rehearsal:
    """Fit every rung with what was known at a moment, and return what each said, and what came.

    Parameters
    ----------
    settings : Settings
    source : SourceHistory
        Of the present; its history is cut at `moment`.
    moment : int
        Microseconds since 1970 UTC; the horizon after it is over.
    """
    now, target = create_fitting(settings, source), settings.target
    then, count = replace(now, as_of=moment), count_snapshots(settings)
    predictor = fit_predictor(then, snapshots=count)
    labels = build_labels(now.history, moment, target.horizon_days, target.valued_share, until=now.as_of)
    situation = predictor.read(now.history, moment, labels.customers)
    scorer = fit_scorer(predictor, now.history, target, settings.dimensions.weights)
    scores = scorer.score(now.history, moment, labels.customers)
    rungs = {rung.name: ask_rung(rung, situation) for rung in fit_rungs(then, predictor, snapshots=count)}
    rungs |= {PROCESS: _predict_alone(then, predictor, situation), OURS: _scored(scores)}
    groups: dict[str, StrArray] = {name: scores[name].to_numpy().astype(str) for name in _GROUPS}
    groups["tenure"] = band_tenure(situation.column("tenure_days"))
    groups |= read_places(source, labels.customers, moment)
    window = Window(to_moment(moment), target.horizon_days, labels, rungs, groups)
    return Rehearsal(scorer, window, situation)


def fit_rungs(fitting: Fitting, predictor: Predictor, *, snapshots: int) -> list[Rung]:
    """Fit the simple rungs on the examples that a predictor learned from; none without a labelled past."""
    futures = [(moment, fitting.target.horizon_days) for moment in fitting.choose_moments(snapshots)]
    examples = fitting.read_past(predictor.catalogue, predictor.process, futures)
    if not examples or not len(examples[0]):
        return []
    return [fit_rung(rung, examples) for rung in create_rungs(fitting.target.horizon_days, fitting.trees)]


def create_ladder(windows: Sequence[Window], served: str = OURS) -> Ladder:
    """Return the ladder of windows that `rehearse` made.

    Parameters
    ----------
    windows : sequence of Window
    served : str
        The rung that serves.
    """
    said = set.intersection(*(set(window.rungs) for window in windows))
    simple = tuple(name for name in (*RUNGS, PROCESS) if name in said)
    return Ladder(served, simple, peers=tuple({PlainTrees.name} & said))


def predict_window(predictor: Predictor, situation: Situation, labels: Labels) -> Predicted:
    """Return what a predictor says of a window's customers; upgrades are over the window's own threshold."""
    return to_predicted(predictor.predict_situation(replace(situation, threshold=labels.thresholds)))


def to_predicted(said: Predictions) -> Predicted:
    """Return predictions as they are measured."""
    return Predicted(
        said.expected_value,
        said.value_p10,
        said.value_p50,
        said.value_p90,
        said.churn_probability,
        np.nan_to_num(said.upgrade_probability),
    )


def ask_rung(rung: Rung, situation: Situation) -> Predicted:
    """Return what a rung says of customers."""
    X = situation.columns(rung.choose(situation.features.names))
    active = rung.probability_active(X)
    return Predicted(
        rung.predict(X),
        churn_probability=None if active is None else 1 - active,
        upgrade_probability=rung.probability_upgraded(X),
    )


def _predict_alone(then: Fitting, predictor: Predictor, situation: Situation) -> Predicted:
    alone = predictor if predictor.served_by == PROCESS else serve_by_process(then, predictor, "")
    return to_predicted(alone.predict_situation(situation))


def _scored(scores: pl.DataFrame) -> Predicted:
    names = [field.name for field in fields(Predicted)]
    return Predicted(**{name: scores[name].fill_null(0.0).to_numpy() for name in names})
