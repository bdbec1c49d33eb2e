from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.gaps import RUNGS_DAYS, measure_gaps

Purchases = list[tuple[int, int]]


def frame(purchases: Purchases) -> pl.DataFrame:
    return pl.DataFrame(purchases, schema={"customer": pl.UInt32, "day": pl.Int32}, orient="row")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400)), max_size=60))
def test_gaps_are_what_plain_loops_find(purchases: Purchases) -> None:
    by_customer = {who: sorted({day for other, day in purchases if other == who}) for who, _ in purchases}
    weights: dict[int, float] = {}
    for days in by_customer.values():
        for first, second in pairwise(days):
            weights[second - first] = weights.get(second - first, 0.0) + 1 / (len(days) - 1)
    returning = sum(len(days) > 1 for days in by_customer.values())

    gaps = measure_gaps(frame(purchases))

    assert gaps.customers == returning
    assert gaps.days.tolist() == sorted(weights)
    np.testing.assert_allclose(gaps.share, [weights[days] / returning for days in sorted(weights)])


def test_each_customer_counts_the_same() -> None:
    often = [(0, day) for day in range(0, 300, 3)]
    seldom = [(1, 0), (1, 200)]

    gaps = measure_gaps(frame(often + seldom))

    assert gaps.share_within(3) == pytest.approx(0.5)
    assert gaps.quantile(0.5) == 3
    assert gaps.quantile(0.8) == 200


def test_the_suggestion_is_a_usual_horizon_that_the_history_allows() -> None:
    gaps = measure_gaps(frame([(who, day) for who in range(9) for day in (0, 85, 170)]))

    assert gaps.suggest_horizon_days(1000) == 90
    assert gaps.suggest_horizon_days(100) == 45
    assert gaps.suggest_horizon_days(10) is None
    assert all(gaps.suggest_horizon_days(days) in {None, *RUNGS_DAYS} for days in range(0, 2000, 50))


def test_nobody_comes_back() -> None:
    gaps = measure_gaps(frame([(who, 1) for who in range(9)]))

    assert (gaps.customers, gaps.quantile(0.8), gaps.suggest_horizon_days(1000)) == (0, None, None)
    assert gaps.share_within(10) == 0
