from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from features.timeline import FloatArray
from models.additive import pass_on, share_by_size, spread, to_money, to_points

parts = st.lists(st.floats(-15, 15), min_size=4, max_size=4).map(np.array)


@given(start=st.floats(-10, 15), row=parts)
def test_money_adds_up(start: float, row: FloatArray) -> None:
    found = row.copy()
    begin, end = to_money(start, found), np.exp(start + row.sum())
    assert abs(begin + found.sum() - end) <= 1e-9 * (begin + end + np.abs(found).sum())
    assert (np.sign(found) == np.sign(row)).all()


@given(start=st.floats(-14, 14), row=parts)
def test_points_add_up(start: float, row: FloatArray) -> None:
    found = row.copy()
    begin = to_points(start, found)
    assert begin == pytest.approx(100 * expit(start))
    assert begin + found.sum() == pytest.approx(100 * expit(start + row.sum()), abs=1e-9)


@given(start=st.floats(-14, 14), row=parts)
def test_what_cancels_out_is_not_told_as_more_than_a_hundred_points(start: float, row: FloatArray) -> None:
    found = row.copy()
    to_points(start, found)
    assert found[found > 0].sum() <= 100 + 1e-9
    assert found[found < 0].sum() >= -100 - 1e-9
    assert (found * row >= 0).all()


def test_points_of_one_sign_are_in_proportion() -> None:
    found = np.array([1.0, 3.0])
    begin = to_points(-2.0, found)
    assert found[1] == pytest.approx(3 * found[0])
    assert begin + found.sum() == pytest.approx(100 * expit(2.0))


def test_nothing_that_moves_is_nothing_in_money() -> None:
    still = np.zeros(3)
    assert to_money(3.0, still) == pytest.approx(np.exp(3.0))
    assert to_points(3.0, still) == pytest.approx(100 * expit(3.0))
    assert not still.any()


@given(amount=st.floats(-50, 50), row=parts)
@settings(max_examples=200)
def test_an_amount_is_passed_on_whole(amount: float, row: FloatArray) -> None:
    for share in (pass_on, spread):
        found = np.zeros(len(row))
        share(amount, row, found)
        assert found.sum() == pytest.approx(amount, abs=1e-9)
        if row.any():
            assert (found[row == 0] == 0).all()


def test_parts_that_cancel_out_are_not_blown_up() -> None:
    found = np.zeros(2)
    pass_on(1.0, np.array([2.0, -2.0 + 1e-9]), found)
    assert np.abs(found).max() <= 10 + 1
    assert found.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(("row", "shares"), [([1.0, -3.0], [0.25, 0.75]), ([0.0, 0.0], [0.5, 0.5])])
def test_shares_are_by_size(row: list[float], shares: list[float]) -> None:
    found = np.array(row)
    share_by_size(found)
    assert found.tolist() == shares
