"""The purchase process: which kind ranks this business's customers best, and what it predicts alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from features.timeline import BoolArray, FloatArray, IntArray
from features.view import View
from models.churn import find_shift
from models.distribution import ValueDistribution, conform, fit_distribution
from models.examples import LEAST_CHANCE, LEAST_VALUE, Situation, zero_unknown
from models.gamma_gamma import GammaGamma
from models.odds import give_orders, to_log_odds
from models.predictor import PROCESS, Predictor
from models.process import KINDS, Past, Process, fit_process, fit_spend
from models.ranking_gain import norm_gini
from models.season import Season
from models.upgrade import LEAST, UpgradeModel
from training.fitting import Fitting
from training.labels import build_labels
from training.levels import Levels

_MOST_COMPARED = 5_000
_COMPARED_MOMENTS = 4
_MOST_DRAWN = 2_000
_LEAST_PAST = 100  # customers at moments of the past that ranges are set by
_FEW_UPGRADES = 5.0
_LEAST_FORESEEN = 1e-3
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
    """Return the predictor that serves by the purchase process alone.

    Ranges are drawn from it, and set, as upgrades are, to what past horizons brought where these are known.
    """
    chance = situation.process("active")
    rate = float(np.clip(chance.mean() * levels.activity.factor, 0, 1)) if len(chance) else 0.0
    distribution = _draw_distribution(fitting, process, situation)
    distribution, upgrade = _learn_from_past(fitting, process, distribution)
    return Predictor(
        dialect=fitting.dialect,
        horizon_days=fitting.target.horizon_days,
        as_of=fitting.as_of,
        thresholds=fitting.thresholds,
        process=process,
        distribution=distribution,
        upgrade=upgrade,
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
    given = give_orders(orders, active)
    return fit_distribution(drawn, counts.ravel() > 0, value, active, given)


class _Then(NamedTuple):
    """What the process expected of the customers of a moment, at its true level, and what came."""

    value: FloatArray
    expected: FloatArray
    active: FloatArray
    given: FloatArray
    threshold: FloatArray
    below: BoolArray


def _learn_from_past(
    fitting: Fitting, process: Process, drawn: ValueDistribution
) -> tuple[ValueDistribution, UpgradeModel]:
    """Return ranges and upgrades as past horizons had them; as they were drawn where hardly any is known."""
    known = fitting.labelled_days == fitting.target.horizon_days
    moments = fitting.choose_moments(_COMPARED_MOMENTS) if known else []
    past = [then for moment in moments if len((then := _read_then(fitting, process, moment)).value)]
    if sum(len(then.value) for then in past) < _LEAST_PAST:
        return drawn, UpgradeModel(None, ())
    value, expected, active, given, threshold, below = map(np.concatenate, zip(*past, strict=True))
    found = conform(drawn, value, expected, active, given)
    if not below.any():
        return found, UpgradeModel(None, ())
    reach = found.chance_above(threshold, expected, active, given)[below]
    # As many upgrades as came, drawn to those expected as if a few more of these had come.
    came, foreseen = float((value >= threshold)[below].sum()), max(float(reach.sum()), _LEAST_FORESEEN)
    rate = reach.mean() * (came + _FEW_UPGRADES) / (foreseen + _FEW_UPGRADES)
    return found, UpgradeModel(None, (), find_shift(to_log_odds(reach, LEAST), float(rate)))


def _read_then(fitting: Fitting, process: Process, moment: int) -> _Then:
    horizon = fitting.target.horizon_days
    labels = build_labels(fitting.history, moment, horizon, fitting.target.valued_share, until=fitting.as_of)
    labels = labels.take(_thin(np.arange(len(labels.customers)), _MOST_COMPARED))
    total = float(labels.value.sum())
    if not total > 0:  # ranges of what brought nothing say nothing
        labels, total = labels.take(np.zeros(0, dtype=np.int64)), 0.0
    past = Past.read(View(fitting.history, moment, horizon, labels.customers))
    orders, active, _, _, expected = zero_unknown(process.expect(past, moment, horizon))
    odds = to_log_odds(active, LEAST_CHANCE)
    return _Then(
        labels.value,
        expected * (total / max(float(expected.sum()), LEAST_VALUE)),
        expit(odds + find_shift(odds, float((~labels.churned).mean()))) if len(odds) else odds,
        give_orders(orders, active),
        np.broadcast_to(np.asarray(labels.thresholds, dtype=np.float64), len(labels.value)),
        ~labels.valued,
    )


def _thin(rows: IntArray, most: int) -> IntArray:
    """Return at most so many rows, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
