from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.timeline import FloatArray
from models.bagged_trees import BaggedTrees
from models.tree_shares import share_trees


def draw(rows: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return columns, one of them often unknown and one constant, and an outcome that depends on them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 6))
    X[:, 4] = 3.0
    X[:, 5] = np.round(X[:, 5])
    y = np.exp(0.5 * X[:, 0] + (X[:, 1] > 0.3) * X[:, 5]) * rng.gamma(1, 1, rows)
    X[rng.random(rows) < 0.3, 1] = np.nan
    return X, y


def contributions(trees: BaggedTrees, X: FloatArray) -> FloatArray:
    """Return LightGBM's own answer; the last column is where it starts from."""
    boosters = (lgb.Booster(model_str=text) for text in trees.to_texts())
    told = [np.asarray(booster.predict(X, pred_contrib=True)) for booster in boosters]
    mean: FloatArray = np.mean(told, axis=0)
    return mean


@pytest.mark.parametrize("leaves", [2, 8, 15])
def test_shares_are_those_of_lightgbm(leaves: int) -> None:
    X, y = draw(1_500, 1)
    trees = BaggedTrees(objective="tweedie", leaves=leaves, most_trees=20).fit(X, y, offset=np.zeros(len(y)))
    shares = share_trees(trees)
    found = shares.explain(X.astype(np.float32))
    expected = contributions(trees, X.astype(np.float32))
    assert found == pytest.approx(expected[:, :-1], abs=1e-12)
    assert shares.starts == pytest.approx(expected[0, -1], abs=1e-12)
    assert shares.starts + found.sum(axis=1) == pytest.approx(trees.raw(X.astype(np.float32)), abs=1e-12)


def test_unknown_where_none_was_in_training_counts_as_lightgbm_counts_it() -> None:
    X, y = draw(1_000, 2)
    trees = BaggedTrees(objective="binary", most_trees=15).fit(np.nan_to_num(X), (y > 1).astype(float))
    X[:, :3] = np.nan
    found = share_trees(trees).explain(X.astype(np.float32))
    assert found == pytest.approx(contributions(trees, X)[:, :-1], abs=1e-12)


def test_what_is_constant_adds_nothing() -> None:
    X, y = draw(1_000, 3)
    trees = BaggedTrees(most_trees=15).fit(X, y)
    assert not share_trees(trees).explain(X.astype(np.float32))[:, 4].any()


def test_trees_without_a_split_are_their_mean() -> None:
    trees = BaggedTrees().fit(np.ones((50, 2)), np.arange(50.0))
    shares = share_trees(trees)
    assert not shares.explain(np.ones((3, 2), dtype=np.float32)).any()
    assert shares.starts == pytest.approx(trees.raw(np.ones((1, 2))))


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(1, 1_300), seed=st.integers(0, 9))
def test_a_row_is_told_the_same_alone_and_in_any_batch(rows: int, seed: int) -> None:
    X, y = draw(1_300, 4)
    shares = share_trees(BaggedTrees(most_trees=5).fit(X, y))
    chosen = np.random.default_rng(seed).permutation(len(X))[:rows]
    whole, part = (shares.explain(each.astype(np.float32)) for each in (X, X[chosen]))
    assert (whole[chosen] == part).all()
