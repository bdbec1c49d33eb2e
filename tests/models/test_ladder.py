from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from features.catalogue import FeatureTable
from models.examples import Examples, Situation
from models.ladder import RUNGS, CrmRule, LastPeriod, PlainTrees, RfmCells, Rung, create_rungs, fit_rung
from models.ranking_gain import norm_gini
from tests.models.any_width import AnyWidthCrmRule, AnyWidthLastPeriod, AnyWidthRfmCells

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


@parametrize_with_checks([AnyWidthLastPeriod(), AnyWidthCrmRule(), AnyWidthRfmCells(), PlainTrees()])  # type: ignore[untyped-decorator]  # scikit-learn has no types
@pytest.mark.filterwarnings("ignore")  # the checks warn of what they skip
def test_scikit_learns_estimator_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def read(rung: Rung, situation: Situation) -> np.ndarray:
    return situation.columns(rung.choose(situation.features.names))


every_rung = pytest.mark.parametrize("rung", create_rungs(90), ids=RUNGS)


@every_rung
def test_every_rung_learns_and_ranks_better_than_chance(rung: Rung) -> None:
    fresh = build_examples(seed=2)
    X = read(fit_rung(rung, [build_examples()]), fresh)
    assert norm_gini(fresh.value, rung.predict(X)) > 0.2
    assert np.isfinite(rung.predict(X)).all()
    for chance in (rung.probability_active(X), rung.probability_upgraded(X)):
        assert chance is None or ((chance >= 0) & (chance <= 1)).all()


def test_the_rungs_are_what_they_say() -> None:
    examples = build_examples()
    last, rule = LastPeriod(), CrmRule(90)
    fit_rung(last, [examples])
    assert (last.predict(read(last, examples)) == examples.column("value_h1")).all()
    fit_rung(rule, [examples])
    monthly = examples.column("value_ever") / (300 / 30.4375)
    said = rule.predict(read(rule, examples))
    assert said == pytest.approx(monthly * (90 / 30.4375) * rule.retention_)
    ordered = examples.column("orders_h1") > 0
    assert rule.retention_ == examples.active[ordered].mean()


def test_learning_rungs_are_calibrated() -> None:
    fresh = build_examples(seed=2)
    for rung in (RfmCells(), PlainTrees()):
        X = read(fit_rung(rung, [build_examples()]), fresh)
        assert rung.predict(X).sum() == pytest.approx(fresh.value.sum(), rel=0.1)
        assert rung.probability_active(X).mean() == pytest.approx(fresh.active.mean(), abs=0.03)
        upgraded = fresh.upgraded[fresh.below].mean()
        assert rung.probability_upgraded(X)[fresh.below].mean() == pytest.approx(upgraded, abs=0.03)


def test_without_further_outcomes_orders_are_where_there_is_value() -> None:
    examples = build_examples(300)
    rung = RfmCells().fit(read(RfmCells(), examples), examples.value)
    whole = RfmCells()
    fit_rung(whole, [examples])
    assert np.array_equal(rung.active_, whole.active_)
    assert (rung.upgraded_ == 0).all()


def build_odd() -> dict[str, Examples]:
    usual = build_examples(300)
    nothing, one = np.zeros(300), np.zeros(300, dtype=np.int64)
    return {
        "all left": replace(usual, value=nothing, orders=nothing, active=nothing > 0),
        "nobody below the threshold": replace(usual, threshold=0.0),
        "one customer": replace(usual, people=one),
        "one row": usual.take(np.array([3])),
        "one buyer": replace(usual, value=np.r_[5.0, nothing[1:]], active=np.arange(300) == 0),
        "nothing known": replace(
            usual, features=replace(usual.features, matrix=np.full_like(usual.features.matrix, np.nan))
        ),
    }


@pytest.mark.parametrize("odd", build_odd().values(), ids=build_odd().keys())
@every_rung
def test_every_rung_says_something_of_odd_customers(rung: Rung, odd: Examples) -> None:
    X = read(fit_rung(rung, [odd]), odd)
    for said in (rung.predict(X), rung.probability_active(X), rung.probability_upgraded(X)):
        assert said is None or np.isfinite(said).all()


def test_plain_trees_say_the_mean_where_there_is_nothing_to_learn() -> None:
    lost, usual = build_odd()["all left"], build_examples(300)
    rung = PlainTrees()
    X = read(fit_rung(rung, [lost]), usual)
    assert (rung.predict(X) == 0).all()
    assert rung.probability_active(X) == pytest.approx(np.zeros(300))
    fit_rung(rung, [build_odd()["one customer"]])
    assert rung.predict(X) == pytest.approx(np.full(300, usual.value.mean()))
    assert rung.probability_active(X) == pytest.approx(np.full(300, usual.active.mean()))
