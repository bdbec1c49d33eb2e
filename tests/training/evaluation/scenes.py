"""A business whose customers' rates are known, and rungs that know more or less of them."""

from __future__ import annotations

import datetime as dt

import numpy as np
from scipy.stats import norm, poisson

from features.timeline import FloatArray
from models.thresholds import compute_threshold
from training.evaluation.backtest import Backtest, Importance, Ladder, Window
from training.evaluation.predicted import Predicted
from training.labels import Labels

LADDER = Ladder("ours", ("last_period", "cells"), {"ours": "uptier", "last_period": "last period's spend"})


def build_window(customers: int = 3000, seed: int = 1, month: int = 3) -> Window:
    """Return a window: `ours` knows the true rates, `cells` their means, `last_period` the past."""
    rng = np.random.default_rng(seed)
    rate = np.random.default_rng(0).gamma(0.8, 2.0, customers)  # of the same customers in every window
    spend = 30.0
    past, future = rng.poisson(rate) * spend, rng.poisson(rate)
    value = future * spend
    threshold = compute_threshold(past.astype(np.float64), 0.2)
    labels = Labels(
        np.arange(customers), past.astype(np.float64), value.astype(np.float64), future == 0,
        future.astype(np.float64), threshold,
    )  # fmt: skip
    rungs = {
        "last_period": Predicted(labels.trailing_value),
        "cells": build_cells(rate, build_predicted(rate, spend, threshold)),
        "ours": build_predicted(rate, spend, threshold),
    }
    groups = {
        "tier": np.where(rate > 2, "A", np.where(rate > 0.5, "B", "C")),
        "region": np.where(np.arange(customers) % 3 == 0, "north", "south"),
    }
    return Window(dt.datetime(2024, month, 1, tzinfo=dt.UTC), 90, labels, rungs, groups)


def build_predicted(rate: FloatArray, spend: float, threshold: float) -> Predicted:
    low, median, high = (poisson.ppf(share, rate) * spend for share in (0.1, 0.5, 0.9))
    upgrade = poisson.sf(np.ceil(threshold / spend) - 1, rate)
    return Predicted(rate * spend, low, median, high, np.exp(-rate), upgrade)


def build_museum(customers: int = 6000) -> Window:
    """Return a window of tourists, of whom few return to spend this or that: `ours` knows all of it."""
    rng = np.random.default_rng(3)
    order, spend = rng.beta(1, 30, customers), rng.lognormal(3, 0.5, customers)
    spend_p90 = np.exp(3 + 0.5 * norm.ppf(1 - np.minimum(0.1 / order, 1)))
    returned = rng.random(customers) < order
    value = np.where(returned, spend, 0.0)
    past = rng.lognormal(3, 0.5, customers)
    threshold = compute_threshold(past, 0.2)
    labels = Labels(np.arange(customers), past, value, ~returned, returned.astype(float), threshold)
    mean = np.exp(3 + 0.5**2 / 2)
    ours = Predicted(
        order * mean, np.zeros(customers), np.zeros(customers), spend_p90, 1 - order, order * 0.2
    )
    rungs = {"ours": ours, "last_period": Predicted(past), "cells": Predicted(np.full(customers, mean))}
    return Window(dt.datetime(2024, 3, 1, tzinfo=dt.UTC), 90, labels, rungs)


def build_cells(rate: FloatArray, said: Predicted) -> Predicted:
    """Return the mean of each column over customers whose rates are alike."""
    cells = np.digitize(rate, [0.5, 1.0, 2.0, 4.0])
    columns = {
        name: (np.bincount(cells, weights=column) / np.bincount(cells))[cells]
        for name, column in vars(said).items()
    }
    return Predicted(**columns)


def build_backtest(customers: int = 1500) -> Backtest:
    windows = tuple(build_window(customers, seed, month) for seed, month in ((1, 3), (2, 6)))
    importance = (Importance("orders_h1", "orders lately", 0.6), Importance("value_h1", "spend lately", 0.4))
    return Backtest("a <b>shop</b>", "EUR", windows, LADDER, importance, ("Nothing else.",))
