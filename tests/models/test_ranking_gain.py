from __future__ import annotations

import numpy as np
import pytest

from models.ranking_gain import norm_gini


def test_a_perfect_ranking_a_reversed_one_and_ties() -> None:
    amounts = np.array([0.0, 1.0, 5.0, 20.0])
    assert norm_gini(amounts, amounts) == pytest.approx(1)
    assert norm_gini(amounts, -amounts) == pytest.approx(-1)
    assert norm_gini(amounts, np.ones(4)) == pytest.approx(0)


def test_nothing_to_rank_is_zero() -> None:
    assert norm_gini(np.zeros(3), np.arange(3.0)) == 0
    assert norm_gini(np.ones(3), np.arange(3.0)) == 0


def test_it_does_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(1)
    amounts, score = rng.gamma(0.3, 10, 500), rng.integers(0, 20, 500).astype(float)
    mixed = rng.permutation(500)
    assert norm_gini(amounts, score) == pytest.approx(norm_gini(amounts[mixed], score[mixed]))
