from __future__ import annotations

import numpy as np
import pytest

from features.clock import DAY_US
from features.timeline import FloatArray
from models.season import YEAR_DAYS, Season, refine_season, to_busy_days, to_calendar_days

YEARS = 3
DAYS = np.arange(7.0, YEARS * 365, 14)


def pace(days: FloatArray) -> FloatArray:
    found: FloatArray = np.exp(0.6 * np.cos(2 * np.pi * (days - 330) / YEAR_DAYS))
    return found


def learn(orders: FloatArray) -> Season:
    return refine_season(Season(), DAYS, DAYS, orders, np.full(len(DAYS), 100.0), 4)


def test_an_even_pace_is_the_calendar() -> None:
    moments = np.array([0.0, 100.0, 5_000.5]) * DAY_US
    assert Season().busy_days(moments) == pytest.approx(moments / DAY_US, abs=1e-6)
    assert Season().span(0, 90) == pytest.approx(90)


def test_a_year_has_as_many_busy_days_as_days() -> None:
    assert Season((0.5,), (0.2,)).span(77 * DAY_US, YEAR_DAYS) == pytest.approx(YEAR_DAYS)


@pytest.mark.parametrize("season", [Season(), Season((1.0, 0.5), (-0.7, 0.2))])
def test_busy_time_leads_back_to_the_calendar(season: Season) -> None:
    for day in (0.0, 59.25, 364.9, 365.3, 20_000.5, 20_123.0):
        busy = to_busy_days(season.busy, day * DAY_US)
        assert to_calendar_days(season.busy, busy) == pytest.approx(day, abs=1e-6)


def test_time_never_runs_backwards() -> None:
    season = Season((1.0, 0.5), (-0.7, 0.2))
    assert (np.diff(season.busy_days(np.arange(0, 800.0, 0.5) * DAY_US)) > 0).all()


def test_the_season_of_counts_is_found() -> None:
    rng = np.random.default_rng(1)
    season = learn(rng.poisson(100 * pace(DAYS)).astype(float))
    start = 2 * 365 + 280
    truth = pace(np.arange(start, start + 90.0)).sum() / pace(np.arange(YEAR_DAYS)).mean()
    assert season.span(start * DAY_US, 90) == pytest.approx(truth, rel=0.05)


def test_noise_is_not_taken_for_a_season() -> None:
    season = learn(np.random.default_rng(2).poisson(100, len(DAYS)).astype(float))
    spans = [season.span(day * DAY_US, 90) for day in range(0, 365, 30)]
    assert min(spans) > 0.93 * 90
    assert max(spans) < 1.07 * 90


def test_it_comes_back_from_json() -> None:
    season = Season((0.3, 0.1), (0.2, -0.1))
    assert Season.from_json(season.to_json()) == season
