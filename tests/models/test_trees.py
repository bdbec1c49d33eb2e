from __future__ import annotations

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bagged_trees import BaggedTrees
from models.trees import Trees, join_trees

Table = npt.NDArray[np.float64]


def draw(rows: int, seed: int, unknown: float = 0.3) -> tuple[Table, Table]:
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(rows, 4)), 1)
    y = np.exp(X[:, 0]) + (X[:, 1] > 0.3) + rng.random(rows)
    X[rng.random(rows) < unknown, 1] = np.nan
    return X, y


def ask_lightgbm(text: str, X: npt.NDArray[np.float32 | np.float64]) -> Table:
    return np.asarray(lgb.Booster(model_str=text).predict(X, raw_score=True, num_threads=1))


@pytest.mark.parametrize("objective", ["tweedie", "regression"])
@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_the_walk_says_to_the_last_bit_what_lightgbm_says(objective: str, unknown: float) -> None:
    X, y = draw(1_500, 1, unknown)
    bags = BaggedTrees(objective=objective).fit(X, y, offset=np.zeros(len(y)))
    X[::7, 0] = np.nan  # unknown where nothing was at training
    X[::5, 2] = [np.inf, -np.inf, 0.0] * 100
    for text in bags.to_texts():
        assert (Trees.from_texts([text]).raw(X) == ask_lightgbm(text, X)).all()
        narrow = X.astype(np.float32)
        assert (Trees.from_texts([text]).raw(narrow) == ask_lightgbm(text, narrow)).all()


def test_trees_of_several_models_are_asked_at_once_over_a_wider_table() -> None:
    X, y = draw(600, 3)
    texts = [BaggedTrees(most_trees=count).fit(X, y).to_texts() for count in (4, 9)]
    alone = [Trees.from_texts(each) for each in (*texts, [])]
    wide = np.column_stack([y, X[:, ::-1]])
    joined = join_trees([each.over([4, 3, 2, 1]) for each in alone])
    assert len(joined.bags) - 1 == sum(len(each) for each in texts)
    told = [each.raw(X) for each in alone]
    assert joined.raw(wide) == pytest.approx(told[0] + told[1] + told[2], rel=1e-14)


def test_bags_add_up() -> None:
    X, y = draw(600, 2)
    texts = BaggedTrees(most_trees=9).fit(X, y).to_texts()
    total = np.zeros(len(X))
    for text in texts:
        total += ask_lightgbm(text, X)
    assert len(texts) == 4
    assert (Trees.from_texts(texts).raw(X) == total).all()


def test_no_bag_and_trees_without_a_split() -> None:
    assert Trees.from_texts([]).raw(np.ones((3, 2))).tolist() == [0.0] * 3
    X = np.ones((50, 2))
    text = BaggedTrees().fit(X, np.arange(50.0)).to_texts()[0]
    assert (Trees.from_texts([text]).raw(X) == ask_lightgbm(text, X)).all()


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(1, 1_300), seed=st.integers(0, 9))
def test_a_row_is_told_the_same_alone_and_in_any_batch(rows: int, seed: int) -> None:
    X, y = draw(1_300, 3)
    trees = BaggedTrees(most_trees=5).fit(X, y).trees_
    chosen = np.random.default_rng(seed).permutation(len(X))[:rows]
    assert (trees.raw(X)[chosen] == trees.raw(X[chosen])).all()
    assert trees.raw(X[chosen[:1]])[0] == trees.raw(np.asfortranarray(X))[chosen[0]]


def test_trees_that_split_on_categories_are_refused() -> None:
    X, y = draw(500, 4, 0.0)
    data = lgb.Dataset(np.round(np.abs(X) * 3), y, categorical_feature=[0])
    text = lgb.train({"verbose": -1, "num_threads": 1}, data, 3).model_to_string()
    with pytest.raises(ValueError, match="decides by type"):
        Trees.from_texts([text])
