"""Importance: how much of what is predicted each feature accounts for, by the parts that reasons name."""

from __future__ import annotations

import numpy as np

from features.catalogue import Feature
from models.examples import Situation
from models.explainer import Explanation
from models.scorer import Scorer
from training.evaluation.backtest import Importance

MOST_CUSTOMERS = 500
_LEAST = 0.001


def measure_importance(scorer: Scorer, situation: Situation) -> tuple[Importance, ...]:
    """Return which features move the expected value, the most important first.

    A feature's size is the mean of what it adds to or takes from a customer's expected value, whatever the
    sign, in money; features of one theme count as one.

    Parameters
    ----------
    scorer : Scorer
    situation : Situation
        Of the customers to look at; of more than 500 who bought, so many are taken.
    """
    bought = np.flatnonzero(situation.column("order_days_ever") > 0)
    if not len(bought):
        return ()
    some = np.unique(np.linspace(0, len(bought) - 1, min(len(bought), MOST_CUSTOMERS)).astype(np.int64))
    value = scorer.explainer.explain(situation.take(bought[some])).value
    return _share(value)


def _share(value: Explanation) -> tuple[Importance, ...]:
    size = np.abs(value.by_feature).mean(axis=0)
    total, strongest = float(size.sum()), dict[str, Feature]()
    if not total > 0:
        return ()
    shares: dict[str, float] = {}
    for feature, amount in sorted(zip(value.features, size / total, strict=True), key=lambda pair: -pair[1]):
        strongest.setdefault(feature.theme, feature)
        shares[feature.theme] = shares.get(feature.theme, 0.0) + float(amount)
    return tuple(
        Importance(strongest[theme].name, theme, share)
        for theme, share in sorted(shares.items(), key=lambda pair: -pair[1])
        if share >= _LEAST
    )
