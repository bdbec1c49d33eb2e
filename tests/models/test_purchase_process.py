from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bgnbd import BGNBD, MBGNBD
from models.likelihood import FloatArray
from models.pareto_nbd import ParetoNBD
from models.purchase_process import PurchaseProcess

PROCESSES = (BGNBD, MBGNBD, ParetoNBD)
TRUTH = {
    BGNBD: {"r": 0.8, "alpha": 40.0, "a": 0.8, "b": 2.5},
    MBGNBD: {"r": 0.8, "alpha": 40.0, "a": 0.8, "b": 2.5},
    ParetoNBD: {"r": 0.8, "alpha": 40.0, "s": 0.9, "beta": 150.0},
}
every_process = pytest.mark.parametrize("process", PROCESSES)


def simulate(process: type[PurchaseProcess], n: int, horizon: float) -> tuple[FloatArray, FloatArray]:
    """Return X and the purchases in the horizon after it, purchase by purchase from the definition."""
    rng = np.random.default_rng(3)
    truth = TRUTH[process]
    age = rng.uniform(20, 400, n)
    rate = rng.gamma(truth["r"], 1 / truth["alpha"], n)
    geometric = process is not ParetoNBD
    chance = rng.beta(truth["a"], truth["b"], n) if geometric else np.zeros(n)
    gone = (
        np.full(n, np.inf)
        if geometric
        else rng.exponential(size=n) / rng.gamma(truth["s"], 1 / truth["beta"], n)
    )
    buying = rng.random(n) >= chance if process is MBGNBD else np.ones(n, dtype=bool)
    now, seen, last, later = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    while buying.any():
        now += rng.exponential(1 / rate)
        buying &= (now <= age + horizon) & (now <= gone)
        seen += buying & (now <= age)
        last = np.where(buying & (now <= age), now, last)
        later += buying & (now > age)
        buying &= rng.random(n) >= chance
    return np.column_stack([seen, last, age]), later


@every_process
def test_predictions_are_the_means_of_the_process_they_describe(process: type[PurchaseProcess]) -> None:
    X, later = simulate(process, 200_000, horizon=120)
    model = process()
    model.parameters_ = TRUTH[process]
    recent = X[:, 1] > X[:, 2] / 2
    for low, high in ((0, 0), (1, 1), (2, 3), (4, 8), (9, 1000)):
        for group in (recent, ~recent):
            rows = group & (X[:, 0] >= low) & (X[:, 0] <= high)
            if rows.sum() < 500:
                continue
            for predicted, actual in (
                (model.expected_purchases(X[rows], 120), later[rows]),
                (model.probability_active(X[rows], 120), later[rows] > 0),
            ):
                error = (predicted - actual).std() / np.sqrt(rows.sum())
                assert abs(predicted.mean() - actual.mean()) < 4 * error


@every_process
def test_draws_agree_with_the_exact_mean_and_probability(process: type[PurchaseProcess]) -> None:
    model = process()
    model.parameters_ = TRUTH[process]
    X = np.array([[0.0, 0, 30], [1, 20, 200], [5, 180, 200], [30, 345, 350]])
    draws = model.sample_purchases(X, 90, draws=40_000, seed=1)
    assert draws.mean(axis=1) == pytest.approx(model.expected_purchases(X, 90), rel=0.04)
    assert (draws > 0).mean(axis=1) == pytest.approx(model.probability_active(X, 90), rel=0.04)
    assert np.array_equal(draws, model.sample_purchases(X, 90, draws=40_000, seed=1))


@every_process
def test_the_true_parameters_are_found(process: type[PurchaseProcess]) -> None:
    X, _ = simulate(process, 60_000, horizon=0)
    model = process().fit(X)
    assert model.converged_
    assert model.rung_ == "full"
    assert model.parameters_ == pytest.approx(TRUTH[process], rel=0.15)


@every_process
def test_gradients_are_those_of_the_likelihood(process: type[PurchaseProcess]) -> None:
    X = np.array([[0.0, 0, 1.3], [1, 0.2, 1], [3, 0.9, 1], [40, 1, 1.01], [2, 0, 0], [0, 0, 0]])
    point = np.array([0.7, 0.3, 0.9, 1.7])
    model = process()
    _, gradient = model._log_likelihood(point, X)
    for at, step in enumerate(1e-5 * np.eye(4)):
        numeric = (
            model._log_likelihood(point + step, X)[0] - model._log_likelihood(point - step, X)[0]
        ) / 2e-5
        assert gradient[at] == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@every_process
def test_another_unit_of_time_changes_nothing_but_the_unit(process: type[PurchaseProcess]) -> None:
    X, _ = simulate(process, 3_000, horizon=0)
    days, seconds = process().fit(X), process().fit(X * (1, 86_400, 86_400))
    assert seconds.expected_purchases(X * (1, 86_400, 86_400), 90 * 86_400) == pytest.approx(
        days.expected_purchases(X, 90), rel=1e-3
    )


@every_process
def test_active_needs_alive_and_bought_needs_active(process: type[PurchaseProcess]) -> None:
    model = process()
    model.parameters_ = TRUTH[process]
    X, _ = simulate(process, 2_000, horizon=0)
    alive, horizons = model.probability_alive(X), (0, 1, 30, 365, 1e5)
    active = np.array([model.probability_active(X, horizon) for horizon in horizons])
    purchases = np.array([model.expected_purchases(X, horizon) for horizon in horizons])
    assert (np.diff(active, axis=0) >= 0).all()
    assert (np.diff(purchases, axis=0) >= 0).all()
    assert (active <= alive + 1e-12).all()
    assert (purchases >= active - 1e-9).all()
    assert not active[0].any()
    assert not purchases[0].any()


DEGENERATE = {
    "one customer": [[3, 50, 100]],
    "one customer, one purchase": [[0, 0, 100]],
    "one customer, just now": [[0, 0, 0]],
    "one-time buyers only": [[0, 0, age] for age in range(1, 200)],
    "all equal": [[3, 50, 100]] * 50,
    "all regular to the last moment": [[x, 10 * x, 10 * x + 1] for x in range(1, 50)],
    "all gone at once": [[1, 0.001, 1000]] * 50,
    "no time at all": [[0, 0, 0]] * 20,
    "many purchases in no time": [[5, 0, 0]] * 20,
    "some within one second": [[4, 0, 300], [0, 0, 200], [1, 1e-5, 250], [9, 200, 260]],
    "thousands of purchases": [[5000, 4000, 4000], [3000, 100, 4000], [0, 0, 4000], [1, 3999, 4000]],
    "long and short": [[0, 0, 1e-6], [2, 1e-6, 1e7], [5, 1e7, 1e7]],
    "most with nothing, one with all": [[0, 0, 400]] * 500 + [[900, 399, 400]],
}


@every_process
@pytest.mark.parametrize("rows", DEGENERATE.values(), ids=DEGENERATE.keys())
def test_every_data_set_gets_finite_predictions(
    process: type[PurchaseProcess], rows: list[list[float]]
) -> None:
    X = np.array(rows, dtype=np.float64)
    model = process().fit(X)
    asked = np.vstack([X, [[0, 0, 0], [0, 0, 4000], [5000, 4000, 4000], [5000, 1, 4000], [1, 0, 0]]])
    for horizon in (0.001, 90.0, 4000.0):
        purchases, active = model.expected_purchases(asked, horizon), model.probability_active(asked, horizon)
        assert np.isfinite(purchases).all()
        assert (purchases >= 0).all()
        assert ((active >= 0) & (active <= 1)).all()
    assert np.isfinite(model.log_likelihood(X)).all()


count = st.integers(0, 5000)
share = st.floats(0, 1)
time = st.floats(0, 4000)


@every_process
@settings(max_examples=20)
@given(rows=st.lists(st.tuples(count, share, time), min_size=1, max_size=12))
def test_whatever_the_numbers_a_model_is_fitted(
    process: type[PurchaseProcess], rows: list[tuple[int, float, float]]
) -> None:
    X = np.array([[x, at * age, age] for x, at, age in rows])
    model = process().fit(X)
    assert np.isfinite(model.expected_purchases(X, 180)).all()
    assert np.isfinite(model.probability_active(X, 180)).all()


@every_process
def test_where_no_time_was_seen_nothing_is_expected(
    process: type[PurchaseProcess], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        model = process().fit(np.zeros((5, 3)))
    assert (model.rung_, model.converged_) == ("pooled rate", False)
    assert "no time was observed" in caplog.text
    assert model.expected_purchases([[0, 0, 0]], 365) == pytest.approx(0, abs=1e-9)


@every_process
def test_a_search_without_end_steps_back_to_customers_who_never_leave(
    process: type[PurchaseProcess], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    X, _ = simulate(process, 500, horizon=0)
    monkeypatch.setattr(process, "_search", lambda self, rows: ({}, False))
    model = process().fit(X)
    assert (model.rung_, model.converged_) == ("no dropout", False)
    assert "stepping back" in caplog.text
    r, alpha = model.parameters_["r"], model.parameters_["alpha"]
    assert (model.probability_alive(X) == 1).all()
    assert model.expected_purchases(X, 90) == pytest.approx(90 * (r + X[:, 0]) / (alpha + X[:, 2]), rel=1e-9)


@every_process
def test_the_last_step_back_is_one_rate_for_all(
    process: type[PurchaseProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    X, _ = simulate(process, 500, horizon=0)
    for search in ("_search", "_search_without_dropout"):
        monkeypatch.setattr(process, search, lambda self, rows: ({}, False))
    model = process().fit(X)
    rate = X[:, 0].sum() / X[:, 2].sum()
    assert model.rung_ == "pooled rate"
    assert model.expected_purchases(X, 90) == pytest.approx(np.full(len(X), 90 * rate), rel=1e-3)
    assert model.probability_active(X, 90) == pytest.approx(-np.expm1(-90 * rate), rel=1e-3)


@every_process
def test_row_order_and_company_do_not_change_a_prediction(process: type[PurchaseProcess]) -> None:
    X, _ = simulate(process, 9_000, horizon=0)
    model = process()
    model.parameters_ = TRUTH[process]
    whole = model.expected_purchases(X, 90)
    assert np.array_equal(model.expected_purchases(X[::-1].copy(), 90)[::-1], whole)
    alone = np.concatenate([model.expected_purchases(X[at : at + 1], 90) for at in range(200)])
    assert np.array_equal(alone, whole[:200])


def test_a_horizon_can_differ_by_customer_but_not_be_negative() -> None:
    model = BGNBD()
    model.parameters_ = TRUTH[BGNBD]
    X = np.array([[1.0, 10, 20], [1, 10, 20]])
    both = model.expected_purchases(X, [30, 60])
    assert both.tolist() == [model.expected_purchases(X[:1], 30)[0], model.expected_purchases(X[:1], 60)[0]]
    with pytest.raises(ValueError, match="horizon is -1, expected a time of at least 0"):
        model.expected_purchases(X, -1)
