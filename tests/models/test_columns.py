from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.bgnbd import BGNBD
from models.gamma_gamma import GammaGamma
from tests.models.any_width import AnyWidthBGNBD, AnyWidthGammaGamma, AnyWidthMBGNBD, AnyWidthParetoNBD

X = np.array([[0.0, 0, 39], [1, 2, 38], [2, 30, 38], [0, 0, 35], [6, 29, 37], [1, 10, 36]])


@parametrize_with_checks([AnyWidthBGNBD(), AnyWidthMBGNBD(), AnyWidthParetoNBD(), AnyWidthGammaGamma()])  # type: ignore[untyped-decorator]  # scikit-learn has no types
@pytest.mark.filterwarnings("ignore")  # the checks warn of what they skip
def test_scikit_learns_estimator_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def test_a_wrong_number_of_columns_names_those_expected() -> None:
    with pytest.raises(ValueError, match=r"X has 2 feature\(s\), BGNBD expects 3: frequency, recency, age"):
        BGNBD().fit(X[:, :2])
    with pytest.raises(ValueError, match="expecting 3 features"):
        BGNBD().fit(X).expected_purchases(X[:, :2], 10)


def test_a_negative_time_names_its_column() -> None:
    with pytest.raises(ValueError, match="recency goes down to -2"):
        BGNBD().fit(X * (1, -1, 1) + (0, 28, 0))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_and_infinite_values_are_refused_in_prediction_too(bad: float) -> None:
    model = BGNBD().fit(X)
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        model.probability_alive(np.array([[1.0, 2.0, bad]]))


def test_a_mean_value_may_be_negative() -> None:
    model = GammaGamma().fit(np.array([[1.0, 20], [2, 30], [3, -5], [4, 25], [1, 80]]))
    assert (model.expected_mean_value(np.array([[3.0, -5.0], [3.0, 0.0]])) > 0).all()


def test_unfitted_models_say_so() -> None:
    with pytest.raises(NotFittedError):
        BGNBD().expected_purchases(X, 10)


def test_integers_and_lists_are_read_as_floats() -> None:
    model = BGNBD().fit(X.astype(int).tolist())
    assert np.array_equal(model.expected_purchases(X.astype(int), 10), model.expected_purchases(X, 10))
