"""Money is exact.

Running totals are integers of ten-thousandths. Of amounts that are multiples of 0.0001, each below 2.25e11,
every sum over every window is exact as long as a customer's stays below 9e14: the error is 0, whatever the
number of lines. Any other amount is rounded to the nearest ten-thousandth first, so a sum is off by at most
0.00005 a line.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import DAY_US, clock_of
from features.errors import DataError
from features.purchases import Lines, Purchases, build_purchases
from features.timeline import IntArray, fixed
from features.totals import CORE, DETAILS

UNIT = Decimal("0.0001")
EXACT_BELOW = 2**51
"""Ten-thousandths that survive the way through a double, there and back."""


def sum_up(amounts: list[float]) -> Decimal:
    """Return the running total after one customer's lines, a day apart."""
    count = len(amounts)
    lines = Lines(np.zeros(count, np.int64), np.arange(1, count + 1) * DAY_US, np.array(amounts))
    totals = build_purchases([lines], 1, clock_of("UTC")).timeline.totals
    return int(totals[-1, CORE.index("value")]) * UNIT


def test_a_customer_whose_total_would_run_over_is_refused() -> None:
    assert sum_up([8e11, -8e11] * 500) == 0

    with pytest.raises(DataError, match=r"add up to 9\.6e\+14, beyond 9e\+14"):
        sum_up([8e11, -8e11] * 600)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (
            "quantity",
            "quantities add up to 9.6e+14, beyond 9e+14; use a larger unit or correct the quantities",
        ),
        ("discount", "discounts add up to 9.6e+14, beyond 9e+14; use a larger unit of money"),
        ("cost", "costs add up to 9.6e+14, beyond 9e+14; use a larger unit of money"),
    ],
)
def test_no_other_total_runs_over_either(column: str, said: str) -> None:
    def build(figures: list[float]) -> Purchases:
        count = len(figures)
        known: dict[str, Any] = {column: np.array(figures)}
        times = np.arange(1, count + 1) * DAY_US
        lines = Lines(np.zeros(count, np.int64), times, np.ones(count), **known)
        return build_purchases([lines], 1, clock_of("UTC"))

    at = DETAILS.index(column)
    assert build([8e11, math.nan] * 1000).details.totals[-1, at] * UNIT == Decimal("8e14")
    with pytest.raises(DataError, match=re.escape(said)):
        build([8e11, math.nan] * 1200)


def test_a_margin_of_large_amounts_and_costs_is_refused() -> None:
    large = np.full(1000, 8e11)
    lines = Lines(np.zeros(1000, np.int64), np.arange(1, 1001) * DAY_US, large, cost=-large)

    with pytest.raises(DataError, match=r"amounts and costs add up to 1\.6e\+15"):
        build_purchases([lines], 1, clock_of("UTC"), margin=True)


@given(st.integers(-EXACT_BELOW, EXACT_BELOW))
def test_ten_thousandths_are_kept_exactly(units: int) -> None:
    assert fixed(units / 10_000) == units


@given(
    st.lists(st.integers(-(10**13), 10**13).map(lambda cents: Decimal(cents) / 100), min_size=1, max_size=40)
)
def test_sums_of_cents_are_exact(amounts: list[Decimal]) -> None:
    assert sum_up([float(amount) for amount in amounts]) == sum(amounts)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
def test_what_is_finer_is_off_by_half_a_unit_a_line_at_most(amounts: list[float]) -> None:
    exact = sum(map(Decimal, amounts), Decimal(0))
    # A double of up to 1e9 is scaled with an error of 2^-53 of itself, which the bound has to bear as well.
    assert abs(sum_up(amounts) - exact) <= len(amounts) * (UNIT / 2 + Decimal(10**9) / 2**53)


def test_what_is_unknown_counts_as_nothing() -> None:
    assert [fixed(figure) for figure in (1.23456, math.nan, -0.00005, 1e11)] == [12346, 0, 0, 10**15]


def test_huge_and_tiny_amounts_stand_beside_each_other() -> None:
    assert sum_up([1e11, 0.01, -1e11]) == Decimal("0.01")
    assert sum_up([1e11, 1e-9, 1e-9]) == Decimal(10) ** 11
    assert sum_up([1e-9] * 10_000) == 0  # within 10,000 * 0.00005
    assert sum_up([0.00006] * 10) == Decimal("0.001")
    assert sum_up([9e11] * 900) == Decimal(9 * 10**11) * 900
    assert sum_up([9e11] * 900 + [0.01]) == Decimal(9 * 10**11) * 900 + Decimal("0.01")


@pytest.fixture(scope="module")
def cents() -> IntArray:
    """Return ten million amounts in cents: 1,000 customers with 10,000 lines each, 100 a day."""
    return np.random.default_rng(7).integers(-50_000, 2_000_000, (1_000, 10_000))


def test_ten_million_lines_are_exact_to_the_cent(cents: IntArray) -> None:
    customers, lines = cents.shape
    days = np.repeat(np.arange(1, 101) * DAY_US, lines // 100)
    history = build_purchases(
        [Lines(np.repeat(np.arange(customers), lines), np.tile(days, customers), cents.ravel() / 100)],
        customers,
        clock_of("UTC"),
    )
    timeline, who = history.timeline, np.arange(customers)
    column, detail = np.array([CORE.index("value")]), np.array([DETAILS.index("returned")])
    cent = np.full(len(DETAILS), 100.0)
    start, end = timeline.rows_before(who, np.array([31, 91]) * DAY_US)
    value = timeline.sums(who, start[None], end[None], column, cent)[0, 0]
    returned = history.details.sums(who, start[None], end[None], detail, cent)[0, 0]

    window = cents[:, 3_000:9_000]
    assert np.array_equal(value, window.sum(axis=1))
    assert np.array_equal(returned, -np.minimum(window, 0).sum(axis=1))
    everything = sum(int(total) for total in timeline.totals[timeline.offsets[1:] - 1, column[0]])
    assert everything * UNIT == Decimal(int(cents.sum())) / 100
