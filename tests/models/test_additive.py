from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from models.additive import AdditiveScore, pass_on, spread, to_money, to_points

parts = st.lists(st.floats(-15, 15), min_size=4, max_size=4).map(lambda row: np.array([row]))


@given(start=st.floats(-10, 15), row=parts)
def test_money_adds_up(start: float, row: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    found = to_money(AdditiveScore(start, row))
    end = np.exp(start + row.sum(axis=1))
    assert np.abs(found.total - end)[0] <= 1e-9 * (found.start + end[0] + np.abs(found.parts).sum())
    assert (np.sign(found.parts) == np.sign(row)).all()


@given(start=st.floats(-14, 14), row=parts)
def test_points_add_up(start: float, row: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    found = to_points(AdditiveScore(start, row))
    assert found.start == pytest.approx(100 * expit(start))
    assert found.total == pytest.approx(100 * expit(start + row.sum(axis=1)), abs=1e-9)


def test_nothing_that_moves_is_nothing_in_money() -> None:
    still = AdditiveScore(3.0, np.zeros((2, 3)))
    assert not to_money(still).parts.any()
    assert to_money(still).total == pytest.approx(np.exp(3.0))
    assert not to_points(still).parts.any()


@given(amount=st.floats(-50, 50), row=parts)
@settings(max_examples=200)
def test_an_amount_is_passed_on_whole(
    amount: float, row: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    for share in (pass_on, spread):
        found = share(np.array([amount]), row)
        assert found.sum() == pytest.approx(amount, abs=1e-9)
        if row.any():
            assert (found[row == 0] == 0).all()


def test_parts_that_cancel_out_are_not_blown_up() -> None:
    found = pass_on(np.array([1.0]), np.array([[2.0, -2.0 + 1e-9]]))
    assert np.abs(found).max() <= 10 + 1
    assert found.sum() == pytest.approx(1.0)
