"""The purchase process: which kind ranks this business's customers best, and what it predicts alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.timeline import IntArray
from features.view import View
from models.churn import find_shift
from models.distribution import ValueDistribution, fit_distribution
from models.examples import Situation
from models.gamma_gamma import GammaGamma
from models.predictor import PROCESS, Predictor
from models.process import KINDS, Past, Process, fit_process, fit_spend
from models.ranking_gain import norm_gini
from models.season import Season
from models.upgrade import UpgradeModel
from training.fitting import Fitting
from training.labels import build_labels
from training.levels import Levels

_MOST_COMPARED = 5_000
_COMPARED_MOMENTS = 4
_MOST_DRAWN = 2_000
_DRAWS = 20


def choose_process(fitting: Fitting, season: Season, moments: Sequence[int], days: int) -> Process:
    """Fit every kind of purchase process; take the one that ranked past value best, else the likeliest.

    Parameters
    ----------
    fitting : Fitting
    season : Season
    moments : sequence of int
        Moments with a known future, the latest first; may be empty.
    days : int
        How much of their future is known.
    """
    history, horizon = fitting.history, fitting.target.horizon_days
    past = Past.read(View(history, fitting.as_of, horizon, np.arange(len(history))))
    spend = fit_spend(past)
    fits = [fit_process(past, fitting.as_of, season, kind, spend) for kind in KINDS]
    if not moments:
        return max(fits, key=lambda process: process.score(past, fitting.as_of))
    gains = np.zeros(len(fits))
    for moment in moments[:: max(1, len(moments) // _COMPARED_MOMENTS)]:
        labels = build_labels(history, moment, days, fitting.target.valued_share, until=fitting.as_of)
        rows = _thin(np.arange(len(labels.customers)), _MOST_COMPARED)
        then = Past.read(View(history, moment, horizon, labels.customers[rows]))
        came = np.maximum(labels.value[rows], 0)
        gains += [norm_gini(came, process.expect(then, moment, days)[-1]) for process in fits]
    return fits[int(np.argmax(gains))]


def fit_process_rung(fitting: Fitting, process: Process, situation: Situation, levels: Levels) -> Predictor:
    """Return the predictor that serves by the purchase process alone; ranges are drawn from it."""
    chance = situation.process("active")
    rate = float(np.clip(chance.mean() * levels.activity.factor, 0, 1)) if len(chance) else 0.0
    return Predictor(
        dialect=fitting.dialect,
        horizon_days=fitting.target.horizon_days,
        as_of=fitting.as_of,
        thresholds=fitting.thresholds,
        process=process,
        distribution=_draw_distribution(fitting, process, situation),
        upgrade=UpgradeModel(None, ()),
        served_by=PROCESS,
        reason="",
        level=levels.value,
        shift=find_shift(situation.activity(), rate) if len(chance) else 0.0,
    )


def _draw_distribution(fitting: Fitting, process: Process, situation: Situation) -> ValueDistribution:
    """Learn how value spreads from possible futures, drawn for some of the customers."""
    customers = _thin(situation.features.customers, _MOST_DRAWN)
    horizon, as_of = fitting.target.horizon_days, fitting.as_of
    past = Past.read(View(fitting.history, as_of, horizon, customers))
    spend = GammaGamma()
    spend.parameters_ = dict(process.spend)
    if not len(customers):
        return fit_distribution(np.zeros(0), np.zeros(0, dtype=np.bool_), *np.zeros((3, 0)))
    frequency = past.frequency(process.season, as_of)
    counts = process.model.sample_purchases(frequency, situation.span_days, draws=_DRAWS, seed=fitting.seed)
    drawn = spend.sample_totals(past.spending(), counts, seed=fitting.seed).ravel()
    orders, active, _, _, value = np.repeat(process.expect(past, as_of, horizon), _DRAWS, axis=1)
    given = np.maximum(orders / np.maximum(active, 1e-9), 1.0)
    return fit_distribution(drawn, counts.ravel() > 0, value, active, given)


def _thin(rows: IntArray, most: int) -> IntArray:
    """Return at most so many rows, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
