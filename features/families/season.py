"""Season: when in the year and the week."""

from __future__ import annotations

import numpy as np

from features.clock import DAY_US
from features.declarations import Family
from features.figures import Figure, Known, root, where
from features.windows import YEAR_DAYS

SEASON = Family("season", "loyalty")


def _middle_ahead(as_of: int, horizon_days: int) -> float:
    """Return the middle of the coming horizon as an angle around the year."""
    return (as_of / DAY_US + horizon_days / 2) * (2 * np.pi / 365.2425)


def _cos_ahead(as_of: int, horizon_days: int) -> float:
    return float(np.cos(_middle_ahead(as_of, horizon_days)))


def _sin_ahead(as_of: int, horizon_days: int) -> float:
    return float(np.sin(_middle_ahead(as_of, horizon_days)))


def _strength(known: Known) -> Figure:
    cos, sin = known.sum("season_cos"), known.sum("season_sin")
    return root(cos * cos + sin * sin) / known.sum("order_days")


@SEASON.feature(
    "value_year_ago",
    "money",
    "worth {value} in the {days} days that began a year ago",
    horizons=1,
    theme="value a year ago",
)
def _(known: Known) -> Figure:
    return where(known.tenure_days >= YEAR_DAYS, known.sum("value", "year_ago"))


@SEASON.feature(
    "orders_year_ago",
    "orders",
    "{value} in the {days} days that began a year ago",
    horizons=1,
    theme="orders a year ago",
)
def _(known: Known) -> Figure:
    return where(known.tenure_days >= YEAR_DAYS, known.sum("orders", "year_ago"))


@SEASON.feature(
    "season_ahead_share",
    "share",
    "{value} of all orders were placed in the {days} days that began a year ago",
    horizons=1,
    theme="orders a year ago",
)
def _(known: Known) -> Figure:
    share = known.sum("orders", "year_ago") / known.sum("orders")
    return where(known.tenure_days >= YEAR_DAYS, share)


@SEASON.feature(
    "season_strength",
    "share",
    "orders gather at one time of the year: {value}",
    changeable=False,
    theme="season of the year",
)
def _(known: Known) -> Figure:
    """Length of the mean direction of order days around the year: 0 is even, 1 is always the same day."""
    return _strength(known)


@SEASON.feature(
    "season_alignment",
    "",
    "the coming {days} days against the customer's season: {value} (-1 to 1)",
    horizons=1,
    theme="season ahead",
)
def _(known: Known) -> Figure:
    """Projection of the order days' mean direction on the middle of the coming horizon."""
    cos, sin = known.sum("season_cos"), known.sum("season_sin")
    ahead = cos * known.given(_cos_ahead) + sin * known.given(_sin_ahead)
    return ahead / known.sum("order_days")


@SEASON.feature("weekend_share", "share", "{value} of order days at a weekend", theme="orders at weekends")
def _(known: Known) -> Figure:
    return known.sum("weekend_days") / known.sum("order_days")
