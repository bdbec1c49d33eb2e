"""Sentences: a feature and its effect in words that a marketer can read aloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import isnan

import numpy as np

from features.catalogue import Feature, FeatureTable
from features.declarations import say_times
from features.timeline import IntArray
from features.windows import YEAR_DAYS

_UNITS = {"churn": "points of churn", "upgrade": "points of upgrade"}

_COMPANIONS = {
    "orders_h1": ("orders_pace", "{} the usual pace"),
    "value_h1": ("spending_pace", "spending at {} the usual pace"),
    "order_value_h1": ("order_value_trend", "{} the usual order"),
    "days_since_last_order": ("overdue_ratio", "{} the usual gap"),
}
"""What a figure is compared with, where that says something."""

_TELLING, _LEVEL = 1.25, 1.05
_MOST_LOG = 80.0
_LEAST_MONEY = 0.005  # less is written as 0.00
_ALL_AT_ONCE = 0.999  # as of a single order
_FAR = 3.0  # standard deviations past the usual gap
_SEASONAL, _IN_SEASON = 0.3, 0.2

_UNKNOWN = {
    "days_since_last_return": "no return so far",
    "days_since_second_last_order_day": "no second order yet",
    "days_since_third_last_order_day": "no third order yet",
    "days_since_last_event": "no event so far",
    "days_since_last_contact": "never contacted so far",
    "order_value_log_sd": "no second order yet",
    "overdue_deviations": "too few orders for a rhythm",
    "season_strength": "too few orders for a season",
    "abandon_rate": "no cart so far",
    "service_per_order": "no order so far",
}

_UNKNOWN_FAMILIES = {
    "rhythm": "no second order yet, so no rhythm",
    "season": "not yet a year as a customer",
    "engagement": "no events of the kind so far",
    "own events": "no events of the kind so far",
    "communication": "no contact of the kind so far",
    "advocacy": "not heard speaking for us so far",
    "values": "nothing bought to tell shared values by",
    "price sensitivity": "nothing known of discounts",
}


class Phrases:
    """Says what is known of customers; what is the same of several is put in words once.

    Parameters
    ----------
    features : sequence of Feature
        The columns of the table.
    table : FeatureTable
    horizon_days : int
    currency : str
    """

    def __init__(
        self, features: Sequence[Feature], table: FeatureTable, horizon_days: int, currency: str
    ) -> None:
        self._features = features
        self._matrix = table.matrix
        self._companions = _find_companions(table.names)
        self._horizon_days = horizon_days
        self._currency = currency
        self._said: dict[tuple[int, float | None, float | None], str] = {}

    def write(self, rows: IntArray, columns: IntArray) -> list[str]:
        """Return a phrase for each pair of a customer and a feature, by their places in the table."""
        companions = self._companions[columns]
        values = self._matrix[rows, columns].tolist()
        others = np.where(companions >= 0, self._matrix[rows, companions], np.nan).tolist()
        return [
            self._say(column, None if isnan(value) else value, None if isnan(other) else other)
            for column, value, other in zip(columns.tolist(), values, others, strict=True)
        ]

    def _say(self, column: int, value: float | None, other: float | None) -> str:
        """Say a figure, and what it is compared with; None is unknown."""
        said = self._said.get((column, value, other))
        if said is None:
            feature = self._features[column]
            figures = {feature.name: value, _COMPANIONS.get(feature.name, ("",))[0]: other}

            def known(name: str) -> float:
                figure = figures[name]
                return np.nan if figure is None else figure

            said = describe(feature, known, self._horizon_days, self._currency)
            self._said[column, value, other] = said
        return said


def describe(feature: Feature, known: Callable[[str], float], horizon_days: int, currency: str) -> str:
    """Say what is known of a customer; and what it means where it is unknown.

    Parameters
    ----------
    feature : Feature
    known : callable
        Returns a feature's value for the customer by name; NaN is unknown.
    horizon_days : int
    currency : str
        ISO 4217 code; may be empty.

    Examples
    --------
    >>> orders = Feature("orders_h1", "orders", "loyalty", "frequency", "{value} in the last {days} days",
    ...                  True, "transactions", 1)
    >>> figures = {"orders_h1": 3.0, "orders_pace": 2.0}
    >>> describe(orders, figures.__getitem__, horizon_days=90, currency="GBP")
    '3 orders in the last 90 days, twice the usual pace'
    """
    value = known(feature.name)
    if np.isnan(value):
        return _say_unknown(feature, horizon_days)
    if feature.name == "orders_ever" and value == 0:
        return "no order so far"
    return _rephrase(feature, value, horizon_days, currency) or (
        feature.describe(value, horizon_days, currency).strip() + _compare(feature.name, known)
    )


def _rephrase(feature: Feature, value: float, horizon_days: int, currency: str) -> str:
    """Say a figure that is made for models as one for people; empty where its own words will do."""
    if feature.name in _REPHRASED:
        return _REPHRASED[feature.name](value, currency)
    days = 0 if feature.horizons is None or np.isinf(feature.horizons) else feature.horizons * horizon_days
    noun, trend, window = feature.name.partition("_trend_")
    if trend and window:
        return _say_trend(noun, value, round(days))
    if feature.name == "season_alignment":
        return _say_alignment(value, days)
    if feature.family == "season" and days >= YEAR_DAYS:
        told = feature.describe(value, horizon_days, currency)
        return told.replace(f"in the {days:.0f} days that began a year ago", "in the last year")
    return ""


def _say_alignment(value: float, days: float) -> str:
    if days >= YEAR_DAYS:  # all seasons are ahead
        return "the time of the year at which the customer orders"
    where = "in" if value > _IN_SEASON else "out of" if value < -_IN_SEASON else "at the edge of"
    return f"the coming {days:.0f} days are {where} the customer's season"


def _say_overdue(days: float, currency: str = "") -> str:
    return "" if days > 0 else "not yet past the usual gap between orders"


def _say_deviations(deviations: float, currency: str = "") -> str:
    if deviations <= 0:
        return _say_overdue(deviations)
    how = "a little" if deviations < 1 else "clearly" if deviations < _FAR else "far"
    return f"{how} past the usual gap between orders"


def _say_spread(log_sd: float, currency: str = "") -> str:
    factor = f"{np.exp(min(log_sd, _MOST_LOG)):,.1f}"
    return "order values hardly vary" if factor == "1.0" else f"order values vary by a factor of {factor}"


def _say_season(strength: float, currency: str = "") -> str:
    if strength > _ALL_AT_ONCE:
        return "all orders so far came at one time of the year"
    if strength < _SEASONAL:
        return "orders come all year round"
    return f"orders {'gather' if strength > 2 * _SEASONAL else 'come rather'} at one time of the year"


def _say_typical_order(log_mean: float, currency: str) -> str:
    return f"a typical order of {currency} {np.exp(min(log_mean, _MOST_LOG)):,.2f}".replace("  ", " ")


_REPHRASED: Mapping[str, Callable[[float, str], str]] = {
    "order_value_log_mean": _say_typical_order,
    "overdue_days": _say_overdue,
    "overdue_deviations": _say_deviations,
    "order_value_log_sd": _say_spread,
    "season_strength": _say_season,
}
"""How figures are said that their own words say for models only."""


def _say_trend(noun: str, value: float, days: int) -> str:
    """Say a comparison, (now - before) / (now + before), of a stretch with the one before it."""
    recent, before = f"in the last {days} days", f"the {days} days before"
    if value >= 1:
        return f"{noun} {recent}, none in {before}"
    if value <= -1:
        return f"no {noun} {recent}, but in {before}"
    ratio = (1 + value) / (1 - value)
    if max(ratio, 1 / ratio) < _LEVEL:
        return f"{noun} {recent}: about as {'many' if noun == 'orders' else 'much'} as in {before}"
    return f"{noun} {recent}: {say_times(ratio)} {'those' if noun == 'orders' else 'that'} of {before}"


@lru_cache(maxsize=16)
def _find_companions(names: tuple[str, ...]) -> IntArray:
    """Return the column that each column is compared with; -1 for none."""
    place = {name: column for column, name in enumerate(names)}
    return np.array([place.get(_COMPANIONS.get(name, ("",))[0], -1) for name in names])


def say_effect(contribution: float, target: str, currency: str) -> str:
    """Say an effect with its sign and unit."""
    if target == "value":
        return f"{currency} {contribution:+,.2f}".lstrip()
    return f"{contribution:+.1f} {_UNITS[target]}"


def say_level(amount: float, target: str, currency: str) -> str:
    """Say what is predicted of a target, in the unit of its effects.

    Examples
    --------
    >>> say_level(120.0, "value", "GBP"), say_level(41.25, "churn", "GBP")
    ('GBP 120.00', '41.2%')
    """
    return f"{currency} {amount:,.2f}".lstrip() if target == "value" else f"{amount:.1f}%"


def say_range(low: float, median: float, high: float) -> str:
    """Say where a value most likely lies, as a person would.

    Parameters
    ----------
    low, median, high : float
        The value that 1, 5 and 9 in 10 such customers stay below, in money.

    Examples
    --------
    >>> say_range(12.0, 31.0, 80.5)
    'in 8 of 10 cases between 12.00 and 80.50'
    >>> say_range(0.0, 0.0, 80.5)
    'most likely nothing, in 9 of 10 cases at most 80.50'
    >>> say_range(0.0, 0.0, 0.0)
    'most likely nothing'
    """
    if high < _LEAST_MONEY:
        return "most likely nothing"
    if low >= _LEAST_MONEY:
        return f"in 8 of 10 cases between {low:,.2f} and {high:,.2f}"
    most = f"in 9 of 10 cases at most {high:,.2f}"
    return most if median >= _LEAST_MONEY else f"most likely nothing, {most}"


def _say_unknown(feature: Feature, horizon_days: int) -> str:
    if feature.name in _UNKNOWN:
        return _UNKNOWN[feature.name]
    if feature.family == "attributes":
        return feature.words.format(value="not known", days="")
    if feature.family in _UNKNOWN_FAMILIES:
        return _UNKNOWN_FAMILIES[feature.family]
    if feature.horizons is None or np.isinf(feature.horizons):
        return "no order so far"
    reach = 2 if "trend" in feature.name and feature.unit == "" else 1  # a stretch and the one before it
    return f"no order in the last {round(reach * feature.horizons * horizon_days)} days"


def _compare(name: str, known: Callable[[str], float]) -> str:
    """Return a figure's comparison with the usual, if it is far from it."""
    if name not in _COMPANIONS:
        return ""
    other, words = _COMPANIONS[name]
    ratio = known(other)
    if not ratio > 0 or max(ratio, 1 / ratio) < _TELLING:
        return ""
    return f", {words.format(say_times(ratio))}"
