from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.catalogue import FeatureTable
from models.examples import Examples
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


def build_odd() -> dict[str, Examples]:
    usual = build_examples(300)
    nothing, one = np.zeros(300), np.zeros(300, dtype=np.int64)
    return {
        "all left": replace(usual, value=nothing, orders=nothing, active=nothing > 0),
        "nobody below the threshold": replace(usual, threshold=0.0),
        "one customer": replace(usual, people=one),
        "one row": usual.take(np.array([3])),
        "one buyer": replace(usual, value=np.r_[5.0, nothing[1:]], active=np.arange(300) == 0),
    }


@pytest.mark.parametrize("odd", build_odd().values(), ids=build_odd().keys())
@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_says_something_of_odd_customers(rung: type, odd: Examples) -> None:
    guess = rung().fit([odd]).predict(odd)
    for said in (guess.expected_value, guess.churn_probability, guess.upgrade_probability):
        assert said is None or np.isfinite(said).all()


def test_plain_trees_say_the_mean_where_there_is_nothing_to_learn() -> None:
    lost, usual = build_odd()["all left"], build_examples(300)
    guess = PlainTrees().fit([lost]).predict(usual)
    assert (guess.expected_value == 0).all()
    assert guess.churn_probability == pytest.approx(np.ones(300))
    alone = PlainTrees().fit([build_odd()["one customer"]]).predict(usual)
    assert alone.expected_value == pytest.approx(np.full(300, usual.value.mean()))
    assert alone.churn_probability == pytest.approx(np.full(300, 1 - usual.active.mean()))
