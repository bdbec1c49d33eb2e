from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.catalogue import FeatureTable
from features.timeline import FloatArray
from models.examples import Examples
from models.value import PACE, ValueModel, fit_value, start_ahead

CUSTOMERS = 6_000
NAMES = (PACE, "process_value", "process_active", "process_orders")


def draw_examples(seed: int) -> Examples:
    """Draw customers whose spending has a long tail, and who go on as they did; the process knows little."""
    rng = np.random.default_rng(seed)
    mean = np.exp(rng.normal(0, 1.6, CUSTOMERS)) * 20
    pace, value = (mean * rng.gamma(4, 1 / 4, CUSTOMERS) for _ in range(2))
    active = rng.random(CUSTOMERS) < 0.9
    table = np.column_stack([pace, np.full(CUSTOMERS, mean.mean()), np.full((CUSTOMERS, 2), 0.9)])
    features = FeatureTable(np.arange(CUSTOMERS), 0, NAMES, table.astype(np.float32))
    threshold = float(np.quantile(pace, 0.8))
    people = np.arange(CUSTOMERS) + seed * CUSTOMERS
    return Examples(
        features, 90.0, 90, pace, threshold, value * active, active.astype(np.float64), active, people
    )


def fit(*examples: Examples) -> tuple[ValueModel, list[FloatArray]]:
    chances = [np.full(len(each), 0.9) for each in examples]
    return fit_value(examples, chances, NAMES[1:], NAMES, {"seed": 1, "num_threads": 2})


def shorten(each: Examples) -> Examples:
    """Return the same as if only a part of the horizon were known of what came."""
    return replace(each, said={name: each.process(name) for name in ("value", "active", "orders")})


def test_the_customers_who_spend_fastest_are_not_taken_for_the_fast() -> None:
    learned, unseen = [draw_examples(seed) for seed in (0, 1)], draw_examples(2)
    model, _ = fit(*learned)
    told = model.opinion.raw(unseen.columns(NAMES))
    ahead = np.array([start_ahead(pace, model.fast_pace) for pace in unseen.column(PACE)])
    fastest = np.argsort(-unseen.trailing_value)[:30]

    def share(expected: FloatArray) -> float:
        return float(expected[fastest].sum() / expected.sum())

    came = share(unseen.value)
    assert share(np.exp(told + ahead)) == pytest.approx(came, rel=0.25)
    plain, _ = fit(*(shorten(each) for each in learned))
    assert share(np.exp(plain.opinion.raw(unseen.columns(NAMES)))) < 0.6 * came


def test_nobody_starts_ahead_where_no_pace_was_seen_for_a_horizon() -> None:
    model, _ = fit(shorten(draw_examples(0)))
    assert model.fast_pace == 0.0


@pytest.mark.parametrize("fast_pace", [0.0, -5.0])
@pytest.mark.parametrize("pace", [-1.0, 0.0, 1e-9, 1e9, np.nan])
def test_without_a_fast_pace_all_start_alike(pace: float, fast_pace: float) -> None:
    assert start_ahead(pace, fast_pace) == 0.0


def test_twice_the_fast_pace_starts_twice_as_high_and_what_is_slower_or_unknown_does_not() -> None:
    assert start_ahead(200.0, 100.0) == pytest.approx(np.log(2))
    assert [start_ahead(pace, 100.0) for pace in (np.nan, -50.0, 0.0, 99.0, 100.0)] == [0.0] * 5
