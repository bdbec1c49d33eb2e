"""Local days: which calendar day a moment is in the business's time zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from features.timeline import IntArray

DAY_US = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_STEP_S = 6 * 86_400
_END = round((dt.datetime(2200, 1, 1, tzinfo=dt.UTC) - EPOCH).total_seconds())


def to_microseconds(moment: dt.datetime) -> int:
    """Return microseconds since 1970 UTC; a moment without a zone is taken as UTC."""
    elapsed = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - EPOCH
    return elapsed.days * DAY_US + elapsed.seconds * 1_000_000 + elapsed.microseconds


@dataclass(frozen=True)
class LocalClock:
    """A time zone as a table of changes of its distance from UTC.

    Attributes
    ----------
    changes : int64 array, shape (changes,)
        Microseconds since 1970 UTC from which `shifts` holds.
    shifts : int64 array, shape (changes,)
        Microseconds to add to UTC.
    """

    changes: IntArray
    shifts: IntArray

    def local(self, time: IntArray) -> IntArray:
        """Return local time, in microseconds since 1970, of UTC microseconds."""
        if len(self.changes) == 1:
            zone = np.zeros(1, dtype=np.int64)
        else:
            zone = np.searchsorted(self.changes, time, side="right") - 1
        local: IntArray = time + self.shifts[zone]
        return local

    def days(self, time: IntArray) -> IntArray:
        """Return the local calendar day, in days since 1970-01-01, of UTC microseconds."""
        days: IntArray = np.floor_divide(self.local(time), DAY_US)
        return days


@lru_cache(maxsize=8)
def clock_of(timezone: str) -> LocalClock:
    """Return the clock of a zone of the IANA database, for the years 1970 to 2200.

    The shortest time from one change to the one that undoes it, in Gaza and Recife, is an hour less than a
    week: comparing moments six days apart, and then halving those, finds every change to the second.
    """
    if timezone == "UTC":
        return LocalClock(np.array([-(2**62)]), np.array([0]))
    zone = ZoneInfo(timezone)

    def shift(second: int) -> int:
        offset = (EPOCH + dt.timedelta(seconds=second)).astimezone(zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds())

    before = shift(0)
    changes, shifts = [-(2**62)], [before * 1_000_000]
    for start in range(0, _END, _STEP_S):
        low, end = start, min(start + _STEP_S, _END)
        after = shift(end)
        while before != after:
            high = end
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if shift(middle) == before else (low, middle)
            before = shift(high)
            changes.append(high * 1_000_000)
            shifts.append(before * 1_000_000)
    return LocalClock(np.array(changes), np.array(shifts))
