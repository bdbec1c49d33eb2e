from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.gamma_gamma import GammaGamma, _log_likelihood
from models.likelihood import FloatArray
from tests.models.cdnow import read_sample

PUBLISHED = {"p": 6.25, "q": 3.74, "v": 15.44}


def simulate(n: int) -> tuple[FloatArray, FloatArray]:
    """Return X and every customer's own true mean."""
    rng = np.random.default_rng(2)
    orders = rng.geometric(0.3, n).astype(np.float64)
    nu = rng.gamma(PUBLISHED["q"], 1 / PUBLISHED["v"], n)
    return np.column_stack([orders, rng.gamma(PUBLISHED["p"] * orders) / (nu * orders)]), PUBLISHED["p"] / nu


@pytest.mark.parametrize("prior_sd", [np.inf, 5.0])
def test_the_published_parameters_of_cdnow(prior_sd: float) -> None:
    X, value = read_sample()
    repeat = X[:, 0] > 0
    model = GammaGamma(prior_sd=prior_sd).fit(np.column_stack([X[repeat, 0], value[repeat]]))
    assert model.parameters_ == pytest.approx(PUBLISHED, rel=0.01)


def test_the_expectation_is_calibrated_and_beats_the_customers_own_mean() -> None:
    X, true_mean = simulate(40_000)
    model = GammaGamma().fit(X)
    predicted = model.expected_mean_value(X)
    for few in (1, 2, 5):
        rows = X[:, 0] == few
        assert predicted[rows].mean() == pytest.approx(true_mean[rows].mean(), rel=0.03)
    assert np.abs(predicted - true_mean).mean() < 0.9 * np.abs(X[:, 1] - true_mean).mean()


def test_draws_agree_with_the_expectation() -> None:
    model = GammaGamma()
    model.parameters_, model.n_features_in_ = PUBLISHED, 2
    X = np.array([[0.0, 0.0], [1, 30], [8, 55]])
    orders = np.tile([3], (3, 60_000))
    draws = model.sample_totals(X, orders, seed=5)
    assert draws.mean(axis=1) == pytest.approx(3 * model.expected_mean_value(X), rel=0.03)
    assert not model.sample_totals(X, 0 * orders, seed=5).any()


def test_without_orders_the_mean_of_all_is_expected() -> None:
    X, _ = simulate(5_000)
    model = GammaGamma().fit(X)
    p, q, v = model.parameters_.values()
    assert model.expected_mean_value([[0, 0], [0, 77]]) == pytest.approx(p * v / (q - 1))


def test_returns_and_gifts_take_no_part_but_get_an_answer() -> None:
    X, _ = simulate(2_000)
    odd = np.array([[3.0, -20.0], [2.0, 0.0], [0.0, 0.0]])
    model, plain = GammaGamma().fit(np.vstack([X, odd])), GammaGamma().fit(X)
    assert model.parameters_ == pytest.approx(plain.parameters_)
    answers = model.expected_mean_value(odd)
    assert (answers > 0).all()
    assert answers[0] < answers[1] < answers[2]


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_money_of_any_size_is_learned_alike(unit: float) -> None:
    X, _ = simulate(3_000)
    scaled = X * (1, unit)
    expected = GammaGamma().fit(X).expected_mean_value(X) * unit
    assert GammaGamma().fit(scaled).expected_mean_value(scaled) == pytest.approx(expected, rel=1e-3)


def test_many_customers_are_sampled_with_little_effect() -> None:
    X, _ = simulate(60_000)
    some, every = GammaGamma(max_customers=30_000).fit(X), GammaGamma(max_customers=60_000).fit(X)
    assert some.expected_mean_value(X) == pytest.approx(every.expected_mean_value(X), rel=0.05)
    assert some.parameters_ == GammaGamma(max_customers=30_000).fit(X).parameters_


def test_gradients_are_those_of_the_likelihood() -> None:
    X, _ = simulate(20)
    point = np.array([2.0, 3.0, 4.0])
    _, gradient = _log_likelihood(point, *X.T)
    for at, step in enumerate(1e-5 * np.eye(3)):
        numeric = (_log_likelihood(point + step, *X.T)[0] - _log_likelihood(point - step, *X.T)[0]) / 2e-5
        assert gradient[at] == pytest.approx(numeric, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    "rows",
    [[(1, 20)], [(3, 10)] * 30, [(0, 0)] * 3, [(2, -5)], [(1, 1e-9), (1, 1e9)], [(1, 5), (1, 7), (1, 9)]],
)
def test_every_data_set_gets_finite_answers(rows: list[tuple[float, float]]) -> None:
    model = GammaGamma().fit(rows)
    answers = model.expected_mean_value([*rows, (0, 0), (5000, 100), (2, -100)])
    assert np.isfinite(answers).all()
    assert (answers >= 0).all()
    assert np.isfinite(model.log_likelihood(rows)).all()


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(st.integers(0, 5000), st.floats(-1e9, 1e9)), min_size=1, max_size=12))
def test_whatever_the_numbers_a_model_is_fitted(rows: list[tuple[int, float]]) -> None:
    model = GammaGamma().fit(np.array(rows, dtype=np.float64))
    assert np.isfinite(model.expected_mean_value(np.array(rows, dtype=np.float64))).all()


def test_without_any_positive_mean_it_says_so(caplog: pytest.LogCaptureFixture) -> None:
    model = GammaGamma().fit([[2, -5], [1, 0]])
    assert not model.converged_
    assert "0 customers with a positive mean" in caplog.text
    assert model.expected_mean_value([[2, -5], [0, 0]]).tolist() == [0, 0]
