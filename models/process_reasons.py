"""What the purchase process makes of a customer's orders, silence, tenure and order value, one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.clock import DAY_US
from features.timeline import FloatArray
from models.additive import AdditiveScore, share_by_size, spread
from models.examples import Situation
from models.predictor import expected_given_active
from models.process import FEATURES, Past, Process
from models.shapley import mix, share_out

INPUTS = ("orders_ever", "days_since_last_order", "tenure_days", "order_value_ever")
"""The features that a person knows the process's inputs by."""

STATISTICS = tuple(feature.name for feature in FEATURES)

_LEAST = 1e-12
_LEAST_CHANCE = 1e-6


@dataclass(frozen=True)
class ProcessReasons:
    """Scores of the purchase process as sums over its inputs; parts have the shape (customers, inputs).

    Attributes
    ----------
    value : AdditiveScore
        Logarithm of the expected value.
    active : AdditiveScore
        Log-odds of an order.
    given : AdditiveScore
        Logarithm of the orders expected given that there is one.
    shares : float64 array, shape (statistics, customers, inputs)
        Of the inputs in the logarithm of each of `STATISTICS`, by size; they add up to 1.
    """

    value: AdditiveScore
    active: AdditiveScore
    given: AdditiveScore
    shares: FloatArray


def read_inputs(situation: Situation) -> FloatArray:
    """Return days with orders, days since the last one, since the first, and their mean value.

    Returns
    -------
    float64 array, shape (customers, 4)
        NaN for who never bought.
    """
    order_days, tenure = situation.column("order_days_ever"), situation.column("tenure_days")
    between = np.nan_to_num(situation.column("mean_gap_days")) * np.maximum(order_days - 1, 0)
    mean_value = np.maximum(situation.column("value_ever") / np.maximum(order_days, 1), 0)
    inputs = np.column_stack([order_days, np.maximum(tenure - between, 0), tenure, mean_value])
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
    own = read_inputs(situation)
    mixed = mix(np.where(np.isnan(own), typical, own), typical)
    told = _expect(process, situation, mixed)
    orders, active, _, _, value = told
    given = np.maximum(orders / np.maximum(active, 1e-9), 1.0)
    return ProcessReasons(
        _score(_log(value), np.log(situation.expectation())),
        _score(_log_odds(active), situation.activity()),
        _score(np.log(given), np.log(expected_given_active(situation))),
        share_by_size(share_out(_log(told))),
    )


def _expect(process: Process, situation: Situation, mixed: FloatArray) -> FloatArray:
    """Return the statistics of every coalition, shape (statistics, coalitions, customers)."""
    order_days, silence, tenure, mean_value = mixed.reshape(-1, mixed.shape[-1]).T
    as_of = situation.features.as_of
    first, last = as_of - tenure * DAY_US, as_of - np.minimum(silence, tenure) * DAY_US
    told = process.expect(
        Past(first, last, order_days, mean_value * order_days), as_of, situation.horizon_days
    )
    return told.reshape(len(FEATURES), *mixed.shape[:2])


def _score(worth: FloatArray, truth: FloatArray) -> AdditiveScore:
    """Return the score; what the features' 32 bits leave between it and the truth goes where it came from."""
    parts = share_out(worth)
    start = float(worth[0, 0]) if worth.size else 0.0
    return AdditiveScore(start, parts + spread(truth - start - parts.sum(axis=1), parts))


def _log(figure: FloatArray) -> FloatArray:
    return np.log(np.maximum(np.nan_to_num(figure), _LEAST))


def _log_odds(chance: FloatArray) -> FloatArray:
    chance = np.clip(np.nan_to_num(chance), _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    log_odds: FloatArray = np.log(chance / (1 - chance))
    return log_odds
