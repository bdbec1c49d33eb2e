"""Learning the season: what known customers ordered in each stretch of the past, against expectation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.clock import DAY_US
from features.history import History
from features.timeline import FloatArray, IntArray
from features.view import View
from models.process import Past, fit_process
from models.purchase_process import PurchaseProcess
from models.season import YEAR_DAYS, Season, refine_season

_STRETCH_DAYS = 14
_MOST_STRETCHES = 130
_MOST_CUSTOMERS = 4_000
_HARMONICS = 4
_ROUNDS = 2
_KIND = "BG/NBD"  # the quickest


@dataclass(frozen=True)
class _Stretch:
    start: int
    past: Past
    orders: float


def learn_season(history: History, first: int, as_of: int) -> Season:
    """Learn the season from the past before a moment; an even pace where there is less than a year of it.

    Expectation and season depend on each other, so both are worked out in turn, on a sample of the customers.

    Parameters
    ----------
    history : History
    first : int
        When the history begins, in microseconds since 1970 UTC.
    as_of : int
        Nothing at or after it is looked at.
    """
    season = Season()
    span_days = (as_of - first) / DAY_US
    days = max(_STRETCH_DAYS, round(span_days / _MOST_STRETCHES))
    if span_days < YEAR_DAYS + 2 * days or not len(history):
        return season
    customers = np.arange(len(history))
    if len(customers) > _MOST_CUSTOMERS:
        customers = np.sort(np.random.default_rng(0).choice(customers, _MOST_CUSTOMERS, replace=False))
    everyone = Past.read(View(history, as_of, days, customers))
    starts = range(as_of - days * DAY_US, first + days * DAY_US, -days * DAY_US)
    stretches = [_read_stretch(history, start, days, customers) for start in starts]
    middles = np.array([each.start / DAY_US + days / 2 for each in stretches])
    orders = np.array([each.orders for each in stretches])
    for _ in range(_ROUNDS):
        process = fit_process(everyone, as_of, season, _KIND, {})
        expected = np.array([_expect(process.model, each, season, days) for each in stretches])
        season = refine_season(season, middles, middles - first / DAY_US, orders, expected, _HARMONICS)
    return season


def _read_stretch(history: History, start: int, days: int, customers: IntArray) -> _Stretch:
    past = Past.read(View(history, start, days, customers))
    after = View(history, start + days * DAY_US, days, customers).sum("order_days")
    known = past.order_days > 0
    chosen = Past(past.first[known], past.last[known], past.order_days[known], past.value[known])
    return _Stretch(start, chosen, float((after - past.order_days)[known].sum()))


def _expect(model: PurchaseProcess, stretch: _Stretch, season: Season, days: int) -> float:
    X: FloatArray = stretch.past.frequency(season, stretch.start)
    return float(model.expected_purchases(X, season.span(stretch.start, days)).sum()) if len(X) else 0.0
