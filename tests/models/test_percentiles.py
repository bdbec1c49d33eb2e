from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from models.percentiles import Percentiles, fit_percentiles

BASE = st.lists(st.floats(-1e9, 1e9) | st.integers(0, 3).map(float), min_size=1, max_size=80)


@given(BASE, st.lists(st.floats(-2e9, 2e9), min_size=2, max_size=40))
def test_percentiles_rise_with_the_figure_and_stay_in_bounds(base: list[float], figures: list[float]) -> None:
    ranks = fit_percentiles([base], knots=51).rank([sorted(figures)])[0]
    assert (np.diff(ranks) >= 0).all()
    assert ranks.min() >= 0
    assert ranks.max() <= 100


@given(BASE, st.lists(st.floats(-2e9, 2e9) | st.just(np.nan), min_size=1, max_size=60))
def test_a_figure_alone_ranks_as_among_others_and_after_a_round_trip(
    base: list[float], figures: list[float]
) -> None:
    percentiles = fit_percentiles([base, [np.nan] * len(base)], knots=21)
    together = percentiles.rank([figures, figures])
    stored = Percentiles.from_json(json.loads(json.dumps(percentiles.to_json())))
    alone = [stored.rank([[figure], [figure]])[:, 0] for figure in figures]
    assert np.array_equal(together.T, np.array(alone), equal_nan=True)
    assert np.isnan(together[1]).all()


def test_percentiles_are_those_of_the_base() -> None:
    base = np.random.default_rng(7).gamma(0.5, 100, 5_000)
    probes = np.quantile(base, [0.03, 0.5, 0.9, 0.999])
    expected = [percentileofscore(base, probe, "mean") for probe in probes]
    assert fit_percentiles([base]).rank([probes])[0] == pytest.approx(expected, abs=0.06)


def test_who_shares_a_figure_gets_the_middle() -> None:
    percentiles = fit_percentiles([[0.0] * 60 + list(range(1, 41))])
    assert percentiles.rank([[0.0]])[0, 0] == pytest.approx(30, abs=1)
    assert fit_percentiles([[5.0]]).rank([[4.0, 5.0, 6.0]]).tolist() == [[0, 50, 100]]


def test_what_is_unknown_does_not_count() -> None:
    percentiles = fit_percentiles([[np.nan, 1, 2, np.inf, 3]], knots=3)
    assert percentiles.quantiles.tolist() == [[1, 2, 3]]
    assert percentiles.rank(np.empty((1, 0))).shape == (1, 0)
