from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.stream import Happenings, build_stream

KINDS = ("visit", "review")
ROW = st.tuples(
    st.integers(0, 2), st.integers(0, 9), st.integers(-1, 1), st.one_of(st.just(math.nan), st.integers(0, 9))
)


@given(st.lists(ROW, max_size=25), st.integers(0, 10))
def test_counts_and_sums_of_figures(rows: list[tuple[int, int, int, float]], moment: int) -> None:
    customer, time, kinds = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(3))
    figures = np.array([row[3] for row in rows], dtype=np.float64)
    stream = build_stream(Happenings(customer, time, kinds, figures, KINDS), 3)
    who = np.arange(3)
    ends = stream.timeline.rows_before(who, np.array([moment]))
    sums = stream.timeline.sums(
        who, stream.timeline.offsets[None, :-1], ends, np.arange(len(stream.names)), stream.units
    )[:, 0]

    found = dict(zip(stream.names, sums, strict=True))
    for kind, name in enumerate(KINDS):
        mine = [[r for r in rows if r[0] == one and r[2] == kind and r[1] < moment] for one in who]
        known = [[row[3] for row in each if not math.isnan(row[3])] for each in mine]
        assert found[name].tolist() == [len(each) for each in mine]
        assert found[f"{name}.figures"].tolist() == [len(each) for each in known]
        assert found[f"{name}.sum"].tolist() == [sum(each) for each in known]


def test_without_figures_there_are_counts_only() -> None:
    one = np.zeros(1, np.int64)
    stream = build_stream(Happenings(one, one, one, None, KINDS), 1)

    assert stream.names == KINDS
    assert stream.timeline.totals.tolist() == [[1, 0]]


def test_channels_are_counted_beside_kinds() -> None:
    none, time = np.zeros(4, np.int64), np.array([3, 1, 3, 2])
    channel = np.array([1, 0, 1, -1])
    for figure in (None, np.ones(4)):
        stream = build_stream(
            Happenings(none, time, none, figure, ("contacts",), channel, ("sms", "post")), 1
        )
        at = [stream.names.index(f"channel.{name}") for name in stream.channels]

        assert stream.channels == ("sms", "post")
        assert stream.timeline.totals[:, at].tolist() == [[1, 0], [1, 0], [1, 2]]
        assert stream.timeline.totals[:, 0].tolist() == [1, 2, 4]


def test_nothing_happened() -> None:
    none = np.zeros(0, np.int64)
    stream = build_stream(Happenings(none, none, none, np.zeros(0), ()), 2)

    assert stream.timeline.offsets.tolist() == [0, 0, 0]
    assert stream.names == ()


def test_a_kind_that_is_not_counted_still_happened() -> None:
    one = np.zeros(1, np.int64)
    stream = build_stream(Happenings(one, one + 5, one - 1, None, KINDS), 1)

    assert stream.timeline.time.tolist() == [5]
    assert stream.timeline.totals.tolist() == [[0, 0]]
