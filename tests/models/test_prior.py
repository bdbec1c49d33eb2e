from __future__ import annotations

import numpy as np
import pytest

from models.distribution import LEVELS, ValueDistribution
from models.prior import Prior, learn_prior

EVEN = ValueDistribution(np.zeros(1), np.ones((1, len(LEVELS))))
NAMES = ("value", "low", "median", "high", "orders", "active", "upgrade")


def test_it_is_the_mean_over_who_bought_once() -> None:
    figures = dict.fromkeys(NAMES, np.array([1.0, 3.0, 100.0]))
    assert learn_prior(figures, np.array([1.0, 1.0, 7.0]), np.ones(3), EVEN).value == 2


def test_its_range_holds_how_customers_differ_and_is_no_narrower_than_theirs() -> None:
    figures = dict.fromkeys(NAMES, np.linspace(1, 101, 101)) | {"active": np.ones(101)}
    figures |= {"low": figures["value"], "high": figures["value"]}
    prior = learn_prior(figures, np.ones(101), np.ones(101), EVEN)
    assert (prior.low, prior.median, prior.high) == pytest.approx((11, 51, 91), abs=2)
    wide = learn_prior({**figures, "high": 9 * figures["value"]}, np.ones(101), np.ones(101), EVEN)
    assert wide.high == pytest.approx(9 * 51)


def test_without_them_it_is_the_mean_over_all() -> None:
    figures = dict.fromkeys(NAMES, np.array([1.0, 3.0]))
    assert learn_prior(figures, np.array([2.0, 7.0]), np.ones(2), EVEN).value == 2


def test_without_customers_nothing_is_expected() -> None:
    prior = learn_prior(dict.fromkeys(NAMES, np.zeros(0)), np.zeros(0), np.zeros(0), EVEN)
    assert prior == Prior()
    assert Prior.from_json(prior.to_json()) == prior
