from __future__ import annotations

import numpy as np

from models.prior import Prior, learn_prior

NAMES = ("value", "low", "median", "high", "orders", "active", "upgrade")


def test_it_is_the_mean_over_who_bought_once() -> None:
    figures = dict.fromkeys(NAMES, np.array([1.0, 3.0, 100.0]))
    assert learn_prior(figures, np.array([1.0, 1.0, 7.0])).value == 2


def test_without_them_it_is_the_mean_over_all() -> None:
    assert learn_prior(dict.fromkeys(NAMES, np.array([1.0, 3.0])), np.array([2.0, 7.0])).value == 2


def test_without_customers_nothing_is_expected() -> None:
    prior = learn_prior(dict.fromkeys(NAMES, np.zeros(0)), np.zeros(0))
    assert prior == Prior()
    assert Prior.from_json(prior.to_json()) == prior
