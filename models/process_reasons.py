"""What the purchase process makes of a customer's orders, silence, tenure and order value, one by one."""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np

from features.clock import DAY_US
from features.compiled import compiled, count_off
from features.timeline import FloatArray
from models.additive import share_by_size, spread, total
from models.examples import LEAST_CHANCE, LEAST_VALUE, Situation, zero_unknown
from models.odds import log_odds, orders_given_one, spend_given_order
from models.process import FEATURES, Past, Process
from models.shapley import mix, share_out, weigh_coalitions

INPUTS = ("orders_ever", "days_since_last_order", "tenure_days", "order_value_ever")
"""The features that a person knows the process's inputs by."""

STATISTICS = tuple(feature.name for feature in FEATURES)

VALUE, ACTIVE, GIVEN, SPENDING = count_off(4)
"""The scores of the process: logarithm of the expected value, log-odds of an order, and logarithms of the
orders and of the value expected given that there is one."""

_ORDERS, _CHANCE, _, _, _WORTH = range(len(STATISTICS))


class ProcessReasons(NamedTuple):
    """The process as sums over its inputs.

    Attributes
    ----------
    starts : float64 array, shape (scores,)
        Of the typical customer.
    parts : float64 array, shape (scores, customers, inputs)
    shares : float64 array, shape (customers, statistics, inputs)
        Of the inputs in the logarithm of each of `STATISTICS`, by size; they add up to 1.
    """

    starts: FloatArray
    parts: FloatArray
    shares: FloatArray


def read_inputs(situation: Situation) -> FloatArray:
    """Return days with orders, the pause since, days since the first order, and mean value.

    The pause is told in gaps that are usual for the customer; as if there had been one more, of a horizon. In
    days it could not be laid beside another customer's orders: a hundred orders and a month of silence are a
    customer lost, so that many orders would seem to speak against who has them.

    Returns
    -------
    float64 array, shape (customers, 4)
        NaN for who never bought.
    """
    names = ("order_days_ever", "tenure_days", "mean_gap_days", "value_ever")
    order_days, tenure, gap, value = situation.columns(names).T.astype(np.float64)
    between = zero_unknown(gap) * np.maximum(order_days - 1, 0)
    mean_value = np.maximum(value / np.maximum(order_days, 1), 0)
    usual_gap = (between + situation.horizon_days) / np.maximum(order_days, 1)
    pause = np.maximum(tenure - between, 0) / usual_gap
    inputs = np.column_stack([order_days, pause, tenure, mean_value])
    inputs[~(order_days > 0)] = np.nan
    return inputs


def explain_process(process: Process, situation: Situation, typical: FloatArray) -> ProcessReasons:
    """Explain the process by exact Shapley values against a typical customer.

    Parameters
    ----------
    process : Process
    situation : Situation
        Who never bought is taken for typical.
    typical : float64 array, shape (4,)
        Inputs of the typical customer.
    """
    own, count = read_inputs(situation), len(situation)
    mixed = mix(np.where(np.isnan(own), typical, own), typical)
    told = _expect(process, situation, mixed)
    given = (situation.orders_if_active(), situation.spending())
    truth = np.stack([np.log(situation.expectation()), situation.activity(), *np.log(given)])
    found = ProcessReasons(
        np.zeros(len(truth)),
        np.empty((len(truth), count, len(INPUTS))),
        np.empty((count, len(STATISTICS), len(INPUTS))),
    )
    _share_out(told, truth, weigh_coalitions(len(INPUTS)), np.empty(len(mixed)), found)
    return found


def _expect(process: Process, situation: Situation, mixed: FloatArray) -> FloatArray:
    """Return the statistics of every coalition, shape (statistics, coalitions, customers)."""
    order_days, pause, tenure, mean_value = mixed.reshape(-1, mixed.shape[-1]).T
    silence = pause * (tenure + situation.horizon_days) / (order_days + pause)
    as_of = situation.features.as_of
    first, last = as_of - tenure * DAY_US, as_of - np.minimum(silence, tenure) * DAY_US
    told = process.expect(
        Past(first, last, order_days, mean_value * order_days), as_of, situation.horizon_days
    )
    return told.reshape(len(FEATURES), *mixed.shape[:2])


@compiled
def _share_out(
    told: FloatArray, truth: FloatArray, weights: FloatArray, worth: FloatArray, found: ProcessReasons
) -> None:
    """Share out scores and statistics of every customer; `worth` is scratch, shape (coalitions,)."""
    for i in range(told.shape[2]):
        for statistic in range(told.shape[0]):
            for c in range(len(worth)):
                worth[c] = log(max(_known(told[statistic, c, i]), LEAST_VALUE))
            share_out(weights, worth, found.shares[i, statistic])
            share_by_size(found.shares[i, statistic])
        for score in range(len(found.starts)):
            for c in range(len(worth)):
                worth[c] = _score(score, told[:, c, i])
            found.starts[score] = worth[0]
            _share_score(weights, worth, truth[score, i], found.parts[score, i])


@compiled
def _score(score: int, statistics: FloatArray) -> float:
    """Return one of the scores."""
    worth, chance = max(_known(statistics[_WORTH]), LEAST_VALUE), _known(statistics[_CHANCE])
    if score == VALUE:
        return log(worth)
    if score == SPENDING:
        return log(spend_given_order(worth, chance, LEAST_CHANCE))
    if score == ACTIVE:
        return float(log_odds(chance, LEAST_CHANCE))
    return log(orders_given_one(_known(statistics[_ORDERS]), chance))


@compiled
def _share_score(weights: FloatArray, worth: FloatArray, truth: float, parts: FloatArray) -> None:
    """Share out a score; what the features' 32 bits leave between it and the truth is spread over it."""
    share_out(weights, worth, parts)
    spread(truth - worth[0] - total(parts), parts, parts)


@compiled
def _known(figure: float) -> float:
    return 0.0 if np.isnan(figure) else figure
