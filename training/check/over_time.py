"""Orders and value by day, week or month, whichever reads best."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import polars as pl

Period = Literal["day", "week", "month"]

_DAYS_UP_TO = 62
_WEEKS_UP_TO_DAYS = 3 * 366
_EVERY: dict[Period, str] = {"day": "1d", "week": "1w", "month": "1mo"}
_LEAST_PERIODS = 4


@dataclass(frozen=True)
class OverTime:
    """`start`, `lines`, `orders`, `value` of every period, empty ones too."""

    period: Period
    rows: pl.DataFrame


def build_over_time(by_day: pl.DataFrame) -> OverTime:
    """Add days up to periods; a first and last period that the data only touches are left out.

    Parameters
    ----------
    by_day
        `day` (Date), `lines`, `orders`, `value`, ascending, at least one row.
    """
    first, last = by_day["day"][0], by_day["day"][-1]
    period = _choose_period((last - first).days + 1)
    every = _EVERY[period]
    rows = (
        by_day.rename({"day": "start"})
        .upsample("start", every="1d")
        .group_by_dynamic("start", every=every)
        .agg(pl.col("lines", "orders", "value").sum())
    )
    whole = rows.filter(
        (pl.col("start") >= first) & (pl.col("start").dt.offset_by(every) <= last + dt.timedelta(days=1))
    )
    return OverTime(period, whole if len(whole) >= _LEAST_PERIODS else rows)


def _choose_period(days: int) -> Period:
    if days <= _DAYS_UP_TO:
        return "day"
    return "week" if days <= _WEEKS_UP_TO_DAYS else "month"
