"""What a page about one customer shows beside the score: what happened, month by month and one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from models.overview.base import Frozen

Kind = Literal["order", "return", "event", "contact", "held_out"]


class Timeline(Frozen):
    """What happened last, oldest first; four lists of equal length, which is shorter than one of objects.

    Attributes
    ----------
    day : tuple of date
    kind : tuple of str
    words : tuple of str
        Order: its channel; event: its kind; contact: its campaign. May be empty.
    money : tuple of float
        Value of an order or return; null of anything else.
    count : tuple of int
        Lines of an order; how often an event happened that day.
    """

    day: tuple[dt.date, ...] = ()
    kind: tuple[Kind, ...] = ()
    words: tuple[str, ...] = ()
    money: tuple[float | None, ...] = ()
    count: tuple[int, ...] = ()


class MonthsOfOne(Frozen):
    """A customer's totals by calendar month, oldest first; months without anything are left out."""

    month: tuple[dt.date, ...] = ()
    orders: tuple[int, ...] = ()
    value: tuple[float, ...] = ()


class Favourite(Frozen):
    """A category with what the customer spent on it, in money."""

    category: str
    value: float


class CustomerDetail(Frozen):
    """What happened with one customer.

    Attributes
    ----------
    happenings : int
        How many there are; the timeline holds the last of them.
    timeline : Timeline
    months : MonthsOfOne
    favourites : tuple of Favourite
        By falling value.
    attributes : dict of str to str
        As text; what is not known is left out.
    """

    happenings: int = 0
    timeline: Timeline = Timeline()
    months: MonthsOfOne = MonthsOfOne()
    favourites: tuple[Favourite, ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_unknown(cls, data: Any) -> Any:
        """Take what is null for not known, and attributes without a text likewise."""
        if not isinstance(data, Mapping):
            return data
        known = {name: value for name, value in data.items() if value is not None}
        if "attributes" in known:
            known["attributes"] = {name: text for name, text in known["attributes"].items() if text}
        return known
