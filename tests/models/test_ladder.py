from __future__ import annotations

import numpy as np
import pytest

from features.catalogue import FeatureTable
from models.examples import Examples, thin_examples
from models.ladder import RUNGS, CrmRule, LastPeriod, PlainTrees, RfmCells
from models.ranking_gain import norm_gini

NAMES = ("days_since_last_order", "orders_ever", "orders_h1", "value_ever", "value_h1", "tenure_days")


def build_examples(rows: int = 2_000, seed: int = 1) -> Examples:
    """Return customers who buy at a steady pace of their own over 300 days, seen 90 days ahead."""
    rng = np.random.default_rng(seed)
    rate, size = rng.gamma(1, 1 / 60, rows), rng.gamma(3, 10, rows)
    ever = rng.poisson(rate * 300) + 1
    late = rng.binomial(ever, 0.3)
    after = rng.poisson(rate * 90)
    silent = rng.exponential(1 / np.maximum(rate, 1e-3)).clip(0, 299)
    columns = [silent, ever, late, ever * size, late * size, np.full(rows, 300.0)]
    matrix = np.column_stack(columns).astype(np.float32)
    table = FeatureTable(np.arange(rows), 0, NAMES, matrix)
    return Examples(
        table, 90.0, 90, late * size, 60.0, after * size, after.astype(float), after > 0, np.arange(rows)
    )


@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_learns_and_ranks_better_than_chance(rung: type) -> None:
    fresh = build_examples(seed=2)
    guess = rung().fit([build_examples()]).predict(fresh)
    assert norm_gini(fresh.value, guess.expected_value) > 0.2
    assert np.isfinite(guess.expected_value).all()
    for chance in (guess.churn_probability, guess.upgrade_probability):
        assert chance is None or ((chance >= 0) & (chance <= 1)).all()


def test_the_rungs_are_what_they_say() -> None:
    examples = build_examples()
    assert (
        LastPeriod().fit([examples]).predict(examples).expected_value == examples.column("value_h1")
    ).all()
    rule = CrmRule().fit([examples])
    monthly = examples.column("value_ever") / (300 / 30.4375)
    assert rule.predict(examples).expected_value == pytest.approx(monthly * (90 / 30.4375) * rule.retention_)


def test_learning_rungs_are_calibrated() -> None:
    fresh = build_examples(seed=2)
    for rung in (RfmCells(), PlainTrees()):
        guess = rung.fit([build_examples()]).predict(fresh)
        assert guess.expected_value.sum() == pytest.approx(fresh.value.sum(), rel=0.1)
        assert guess.churn_probability is not None
        assert guess.churn_probability.mean() == pytest.approx((~fresh.active).mean(), abs=0.03)


def test_thinning_keeps_the_same_customers_at_every_moment() -> None:
    first, second = thin_examples([build_examples(), build_examples(seed=2)], 1_000)
    assert (first.people == second.people).all()
    assert 350 < len(first) < 650
    assert (first.column("value_h1") == first.features.matrix[:, NAMES.index("value_h1")]).all()
