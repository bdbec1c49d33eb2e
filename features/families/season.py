"""Season: when in the year and the week."""

from __future__ import annotations

import numpy as np

from features.catalogue import Family
from features.clock import DAY_US
from features.timeline import FloatArray
from features.view import YEAR_DAYS, View

SEASON = Family("season", "loyalty")


def _strength(view: View) -> FloatArray:
    cos, sin = view.sum("season_cos"), view.sum("season_sin")
    return np.sqrt(cos * cos + sin * sin) / view.sum("order_days")


@SEASON.feature("value_year_ago", "money", "worth {value} in the coming {days} days a year ago", horizons=1)
def _(view: View) -> FloatArray:
    return np.where(view.tenure_days >= YEAR_DAYS, view.sum("value", "year_ago"), np.nan)


@SEASON.feature("orders_year_ago", "orders", "{value} in the coming {days} days a year ago", horizons=1)
def _(view: View) -> FloatArray:
    return np.where(view.tenure_days >= YEAR_DAYS, view.sum("orders", "year_ago"), np.nan)


@SEASON.feature(
    "season_ahead_share",
    "share",
    "{value} of all orders fell into the coming {days} days a year ago",
    horizons=1,
)
def _(view: View) -> FloatArray:
    share = view.sum("orders", "year_ago") / view.sum("orders")
    return np.where(view.tenure_days >= YEAR_DAYS, share, np.nan)


@SEASON.feature(
    "season_strength", "share", "orders gather at one time of the year: {value}", changeable=False
)
def _(view: View) -> FloatArray:
    """Length of the mean direction of order days around the year: 0 is even, 1 is always the same day."""
    return _strength(view)


@SEASON.feature(
    "season_alignment",
    "",
    "the coming {days} days against the customer's season: {value} (-1 to 1)",
    horizons=1,
)
def _(view: View) -> FloatArray:
    """Projection of the order days' mean direction on the middle of the coming horizon."""
    middle = (view.as_of / DAY_US + view.horizon_days / 2) * (2 * np.pi / 365.2425)
    cos, sin = view.sum("season_cos"), view.sum("season_sin")
    ahead: FloatArray = cos * np.cos(middle) + sin * np.sin(middle)
    return ahead / view.sum("order_days")


@SEASON.feature("weekend_share", "share", "{value} of order days at a weekend")
def _(view: View) -> FloatArray:
    return view.sum("weekend_days") / view.sum("order_days")
