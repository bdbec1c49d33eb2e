from __future__ import annotations

import numpy as np
import pytest

from models.bgnbd import BGNBD
from models.cells import collapse
from tests.models.test_purchase_process import simulate


def test_few_customers_stay_as_they_are() -> None:
    X, _ = simulate(BGNBD, 500, horizon=0)
    cells, weights = collapse(X, 500)
    assert np.array_equal(cells, X)
    assert (weights == 1).all()


def test_cells_are_few_and_keep_the_sums() -> None:
    X, _ = simulate(BGNBD, 50_000, horizon=0)
    cells, weights = collapse(X, 3_000)
    assert len(cells) <= 3_000
    assert weights.sum() == 50_000
    assert weights @ cells == pytest.approx(X.sum(axis=0))
    assert (cells[:, 1] <= cells[:, 2] + 1e-9).all()


def test_cells_hardly_move_the_parameters() -> None:
    X, _ = simulate(BGNBD, 60_000, horizon=0)
    exact, gathered = BGNBD(max_cells=60_000).fit(X), BGNBD().fit(X)
    assert gathered.parameters_ == pytest.approx(exact.parameters_, rel=0.01)


@pytest.mark.parametrize("age", [0.0, 1e-200, 1e200])
def test_times_of_any_size_are_gathered(age: float) -> None:
    cells, weights = collapse(np.tile([2.0, age / 2, age], (100, 1)), 10)
    assert cells == pytest.approx(np.array([[2.0, age / 2, age]]))
    assert weights.tolist() == [100]
