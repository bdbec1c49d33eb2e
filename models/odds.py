"""Odds: chances on the scale on which models add up, and what the purchase process says given an order."""

from __future__ import annotations

from math import exp, log

import numpy as np

from features.compiled import compiled
from features.timeline import FloatArray

_LEAST_ACTIVE = 1e-9
_MOST_TIMES = 20.0


def to_log_odds(chance: FloatArray, least: float) -> FloatArray:
    """Return log-odds of probabilities, taken as at least `least` and at most 1 - `least`."""
    odds = np.empty(chance.shape)
    _to_log_odds(np.ascontiguousarray(chance).reshape(-1), least, odds.reshape(-1))
    return odds


def give_orders(orders: FloatArray, active: FloatArray) -> FloatArray:
    """Return the orders expected given that there is one: at least 1."""
    given = np.empty(len(orders))
    _give_orders(orders, active, given)
    return given


def expect_further(given: FloatArray, value: FloatArray, spending: FloatArray) -> FloatArray:
    """Return what `further_orders` says of each customer."""
    further = np.empty(len(given))
    _expect_further(given, value, spending, further)
    return further


@compiled
def log_odds(chance: float, least: float) -> float:
    """Return the log-odds of a probability, taken as at least `least` and at most 1 - `least`."""
    chance = min(max(chance, least), 1 - least)
    return log(chance / (1 - chance))


@compiled
def probability(odds: float) -> float:
    """Return the probability of log-odds."""
    if odds < 0:
        part = exp(odds)
        return part / (1 + part)
    return 1 / (1 + exp(-odds))


@compiled
def orders_given_one(orders: float, active: float) -> float:
    """Return the orders expected given that there is one, from orders and the chance of one."""
    return max(orders / max(active, _LEAST_ACTIVE), 1.0)


@compiled
def further_orders(given: float, value: float, spending: float) -> float:
    """Return the orders beyond the first of who orders.

    Half of what is expected otherwise than by the purchase process, on the logarithmic scale, is taken for
    more or fewer orders, and half for larger or smaller ones.

    Parameters
    ----------
    given : float
        Orders given that there is one, by the purchase process.
    value, spending : float
        Value given an order, in all and by the purchase process, which is positive.
    """
    times = min(max(value / spending, 1 / _MOST_TIMES), _MOST_TIMES)
    return float((given - 1) * times**0.5)


@compiled
def spend_given_order(value: float, chance: float, least: float) -> float:
    """Return the value given an order, from that expected in all and the chance of one, at least `least`."""
    return value / max(chance, least)


@compiled
def _to_log_odds(chance: FloatArray, least: float, odds: FloatArray) -> None:
    for i in range(len(odds)):
        odds[i] = log_odds(chance[i], least)


@compiled
def _expect_further(given: FloatArray, value: FloatArray, spending: FloatArray, further: FloatArray) -> None:
    for i in range(len(further)):
        further[i] = further_orders(given[i], value[i], spending[i])


@compiled
def _give_orders(orders: FloatArray, active: FloatArray, given: FloatArray) -> None:
    for i in range(len(given)):
        given[i] = orders_given_one(orders[i], active[i])
