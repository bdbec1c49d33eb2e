from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1

from models.pareto_nbd import ParetoNBD
from tests.models.cdnow import read_sample

PUBLISHED = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}


def test_the_published_parameters_of_cdnow() -> None:
    X, _ = read_sample()
    model = ParetoNBD(prior_sd=np.inf).fit(X)
    assert model.parameters_ == pytest.approx(PUBLISHED, rel=0.01)
    assert model.log_likelihood(X).sum() == pytest.approx(-9595.0, abs=0.1)


def test_probability_alive_equals_the_papers_closed_form() -> None:
    model = ParetoNBD()
    model.parameters_ = PUBLISHED
    r, alpha, s, beta = PUBLISHED.values()
    x, recency, age = 2.0, 15.0, 38.0

    def part(t: float) -> float:  # beta is the greater
        shape = r + s + x
        series = hyp2f1(shape, r + x, shape + 1, (beta - alpha) / (beta + t))
        return float(series / (beta + t) ** shape)

    left = s / (r + s + x) * (part(recency) - part(age))
    odds = left * (alpha + age) ** (r + x) * (beta + age) ** s
    assert model.probability_alive([[x, recency, age]]) == pytest.approx(1 / (1 + odds), rel=1e-10)


@pytest.mark.parametrize("beta", [0.02, 11.7, 5e4])
@pytest.mark.parametrize(
    ("x", "recency", "age"), [(0, 0, 1500), (1, 3, 300), (60, 700, 900), (4000, 3000, 3010)]
)
def test_probability_alive_equals_adaptive_integration(
    x: float, recency: float, age: float, beta: float
) -> None:
    r, alpha, s = 0.6, 2.0, 0.6
    model = ParetoNBD()
    model.parameters_ = {"r": r, "alpha": alpha, "s": s, "beta": beta}

    def density(t: float) -> float:
        log_ratio = (r + x) * np.log((alpha + recency) / (alpha + t)) - (s + 1) * np.log1p(t / beta)
        return float(s / beta * np.exp(log_ratio))

    middle = [recency + (age - recency) * part for part in (1e-4, 1e-3, 0.01, 0.1)]
    left = quad(density, recency, age, points=middle, epsabs=0, epsrel=1e-11, limit=500)[0]
    alive = ((alpha + recency) / (alpha + age)) ** (r + x) * (1 + age / beta) ** -s
    assert model.probability_alive([[x, recency, age]]) == pytest.approx(alive / (alive + left), rel=1e-7)
