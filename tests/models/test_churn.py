from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from models.churn import find_shift


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=50), st.floats(0.001, 0.999))
def test_shifted_probabilities_add_up_to_the_rate(odds: list[float], rate: float) -> None:
    log_odds = np.array(odds)
    assert expit(log_odds + find_shift(log_odds, rate)).mean() == pytest.approx(rate, abs=1e-3)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_an_extreme_rate_leaves_probabilities_inside(rate: float) -> None:
    shifted = expit(np.zeros(5) + find_shift(np.zeros(5), rate))
    assert ((shifted > 0) & (shifted < 1)).all()
