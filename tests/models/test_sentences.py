from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from features.attributes import Attribute, Vocabulary
from features.catalogue import Feature
from features.families import FAMILIES
from features.families.attributes import create_attributes
from models.sentences import describe, say_effect

FEATURES = {
    feature.name: feature
    for family in FAMILIES
    for reading in family.readings
    for feature in reading.features
}


def write(figures: Mapping[str, float], target: str = "value", effect: float = 42.1) -> str:
    """Write of the first of the figures; all others are unknown."""
    name, known = next(iter(figures)), {**dict.fromkeys(FEATURES, float("nan")), **figures}
    told = describe(FEATURES[name], known.__getitem__, horizon_days=90, currency="GBP")
    return f"{told}: {say_effect(effect, target, 'GBP')}"


@pytest.mark.parametrize(
    ("pace", "said"),
    [(2.04, ", twice the usual pace"), (0.5, ", half the usual pace"), (3.4, ", 3.4 times the usual pace"),
     (0.3, ", 30% of the usual pace"), (1.1, ""), (float("nan"), "")],
)  # fmt: skip
def test_orders_are_compared_with_the_usual_pace(pace: float, said: str) -> None:
    sentence = write({"orders_h1": 3.0, "orders_pace": pace})
    assert sentence == f"3 orders in the last 90 days{said}: GBP +42.10"


def test_effects_have_sign_and_unit() -> None:
    text = "last order 2.1 times the usual gap ago"
    assert write({"overdue_ratio": 2.1}, "churn", 12) == f"{text}: +12.0 points of churn"
    assert write({"overdue_ratio": 2.1}, "upgrade", -0.46) == f"{text}: -0.5 points of upgrade"
    assert write({"orders_h1": 1.0}, effect=-1234.5) == "1 order in the last 90 days: GBP -1,234.50"


@pytest.mark.parametrize(
    ("name", "figure", "said"),
    [
        ("orders_trend_h1", 0.5, "orders in the last 90 days: 3 times those of the 90 days before"),
        ("spending_trend_h1_2", -1.0, "no spending in the last 45 days, but in the 45 days before"),
        ("orders_trend_h1", 1.0, "orders in the last 90 days, none in the 90 days before"),
        ("orders_trend_h1", 0.0, "orders in the last 90 days: about as many as in the 90 days before"),
        ("orders_trend_h1", -0.6, "orders in the last 90 days: 25% of those of the 90 days before"),
        ("orders_trend_h1", np.nan, "no order in the last 180 days"),
        ("order_value_log_mean", np.log(50), "a typical order of GBP 50.00"),
        ("spending_trend_h1", 0.26, "spending in the last 90 days: 1.7 times that of the 90 days before"),
        ("overdue_deviations", 828.0, "far past the usual gap between orders"),
        ("overdue_deviations", 0.4, "a little past the usual gap between orders"),
        ("overdue_deviations", -1.0, "not yet past the usual gap between orders"),
        ("order_value_log_sd", 0.0, "order values hardly vary"),
        ("order_value_log_sd", 0.7, "order values vary by a factor of 2.0"),
        ("season_strength", 0.01, "orders come all year round"),
        ("season_strength", 0.9, "orders gather at one time of the year"),
        ("season_strength", 1.0, "all orders so far came at one time of the year"),
        ("season_alignment", 0.6, "the coming 90 days are in the customer's season"),
        ("orders_pace", 1.0, "orders in the last 90 days: the usual pace"),
        ("spending_pace", 0.3, "spending in the last 90 days: 30% of the usual pace"),
        ("overdue_ratio", 1.0, "last order the usual gap ago"),
        ("horizons_since_last_order", 0.02, "1.8 days since the last order"),
        ("mean_gap_horizons", 0.5, "45 days between orders, on average"),
        ("season_ahead_share", 0.14, "14% of all orders were placed in the 90 days that began a year ago"),
        ("days_since_last_order", 0.2, "4.8 hours since the last order"),
        ("tenure_days", 0.03, "less than an hour since the first order"),
        ("overdue_days", -4.0, "not yet past the usual gap between orders"),
        ("days_since_last_return", np.nan, "no return so far"),
        ("mean_gap_days", np.nan, "no second order yet, so no rhythm"),
        ("order_value_h1", np.nan, "no order in the last 90 days"),
        ("value_year_ago", np.nan, "not yet a year as a customer"),
        ("orders_ever", 0.0, "no order so far"),
    ],
)
def test_figures_are_read_aloud(name: str, figure: float, said: str) -> None:
    assert write({name: figure}) == f"{said}: GBP +42.10"


def test_a_whole_year_ahead_is_in_nobody_s_season() -> None:
    feature = FEATURES["season_alignment"]
    told = describe(feature, lambda _: -0.9, 365, "")
    assert told == "the time of the year at which the customer orders"


def test_what_began_a_whole_year_ago_is_the_last_year() -> None:
    told = describe(FEATURES["season_ahead_share"], lambda _: 0.17, 365, "")
    assert told == "17% of all orders were placed in the last year"


@pytest.mark.parametrize("figure", [np.nan, 0.0, 1.0, -0.3, 1e9])
def test_every_feature_has_a_sentence(figure: float) -> None:
    for name in FEATURES:
        sentence = write({name: figure})
        assert "unknown" not in sentence
        assert "nan" not in sentence.split()
        assert "{" not in sentence
        assert "  " not in sentence


@pytest.mark.parametrize(("figure", "said"), [(1.0, "yes"), (0.0, "no"), (-5.0, "no"), (7.0, "yes")])
def test_what_is_true_or_false_is_told_as_yes_or_no(figure: float, said: str) -> None:
    family = create_attributes(Vocabulary((Attribute("app_opt_in", "flag"),)))
    feature = family.readings[0].features[0]
    assert describe(feature, lambda _: figure, 90, "GBP") == f"app opt in: {said}"


def test_an_attribute_that_is_not_known_says_so() -> None:
    feature = Feature(
        "attribute_age", "", "growth_potential", "attributes", "age: {value}", False, "customers"
    )
    assert describe(feature, lambda _: float("nan"), 90, "") == "age: not known"
