from __future__ import annotations

import numpy as np
import pytest

from models.level import Level, Ratio, forecast_level


def test_without_evidence_the_expectation_stands() -> None:
    assert forecast_level([], None, 90, 90).factor == 1.0


def test_evidence_is_shrunk_towards_the_expectation() -> None:
    even = Ratio(100, 100, 400)
    assert 1.1 < forecast_level([Ratio(150, 100, 700)], even, 90, 90).factor < 1.4


def test_before_a_season_has_come_round_the_latest_moments_are_trusted_less() -> None:
    recent = [Ratio(150, 100, 300)]
    first_year = forecast_level(recent, None, 90, 90).factor
    assert 1 < first_year < forecast_level(recent, Ratio(150, 100, 400), 90, 90).factor


def test_what_may_be_season_is_forgotten_as_the_year_turns() -> None:
    recent = [Ratio(150, 100, 300)]
    levels = [forecast_level(recent, None, days, days).factor for days in (7, 30, 60, 91, 183)]
    assert levels == sorted(levels, reverse=True)
    assert levels[1] > 1.2
    assert levels[-2:] == pytest.approx([1.0, 1.0], abs=0.01)


def test_in_the_first_year_the_latest_moment_speaks_alone() -> None:
    alone, among = [Ratio(120, 100, 300)], [Ratio(120, 100, 300), Ratio(60, 100, 290), Ratio(60, 100, 280)]
    assert forecast_level(among, None, 30, 30).factor == forecast_level(alone, None, 30, 30).factor


def test_the_same_season_counts_by_the_age_of_the_history_then() -> None:
    recent = [Ratio(100, 100, 700)] * 3
    young = forecast_level(recent, Ratio(150, 100, 60), 90, 90).factor
    mature = forecast_level(recent, Ratio(150, 100, 400), 90, 90).factor
    assert 1 < young < mature < 1.5


def test_a_whole_year_holds_every_season_and_is_taken_as_it_is() -> None:
    recent = [Ratio(150, 100, 2_000), Ratio(120, 100, 1_700), Ratio(130, 100, 1_400)]
    assert forecast_level(recent, Ratio(100, 100, 2_000), 365, 365).factor == pytest.approx(1.5)


def test_a_third_of_a_year_does_not_tell_of_the_whole() -> None:
    assert forecast_level([Ratio(150, 100, 300)], None, 365, 120).factor < 1.3


@pytest.mark.parametrize(("actual", "expected"), [(0, 10), (10, 0), (-5, 10), (1e12, 1e-9)])
def test_an_odd_past_gives_a_finite_level(actual: float, expected: float) -> None:
    assert 0.3 < forecast_level([Ratio(actual, expected, 100)], None, 90, 90).factor < 3


def test_the_range_about_a_total_holds_eight_of_ten_that_are_as_far_off_as_said() -> None:
    totals = 1_000 * np.exp(np.random.default_rng(0).normal(0, 0.2, 20_000))
    low, high = Level(1.0, log_sd=0.2).range_about(1_000)
    assert ((low <= totals) & (totals <= high)).mean() == pytest.approx(0.8, abs=0.01)


def test_a_loss_lies_within_its_range() -> None:
    low, high = Level(1.0, log_sd=0.2).range_about(-50.0)
    assert low < -50 < high < 0


def test_a_level_is_the_surer_the_more_of_the_year_was_seen_and_the_more_alike_it_was() -> None:
    alike, apart = ([Ratio(100 * (1 + each), 100, 700) for each in (0, far, -far)] for far in (0.01, 0.3))
    year_ago = Ratio(100, 100, 700)
    assert forecast_level(alike, year_ago, 90, 90).log_sd < forecast_level(apart, year_ago, 90, 90).log_sd
    assert forecast_level(apart, year_ago, 90, 90).log_sd < forecast_level(apart, None, 90, 90).log_sd
    assert forecast_level(alike, None, 90, 90).log_sd < forecast_level(alike, None, 90, 30).log_sd
    assert forecast_level(alike, None, 365, 365).log_sd < forecast_level(alike, year_ago, 90, 90).log_sd
    assert forecast_level([], None, 90, 0).log_sd > 0
