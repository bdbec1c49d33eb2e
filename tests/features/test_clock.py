from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import clock_of, to_microseconds

# Summer time in both halves of the year, by half an hour, by two, in winter, suspended for Ramadan, for less
# than a week, and a day that was skipped.
ZONES = (
    "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Europe/Dublin", "Africa/Casablanca",
    "Asia/Gaza", "America/Recife", "Pacific/Apia",
)  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2199, 12, 31), timezones=st.just(dt.UTC))


@given(MOMENTS, st.sampled_from((*ZONES, "UTC")))
def test_local_time_and_day_are_those_of_the_zone(moment: dt.datetime, zone: str) -> None:
    time, there = np.array([to_microseconds(moment)]), moment.astimezone(ZoneInfo(zone))

    assert clock_of(zone).local(time)[0] == to_microseconds(there.replace(tzinfo=dt.UTC))
    assert clock_of(zone).days(time)[0] == (there.date() - dt.date(1970, 1, 1)).days


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_is_found_to_the_second(zone: str) -> None:
    clock = clock_of(zone)
    for change, before, after in zip(clock.changes[1:], clock.shifts, clock.shifts[1:], strict=False):
        for second, shift in ((-1, before), (0, after)):
            moment = dt.datetime.fromtimestamp(change / 1_000_000 + second, dt.UTC).astimezone(ZoneInfo(zone))
            assert moment.utcoffset() == dt.timedelta(microseconds=int(shift))


@pytest.mark.parametrize("zone", ZONES)
def test_no_change_is_missed(zone: str) -> None:
    days = np.arange(0, 40_000)
    info, begin = ZoneInfo(zone), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    there = [(begin + dt.timedelta(days=int(day))).astimezone(info).replace(tzinfo=dt.UTC) for day in days]
    assert clock_of(zone).local(days * 86_400_000_000).tolist() == [to_microseconds(each) for each in there]


def test_days_of_summer_time_have_23_and_25_hours() -> None:
    clock = clock_of("America/New_York")
    for day, hours in (((2024, 3, 10), 23), ((2024, 11, 3), 25), ((2024, 7, 1), 24)):
        midnight = dt.datetime(*day, tzinfo=ZoneInfo("America/New_York"))
        times = [
            to_microseconds(midnight.astimezone(dt.UTC) + dt.timedelta(hours=hour)) for hour in range(-1, 27)
        ]
        days = clock.days(np.array(times))
        assert (days == (midnight.date() - dt.date(1970, 1, 1)).days).sum() == hours


@given(MOMENTS)
def test_microseconds_come_back(moment: dt.datetime) -> None:
    back = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=to_microseconds(moment))

    assert back == moment
    assert to_microseconds(moment.replace(tzinfo=None)) == to_microseconds(moment)
