"""The overview of a base: one document, bounded in size, that a publication carries."""

from __future__ import annotations

import datetime as dt

from models.overview.base import Cohort, Concentration, Frozen, GoldenPoint, MonthTotals, Repeat, Scatter
from models.overview.market import Campaign, Carts, Messages, Part, Referrals, SeasonCell


class Choices(Frozen):
    """What candidates can be chosen by, the most frequent first; empty where scores have no such column.

    Attributes
    ----------
    seller_id, region, channel, segment : tuple of str
        `channel` is the one to reach customers by.
    """

    seller_id: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()


class Overview(Frozen):
    """Everything about a base that pages show beside its scores; lists are bounded, whatever the base's size.

    What no table tells of is null or empty.

    Attributes
    ----------
    first_day, end_day : date
        The data begins with the first and ends before the second, in the business's time zone.
    horizon_days : int
    recent_days : int
        Time that regions, channels, messages, carts and campaigns are counted over, up to the end.
    after_days : int
        Time after a contact in which orders are counted for its campaign.
    known : int
        Customers who ordered at least once.
    scored : int
        Customers scored; those that only the attributes know are among them.
    months : tuple of MonthTotals
        The newest, oldest first.
    golden : tuple of GoldenPoint
        By month, oldest first; the last is now.
    concentration : Concentration
    scatter : Scatter
    season : tuple of SeasonCell
    regions, channels : tuple of Part
        By falling value.
    campaigns : tuple of Campaign
        The newest first.
    campaigns_in_all : int
    cohorts : tuple of Cohort
        Oldest first.
    repeat : Repeat
    messages : Messages, optional
    referrals : Referrals, optional
    carts : Carts, optional
    choices : Choices
    expected_range : tuple of float, optional
        Between what all of them together bring in 8 of 10 cases, in money; null where none was published.
    """

    first_day: dt.date
    end_day: dt.date
    horizon_days: int
    recent_days: int
    after_days: int
    known: int
    scored: int
    months: tuple[MonthTotals, ...]
    golden: tuple[GoldenPoint, ...]
    concentration: Concentration
    scatter: Scatter
    season: tuple[SeasonCell, ...]
    regions: tuple[Part, ...]
    channels: tuple[Part, ...]
    campaigns: tuple[Campaign, ...]
    campaigns_in_all: int
    cohorts: tuple[Cohort, ...]
    repeat: Repeat
    messages: Messages | None = None
    referrals: Referrals | None = None
    carts: Carts | None = None
    choices: Choices = Choices()
    expected_range: tuple[float, float] | None = None
