"""Newcomers: what is predicted of customers who never bought, fitted on customers with one order.

The level is that of customers with one order, or lower where a table of customers holds many who do not buy:
who had not bought at the latest moment with a known future shows how many of such customers do. That table
does not tell since when a customer is in it, and who came later bought the sooner, so it is an upper bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from features.timeline import FloatArray
from models.examples import Examples, Situation
from models.newcomers import Newcomers, learn_newcomers
from models.predictor import Predictor
from models.prior import learn_prior
from training.fitting import Fitting
from training.labels import read_outcome

_WEIGHT = 50.0
"""Customers that the level of those with one order counts for."""

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
    once = situation.column("order_days_ever") == 1
    if examples and examples[0].said is None and names and once.any():
        means = {name: float(figures[name][once].mean()) for name in ("value", "active")}
        figures = _scale(figures, *_compare(fitting, predictor, examples[0], names, means))
    prior = learn_prior(
        figures,
        situation.column("order_days_ever"),
        situation.orders_if_active(),
        predictor.distribution,
    )
    return learn_newcomers(prior, examples, situation, names)


def _compare(
    fitting: Fitting,
    predictor: Predictor,
    latest: Examples,
    names: Sequence[str],
    means: Mapping[str, float],
) -> tuple[float, float]:
    """Return value and activity of who had not bought, over those of who bought once; at most 1."""
    moment = latest.features.as_of
    never = np.setdiff1d(np.arange(len(fitting.history)), latest.features.customers)
    if not len(never):
        return 1.0, 1.0
    table = predictor.catalogue.read(fitting.history, moment, fitting.target.horizon_days, never)
    listed = np.isfinite(table.matrix[:, [table.names.index(name) for name in names]]).any(axis=1)
    value, gross, _ = read_outcome(fitting.history, moment, fitting.target.horizon_days, never[listed])
    came = {"value": np.maximum(value, 0).sum(), "active": (gross > 0).sum()}
    rows = int(listed.sum())
    first, second = (
        float((came[name] + _WEIGHT * mean) / (rows + _WEIGHT) / max(mean, _LEAST))
        for name, mean in means.items()
    )
    return min(first, 1.0), min(second, 1.0)


def _scale(figures: Mapping[str, FloatArray], value: float, active: float) -> dict[str, FloatArray]:
    of_active = ("active", "orders")
    return {name: figure * (active if name in of_active else value) for name, figure in figures.items()}
