from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.bagged_trees import BaggedTrees
from models.ranking_gain import norm_gini


@parametrize_with_checks([BaggedTrees(most_trees=30, stumps=20)])
def test_the_contract_of_scikit_learn(estimator, check):  # type: ignore[no-untyped-def]
    check(estimator)


def simulate(rows: int = 3_000, seed: int = 1):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 4)).astype(np.float32)
    mean = np.exp(0.8 * X[:, 0] - 0.5 * (X[:, 1] > 0))
    return X, rng.poisson(mean) * rng.gamma(2, 0.5, rows), mean


def test_it_ranks_unseen_rows_better_than_chance_and_nearly_as_the_truth() -> None:
    X, y, _ = simulate()
    fresh, came, mean = simulate(seed=2)
    predicted = BaggedTrees(objective="tweedie").fit(X, y).predict(fresh)
    assert norm_gini(came, predicted) > 0.9 * norm_gini(came, mean)
    assert predicted.mean() == pytest.approx(came.mean(), rel=0.1)


def test_rows_of_one_group_never_tell_of_each_other() -> None:
    rng = np.random.default_rng(3)
    X = np.repeat(rng.normal(size=(400, 3)), 5, axis=0)
    noise = np.repeat(rng.normal(size=400), 5)
    apart = BaggedTrees(leaf_customers=5).fit(X, noise, groups=np.repeat(np.arange(400), 5))
    mixed = BaggedTrees(leaf_customers=5).fit(X, noise)
    assert np.corrcoef(apart.oof_, noise)[0, 1] < 0.15
    assert np.corrcoef(mixed.oof_, noise)[0, 1] > 0.5


def test_what_the_offset_says_is_not_learned_again() -> None:
    X, y, mean = simulate()
    trees = BaggedTrees(objective="tweedie").fit(X, y, offset=np.log(mean))
    assert np.abs(trees.raw(X)).mean() < 0.1


@pytest.mark.parametrize("objective", ["tweedie", "binary"])
def test_a_fold_that_leaves_nothing_to_learn_from_has_no_trees(objective: str) -> None:
    X, _, _ = simulate(400)
    last = BaggedTrees(objective=objective).fit(X, (np.arange(400) == 7).astype(float))
    assert len(last.to_texts()) == 3
    never = BaggedTrees(objective=objective).fit(X, np.zeros(400))
    assert never.to_texts() == []
    assert (never.raw(X) == 0).all()
    assert (never.oof_ == 0).all()


def test_the_same_seed_gives_the_same_trees_and_text_restores_them() -> None:
    X, y, _ = simulate(800)
    first, second = (BaggedTrees(objective="tweedie", most_trees=20).fit(X, y) for _ in range(2))
    assert first.to_texts() == second.to_texts()
    restored = BaggedTrees.from_texts(first.to_texts(), "tweedie")
    assert (restored.raw(X) == first.raw(X)).all()
    assert restored.raw(X[:1])[0] == first.raw(X)[0]


def test_stumps_have_bags_of_their_own_that_count_as_much() -> None:
    X, y, _ = simulate(2_000)
    plain, both = (BaggedTrees(most_trees=20, stumps=stumps).fit(X, y) for stumps in (0, 30))
    deep, stumps = both.to_texts()[:4], both.to_texts()[4:]
    assert deep == plain.to_texts()
    assert len(stumps) == 4
    assert {line for text in stumps for line in text.split("\n") if line.startswith("num_leaves")} == {
        "num_leaves=2"
    }
    alone = BaggedTrees.from_texts(stumps, "regression")
    alone.center_ = both.center_
    np.testing.assert_allclose(both.raw(X), (plain.raw(X) + alone.raw(X)) / 2)
    assert both.raw_unseen(X, np.arange(len(X))).tolist() == both.oof_.tolist()


def test_stumps_add_up_to_a_curve_for_each_feature() -> None:
    X, y, _ = simulate(2_000)
    texts = BaggedTrees(stumps=30).fit(X, y).to_texts()[4:]
    alone = BaggedTrees.from_texts(texts, "regression")
    both, first, second, neither = (np.tile(X[0], (1, 1)) for _ in range(4))
    first[0, 1], second[0, 0], neither[0, :2] = -1.0, -1.0, -1.0
    told = alone.raw(both)[0] + alone.raw(neither)[0]
    assert told == pytest.approx(alone.raw(first)[0] + alone.raw(second)[0], abs=1e-12)


def test_rows_that_were_not_fitted_are_told_by_trees_that_saw_no_such_group() -> None:
    X, y, mean = simulate(2_000)
    groups = np.arange(len(X)) // 3
    trees = BaggedTrees().fit(X[::2], y[::2], groups=groups[::2])
    found = trees.raw_unseen(X, groups)
    assert found[::2].tolist() == trees.oof_.tolist()
    assert np.corrcoef(found[1::2], mean[1::2])[0, 1] > 0.7
