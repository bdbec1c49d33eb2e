"""Newcomers: what is predicted of customers who never bought, fitted on those of the past.

Who had not bought at a moment with a known future shows how many such customers do, against those with one
order then: that sets the level. A date of signing up tells who was there at the moment. Where the table of
customers has none, those who came later are among them; they bought the sooner, so that is an upper bound.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.timeline import FloatArray, IntArray
from models.examples import Examples, Situation, zero_unknown
from models.newcomers import Newcomers, learn_newcomers
from models.predictor import Predictor
from models.prior import learn_prior
from models.sellers import read_sellers
from training.fitting import Fitting
from training.labels import find_known, read_outcome

_MOMENTS = 3
"""Moments of the past, the latest ones, that the level is learned from."""

_WEIGHT = 50.0
"""Customers that the level of those with one order counts for."""

_LEAST_BUYERS = 100
"""Of who had never bought, so many must have bought then for attributes to be learned from them."""

_LEAST = 1e-300


def fit_newcomers(
    fitting: Fitting, predictor: Predictor, examples: Sequence[Examples], situation: Situation
) -> Newcomers:
    """Fit newcomers to what a predictor says of those who bought.

    Parameters
    ----------
    fitting : Fitting
    predictor : Predictor
    examples : sequence of Examples
        Moments of the past, the latest first.
    situation : Situation
        Who bought before the model's `as_of`.
    """
    names = [each.name for each in predictor.catalogue if each.family == "attributes"]
    figures = predictor.figures(situation)
    once = [each.take(each.column("order_days_ever") == 1) for each in examples]
    alike = once
    if examples and examples[0].said is None and names:
        never = [_read_never(fitting, predictor, each, names) for each in examples[:_MOMENTS]]
        figures = _scale(predictor, situation, figures, *_compare(never, once[:_MOMENTS]))
        if _is_dated(fitting) and sum(int(each.active.sum()) for each in never) >= _LEAST_BUYERS:
            alike = never
    prior = learn_prior(
        figures,
        situation.column("order_days_ever"),
        situation.orders_if_active(),
        predictor.distribution,
    )
    now = predictor.read(fitting.history, fitting.as_of, _find_never(fitting, fitting.as_of))
    return learn_newcomers(prior, alike, now, situation, names)


def _read_never(fitting: Fitting, predictor: Predictor, then: Examples, names: Sequence[str]) -> Examples:
    """Return who was there at a moment, with attributes, and had never bought."""
    history, moment, days = fitting.history, then.features.as_of, fitting.target.horizon_days
    never = _find_never(fitting, moment)
    table = predictor.catalogue.read(history, moment, days, never)
    value, gross, orders = read_outcome(history, moment, days, never)
    found = Examples(
        table,
        then.span_days,
        days,
        np.zeros(len(never)),
        predictor.thresholds.of(read_sellers(history, never)),
        value,
        orders,
        gross > 0,
        fitting.people[never],
    )
    return found.take(np.isfinite(found.columns(names)).sum(axis=1) > 0)


def _find_never(fitting: Fitting, moment: int) -> IntArray:
    """Return who had not bought, without those who signed up later; who does not say was there all along."""
    never = np.setdiff1d(np.arange(len(fitting.history)), find_known(fitting.history, moment))
    return never if fitting.signed_up is None else never[fitting.signed_up[never] < moment]


def _is_dated(fitting: Fitting) -> bool:
    return fitting.signed_up is not None and bool(np.isfinite(fitting.signed_up).any())


def _compare(never: Sequence[Examples], once: Sequence[Examples]) -> tuple[float, float]:
    """Return value and activity of who had not bought, over those of who bought once; at most 1."""
    rows, others = sum(map(len, never)), max(sum(map(len, once)), 1)
    ratios = []
    for read in (lambda each: np.maximum(each.value, 0).sum(), lambda each: each.active.sum()):
        mean = sum(map(read, once)) / others
        came = (sum(map(read, never)) + _WEIGHT * mean) / (rows + _WEIGHT)
        ratios.append(min(float(came / max(mean, _LEAST)), 1.0) if mean > 0 else 1.0)
    return ratios[0], ratios[1]


def _scale(
    predictor: Predictor, situation: Situation, figures: dict[str, FloatArray], value: float, active: float
) -> dict[str, FloatArray]:
    """Return figures of customers with so many times the value and the chance of an order."""
    spread, threshold = predictor.distribution, zero_unknown(np.full(len(situation), situation.threshold))
    given = situation.orders_if_active()
    before = (figures["value"], figures["active"], given)
    after = (figures["value"] * value, figures["active"] * active, given)
    reach = spread.chance_above(threshold, *after) / np.maximum(
        spread.chance_above(threshold, *before), _LEAST
    )
    return {
        "value": after[0],
        "orders": figures["orders"] * active,
        "active": after[1],
        "upgrade": figures["upgrade"] * np.minimum(reach, 1.0),
        **spread.describe(threshold, *after),
    }
