from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segments import SEGMENTS, assign_evidence, assign_segments, compute_volume_orders


def _segment(
    orders: float, value: float, tenure: float, threshold: float = 100.0, median: float = 3.0
) -> str:
    segments = assign_segments(
        [orders], [value], [tenure], horizon_days=90, threshold=threshold, volume_orders=median
    )
    return str(segments[0])


@pytest.mark.parametrize(
    ("orders", "value", "tenure", "segment"),
    [
        (0, 0, 400, "lapsed"),
        (0, 500, 400, "lapsed"),  # value without an order: a late correction, not a return of the customer
        (0, 0, np.nan, "lapsed"),
        (1, 100, 10, "valued"),
        (9, 99.99, 400, "volume"),
        (3, 0, 10, "volume"),
        (2, 50, 90, "new"),
        (2, 50, 90.1, "occasional"),
        (1, -20, 400, "occasional"),
    ],
)
def test_the_first_that_fits(orders: float, value: float, tenure: float, segment: str) -> None:
    assert _segment(orders, value, tenure) == segment


def test_nobody_is_valued_where_nobody_has_value() -> None:
    assert _segment(1, 0, 400, threshold=np.nan) == "occasional"


def test_thresholds_may_differ_by_customer() -> None:
    segments = assign_segments(
        [1, 1], [50, 50], [400, 400], horizon_days=90, threshold=[40, 60], volume_orders=[2, 1]
    )
    assert segments.tolist() == ["valued", "volume"]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.floats(-1e9, 1e9), st.floats(0, 5000)), min_size=1, max_size=30)
)
def test_one_customer_alone_is_as_in_the_whole_base(rows: list[tuple[int, float, float]]) -> None:
    orders, values, tenures = map(np.array, zip(*rows, strict=True))
    median = compute_volume_orders(orders)
    together = assign_segments(orders, values, tenures, horizon_days=90, threshold=100, volume_orders=median)
    assert together.tolist() == [_segment(*row, median=median) for row in rows]
    assert set(together) <= set(SEGMENTS)


def test_the_median_is_of_active_customers() -> None:
    assert compute_volume_orders([0, 0, 0, 2, 4]) == 3


def test_who_ordered_once_does_not_buy_often() -> None:
    once = compute_volume_orders([0, 1, 1, 1, 2])
    found = assign_segments(
        [1, 1, 2], [20] * 3, [10, 400, 400], horizon_days=90, threshold=100, volume_orders=once
    )
    assert found.tolist() == ["new", "occasional", "volume"]
    assert compute_volume_orders([0, 0]) == 2


def test_evidence() -> None:
    tags = assign_evidence([0, 0, np.nan, 1, 2, 4, 5, 900], [0, 2, np.nan, 0, 9, 0, 0, 1])
    expected = ["none", "attributes", "none", "one_order", "few_orders", "few_orders", "ample", "ample"]
    assert tags.tolist() == expected


def test_empty_bases_and_columns_of_frames() -> None:
    assert len(assign_segments([], [], [], horizon_days=90, threshold=1, volume_orders=1)) == 0
    assert pl.Series("evidence", assign_evidence([1], [0])).to_list() == ["one_order"]
