from __future__ import annotations

import numpy as np
import pytest

from models.likelihood import LOG_BOUND, FloatArray, Gradients, maximise

TIMES = np.array([1.0, 2.0, 3.0])


def exponential(parameters: FloatArray) -> Gradients:
    return np.log(parameters) - parameters * TIMES, (1 / parameters - TIMES)[None, :]


def test_plain_maximum_likelihood_without_a_prior() -> None:
    end = maximise(exponential, np.ones(3), [np.array([7.0])], np.inf)
    assert end.converged
    assert end.parameters == pytest.approx([0.5], rel=1e-6)


def test_a_weight_counts_as_that_many_customers() -> None:
    end = maximise(exponential, np.array([1.0, 0.0, 3.0]), [np.array([1.0])], np.inf)
    assert end.parameters == pytest.approx([0.4], rel=1e-6)


def test_the_prior_decides_where_the_data_are_silent() -> None:
    def silent(parameters: FloatArray) -> Gradients:
        return np.zeros(3), np.zeros((1, 3))

    assert maximise(silent, np.ones(3), [np.array([50.0])], 5.0).parameters == pytest.approx([1.0], abs=1e-3)


def test_a_maximum_at_infinity_ends_at_the_bound() -> None:
    def rising(parameters: FloatArray) -> Gradients:
        return np.full(3, np.log(parameters[0])), np.full((1, 3), 1 / parameters[0])

    end = maximise(rising, np.ones(3), [np.array([1.0])], np.inf)
    assert end.converged
    assert np.log(end.parameters) == pytest.approx([LOG_BOUND])


def test_a_likelihood_that_is_nowhere_finite_does_not_converge() -> None:
    def broken(parameters: FloatArray) -> Gradients:
        return np.full(3, np.nan), np.full((1, 3), np.nan)

    assert not maximise(broken, np.ones(3), [np.array([1.0])], 5.0).converged
