"""Moments of the past to learn from, and how much future each shows."""

from __future__ import annotations

import numpy as np

from features.clock import DAY_US

_SHORT_PARTS = 3  # of a history shorter than two horizons: before, labelled, and for moments in between
_MOST_STRETCHED = 6  # times the time that was learned from


def choose_labelled_days(past_days: int, horizon_days: int) -> int:
    """Return how much future is learned from: the horizon, or a third of a history shorter than two; or none.

    Examples
    --------
    >>> choose_labelled_days(400, 90), choose_labelled_days(150, 90), choose_labelled_days(40, 90)
    (90, 50, 0)
    """
    if past_days >= 2 * horizon_days:
        return horizon_days
    part = past_days // _SHORT_PARTS
    return part if part >= horizon_days / _MOST_STRETCHED else 0


def choose_moments(
    first: int, until: int, horizon_days: int, count: int, *, step_days: int | None = None
) -> list[int]:
    """Choose the moments to learn from, the latest first.

    Parameters
    ----------
    first : int
        When the history begins, in microseconds since 1970 UTC.
    until : int
        The end of what may be seen: the latest moment's horizon ends here.
    horizon_days : int
    count : int
        At most so many.
    step_days : int, optional
        Distance between two; by default such that `count` of them spread over the past, at most a horizon
        apart and at least a day.

    Returns
    -------
    list of int
        Each leaves at least one horizon of history before it and its whole horizon before `until`; empty when
        the history is shorter than two horizons.
    """
    horizon = horizon_days * DAY_US
    latest, room = until - horizon, until - first - 2 * horizon
    if room < 0:
        return []
    if step_days is None:
        even = room // max(count - 1, 1) // DAY_US
        step_days = int(np.clip(even, 1, horizon_days))
    step = step_days * DAY_US
    return [latest - i * step for i in range(min(count, room // step + 1))]
