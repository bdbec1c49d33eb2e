"""Windows by running totals are what loops over the rows say."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.timeline import UNKNOWN, IntArray, Timeline, over_blocks

CUSTOMERS = 4
Row = tuple[int, int, int]
ROWS = st.lists(
    st.tuples(st.integers(0, CUSTOMERS - 1), st.integers(0, 20), st.integers(-100, 100)), max_size=30
)
MOMENT = st.integers(-1, 22)
WHO = np.arange(CUSTOMERS)


def build_timeline(rows: list[Row]) -> Timeline:
    """Return the timeline of one figure, added up in plain loops."""
    offsets, times, totals = [0], [], []
    for who in range(CUSTOMERS):
        mine = [(t, f) for c, t, f in rows if c == who]
        for moment in sorted({t for t, _ in mine}):
            times.append(moment)
            totals.append([sum(f for t, f in mine if t <= moment)])
        offsets.append(len(times))
    return Timeline(np.array(offsets), np.array(times, np.int64), np.array(totals, np.int64).reshape(-1, 1))


@given(ROWS, MOMENT, MOMENT)
def test_sums_over_windows(rows: list[Row], one: int, other: int) -> None:
    timeline, (start, end) = build_timeline(rows), sorted((one, other))
    first, last = timeline.rows_before(WHO, np.array([start, end]))
    sums = timeline.sums(WHO, first[None], last[None], np.array([0]), np.array([2.0]))[0, 0]

    assert sums.tolist() == [sum(f for c, t, f in rows if c == who and start <= t < end) / 2 for who in WHO]


@given(ROWS, st.lists(MOMENT, min_size=1, max_size=4), st.sets(st.integers(0, CUSTOMERS - 1)))
def test_rows_before_moments(rows: list[Row], moments: list[int], some: set[int]) -> None:
    timeline, customers = build_timeline(rows), np.array(sorted(some), dtype=np.int64)
    found = timeline.rows_before(customers, np.array(moments))

    for i, moment in enumerate(moments):
        for j, who in enumerate(customers):
            assert found[i, j] - timeline.offsets[who] == len(
                {t for c, t, _ in rows if c == who and t < moment}
            )


@given(ROWS, MOMENT)
def test_figures_as_they_stand(rows: list[Row], moment: int) -> None:
    timeline = build_timeline(rows)
    before = timeline.rows_before(WHO, np.array([moment]))[0]
    latest = timeline.figures(WHO, before, timeline.time[:, None].copy())[0]

    expected = [max((t for c, t, _ in rows if c == who and t < moment), default=UNKNOWN) for who in WHO]
    assert latest.tolist() == expected


def test_blocks_cover_every_customer_once() -> None:
    for rows in (10, 1_000_000):
        seen: IntArray = np.zeros(1_003, dtype=np.int64)

        def visit(first: int, last: int, seen: IntArray = seen) -> None:
            seen[first:last] += 1

        over_blocks(visit, len(seen), rows)
        assert (seen == 1).all()
