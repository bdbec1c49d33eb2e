from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hyp2f1

from models.bgnbd import BGNBD, MBGNBD
from tests.models.cdnow import read_sample

PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


@pytest.mark.parametrize("prior_sd", [np.inf, 5.0])
def test_the_published_parameters_of_cdnow(prior_sd: float) -> None:
    X, _ = read_sample()
    model = BGNBD(prior_sd=prior_sd).fit(X)
    assert model.parameters_ == pytest.approx(PUBLISHED, rel=0.01)
    assert model.log_likelihood(X).sum() == pytest.approx(-9582.4, abs=0.1)


def test_the_published_prediction_of_one_customer() -> None:
    # Fader, Hardie, Lee (2005): x = 2, t_x = 30.43, T = 38.86 weeks, 39 weeks ahead: 1.226 purchases.
    X, _ = read_sample()
    model = BGNBD(prior_sd=np.inf).fit(X)
    assert model.expected_purchases([[2, 30.43, 38.86]], 39) == pytest.approx(1.226, abs=0.001)


def test_expected_purchases_equal_the_papers_closed_form() -> None:
    model = BGNBD()
    model.parameters_ = PUBLISHED
    r, alpha, a, b = PUBLISHED.values()
    x, recency, age, t = 3.0, 20.0, 30.0, 12.0
    ahead = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
    alone = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * ahead)
    expected = alone / (1 + a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ** (r + x))
    assert model.expected_purchases([[x, recency, age]], t) == pytest.approx(expected, rel=1e-10)


def test_only_the_modified_model_lets_one_time_buyers_leave() -> None:
    X, _ = read_sample()
    one_time = X[X[:, 0] == 0]
    assert (BGNBD().fit(X).probability_alive(one_time) == 1).all()
    assert (MBGNBD().fit(X).probability_alive(one_time) < 0.9).all()


def test_the_modified_model_fits_cdnow_as_well_as_the_first() -> None:
    X, _ = read_sample()
    assert MBGNBD().fit(X).log_likelihood(X).sum() == pytest.approx(-9582.14, abs=0.01)
