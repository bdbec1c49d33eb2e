"""Windows: the stretches of time that figures are added up over, all ending where the future begins.

They are multiples of the horizon, so that a business that is bought from daily and one that is bought from
yearly are seen with the same eyes. Time is cut here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.clock import DAY_US
from features.timeline import IntArray


@dataclass(frozen=True)
class Window:
    """A stretch of time that ends at `as_of`: its name, its length in horizons, and its words."""

    name: str
    horizons: float
    words: str


WINDOWS = (
    Window("h1_4", 0.25, "in the last {days} days"),
    Window("h1_2", 0.5, "in the last {days} days"),
    Window("h1", 1.0, "in the last {days} days"),
    Window("h2", 2.0, "in the last {days} days"),
    Window("h4", 4.0, "in the last {days} days"),
    Window("ever", np.inf, "so far"),
)
"""A quarter, half, one, two and four horizons, and all of the past."""

RECENT_WINDOWS = tuple(window for window in WINDOWS if window.name in ("h1", "ever"))
"""Windows of what is read over two of them only."""

YEAR_DAYS = 365

NOW, BEGINNING = 0, -1
"""Which of the moments of `cut` is `as_of`; and what stands for the beginning of all."""

_YEAR_AGO = len(WINDOWS)  # as_of and the starts of all windows but the last come before it

SPANS = {window.name: (NOW, start) for start, window in enumerate(WINDOWS[:-1], start=1)} | {
    "ever": (NOW, BEGINNING),
    "year_ago": (_YEAR_AGO + 1, _YEAR_AGO),
}
"""End and start of each window, among the moments; ``year_ago`` is the coming horizon a year before."""


def cut(as_of: int, horizon_days: int) -> IntArray:
    """Return the moments between which windows lie, in microseconds since 1970 UTC; none is after `as_of`."""
    horizon, year_ago = horizon_days * DAY_US, as_of - YEAR_DAYS * DAY_US
    starts = [as_of - round(window.horizons * horizon) for window in WINDOWS[:-1]]
    return np.array([as_of, *starts, year_ago, min(year_ago + horizon, as_of)])
