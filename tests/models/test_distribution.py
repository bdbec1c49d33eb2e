from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.distribution import LEVELS, ValueDistribution, conform, fit_distribution


def simulate(rows: int = 20_000, seed: int = 1):  # type: ignore[no-untyped-def]
    """Return value, activity, and the true expectations of value, activity and orders given activity."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.8, 2.0, rows) + 0.02
    orders = rng.poisson(rate)
    size = rng.gamma(4, 5.0, rows)
    value = np.where(orders > 0, size * rng.gamma(np.maximum(orders, 1) * 3, 1 / 3), 0.0)
    active = -np.expm1(-rate)
    return value, orders > 0, size * rate, active, rate / active


@pytest.fixture(scope="module")
def learned() -> ValueDistribution:
    value, happened, *expected = simulate()
    return conform(fit_distribution(value, happened, *expected), value, *expected)


def test_ranges_hold_what_they_say_in_every_quarter(learned: ValueDistribution) -> None:
    value, _, *expected = simulate(seed=2)
    low, high = learned.range(*expected)
    above, below = value > high, value < low
    assert above.mean() == pytest.approx(0.1, abs=0.01)
    assert below.mean() < 0.11
    for part in np.array_split(np.argsort(expected[0]), 4):
        assert 0.04 < above[part].mean() < 0.16


def test_where_most_are_lapsed_the_others_leave_more_above_but_not_far_more() -> None:
    value, happened, *expected = simulate()
    lapsed = np.arange(len(value)) % 2 == 0
    value[lapsed & (np.arange(len(value)) % 50 > 0)] = 0.0  # 2 % of them still order
    happened &= value > 0
    expected[0] = np.where(lapsed, expected[0] * 0.02, expected[0])
    expected[1] = np.where(lapsed, expected[1] * 0.02, expected[1])
    learned = conform(fit_distribution(value, happened, *expected), value, *expected)
    above = value > learned.range(*expected)[1]
    assert above[lapsed].mean() < 0.05
    assert 0.11 < above[~lapsed].mean() < 0.14


def test_the_chance_to_reach_an_amount_is_calibrated(learned: ValueDistribution) -> None:
    value, _, *expected = simulate(seed=3)
    chance = learned.chance_above(60.0, *expected)
    for part in np.array_split(np.argsort(chance), 5):
        assert chance[part].mean() == pytest.approx((value[part] >= 60).mean(), abs=0.03)


def test_the_means_beside_an_amount_are_what_those_who_reach_it_and_those_who_do_not_bring(
    learned: ValueDistribution,
) -> None:
    value, _, *expected = simulate(seed=4)
    below, above = learned.means_beside(60.0, *expected)
    chance = learned.chance_above(60.0, *expected)
    assert (above >= 60).all()
    assert ((below >= 0) & (below <= 60)).all()
    for part in np.array_split(np.argsort(chance), 4)[1:]:
        reached = value[part] >= 60
        likely = float(np.average(above[part], weights=chance[part]))
        assert likely == pytest.approx(value[part][reached].mean(), rel=0.1)
        others = float(np.average(below[part], weights=1 - chance[part]))
        assert others == pytest.approx(value[part][~reached].mean(), rel=0.1)
    everybody_stays_below, never = learned.means_beside(1e12, *expected)
    assert (never == 1e12).all()
    assert everybody_stays_below.sum() == pytest.approx(value.sum(), rel=0.05)


def test_the_means_beside_an_amount_make_up_the_mean(learned: ValueDistribution) -> None:
    _, _, *expected = simulate(seed=5)
    chance = learned.chance_above(60.0, *expected)
    below, above = learned.means_beside(60.0, *expected)
    whole = learned.means_beside(1e12, *expected)[0]
    np.testing.assert_allclose(chance * above + (1 - chance) * below, whole, rtol=1e-6)


def test_what_is_all_but_certain_to_reach_an_amount_would_else_bring_nearly_as_much() -> None:
    steady = ValueDistribution(np.zeros(1), np.linspace(0.9, 1.1, len(LEVELS))[None])
    below, above = steady.means_beside(91.0, *(np.array([each]) for each in (100.0, 1.0, 3.0)))
    assert 90 <= below[0] <= 91
    assert above[0] == pytest.approx(100, abs=1)


def test_one_customer_gets_what_the_batch_gets(learned: ValueDistribution) -> None:
    _, _, *expected = simulate(200)
    batch = learned.quantile(0.9, *expected), learned.chance_above(30.0, *expected)
    for row in (0, 57, 199):
        one = [column[row : row + 1] for column in expected]
        assert learned.quantile(0.9, *one)[0] == batch[0][row]
        assert learned.chance_above(30.0, *one)[0] == batch[1][row]


def test_it_comes_back_from_json(learned: ValueDistribution) -> None:
    _, _, *expected = simulate(50)
    restored = ValueDistribution.from_json(learned.to_json())
    assert (restored.quantile(0.7, *expected) == learned.quantile(0.7, *expected)).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 30), st.floats(1e-9, 1e9), st.floats(0, 1), st.floats(1, 1e4))
def test_any_past_gives_finite_ordered_quantiles(
    rows: int, mean: float, active: float, orders: float
) -> None:
    rng = np.random.default_rng(rows)
    happened = rng.random(rows) < 0.5
    columns = [np.full(rows, each) for each in (mean, active, orders)]
    found = fit_distribution(happened * rng.gamma(1, mean, rows), happened, *columns)
    one = [np.array([each]) for each in (mean, active, orders)]
    quantiles = [found.quantile(level, *one)[0] for level in (0.1, 0.5, 0.9)]
    assert np.isfinite(quantiles).all()
    assert quantiles == sorted(quantiles)
    assert 0 <= found.chance_above(mean, *one)[0] <= 1


@pytest.mark.parametrize("rows", [12, 120, 220, 300, 2_000, 20_000])
def test_one_customer_of_whom_nothing_was_expected_does_not_decide_what_an_upgrade_brings(rows: int) -> None:
    value, happened, expected, active, orders = simulate(rows)
    amount, typical = 80.0, (np.array([40.0]), np.array([0.8]), np.array([2.0]))
    usual = fit_distribution(value, happened, expected, active, orders).means_beside(amount, *typical)[1]
    value[0], happened[0], expected[0] = 500.0, True, 1e-9
    odd = fit_distribution(value, happened, expected, active, orders).means_beside(amount, *typical)[1]
    assert amount <= odd < 2 * usual
