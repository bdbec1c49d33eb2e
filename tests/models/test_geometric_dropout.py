from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln

from models.geometric_dropout import _by_quadrature, _by_series, expected_until_dropout


@pytest.mark.parametrize("a", [0.3, 1.0, 4.0])
@pytest.mark.parametrize(("shape", "stayed"), [(0.5, 0.7), (0.3, 1 - 0.3), (12.0, 14.0), (4000.0, 4003.0)])
@pytest.mark.parametrize("span", [0.01, 1.0, 100.0])
def test_it_is_the_mean_over_the_chance_of_leaving(
    shape: float, a: float, stayed: float, span: float
) -> None:
    def integrand(logit: float) -> float:
        p = 1 / (1 + np.exp(-logit))
        log_density = -a * np.logaddexp(0, -logit) - stayed * np.logaddexp(0, logit) - betaln(a, stayed)
        return float(np.exp(log_density) * -np.expm1(-shape * np.log1p(p * span)) / p)

    middle = float(np.log(a / stayed))
    points = [middle + offset for offset in (-20, -6, -2, 0, 2, 6, 20)]
    expected = quad(integrand, middle - 150, middle + 60, points=points, epsabs=0, epsrel=1e-10, limit=400)[0]
    assert expected_until_dropout(shape, a, stayed, span) == pytest.approx(expected, rel=1e-7)


@given(
    r=st.floats(0.01, 5),
    a=st.floats(0.05, 5),
    b=st.floats(0.05, 50),
    x=st.integers(0, 5000),
    span=st.floats(1e-4, 3),
)
def test_series_and_quadrature_agree(r: float, a: float, b: float, x: int, span: float) -> None:
    if a + b - 1 - r <= -5:
        return
    series = _by_series(r + x, a, b + x, span / (1 + span))
    assert series == pytest.approx(_by_quadrature(r + x, a, b + x, span), rel=1e-6)


@pytest.mark.parametrize("span", [0.5, 50.0])
def test_without_dropout_it_is_rate_times_time(span: float) -> None:
    assert expected_until_dropout(3.0, 0.0, 1.0, span) == pytest.approx(3 * span)
