from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.clock import DAY_US
from training.moments import choose_moments


@given(
    st.integers(1, 400), st.integers(0, 3000), st.integers(1, 30), st.one_of(st.none(), st.integers(1, 100))
)
def test_moments_leave_room_on_both_sides(horizon: int, days: int, count: int, step: int | None) -> None:
    moments = choose_moments(0, days * DAY_US, horizon, count, step_days=step)

    assert len(moments) <= count
    assert bool(moments) == (days >= 2 * horizon)
    for as_of in moments:
        assert horizon * DAY_US <= as_of <= (days - horizon) * DAY_US
    assert moments == sorted(set(moments), reverse=True)
