"""What synthetic customers do besides buying: visits, carts, e-mail, service, reviews, recommendations.

Events depend on a customer's latents and past only, never on what is yet to come (nobody complains
*because* they will leave tomorrow): a model that reads them can do no better than the truth given the
latents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from training.synthetic_business.config import DAYS_PER_YEAR, Bools, Floats, Ints, SyntheticConfig
from training.synthetic_business.contacts import CAMPAIGN_CHANNELS, Contacts, campaign_ids
from training.synthetic_business.customers import Customers
from training.synthetic_business.purchases import (
    CHANNELS,
    SECONDS_PER_DAY,
    Orders,
    build_timestamps,
    draw_arrivals,
    draw_clock,
)

KINDS = (
    "visit", "search", "cart", "abandon", "email_sent", "email_open", "email_click",
    "support", "complaint", "review", "referral", "share", "survey", "loyalty",
)  # fmt: skip
KIND = {kind: code for code, kind in enumerate(KINDS)}
EVENT_CHANNELS = (*CHANNELS, "email")
EMAIL = EVENT_CHANNELS.index("email")
ONLINE_CHANNELS = 2  # web and app come first
BROWSING_RATE_SHARE = 0.2
OPENNESS_AFTER_LEAVING = 0.15
CLICK_SHARE = 0.3
NO_CAMPAIGN = -1


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A kind of event that may follow an order: how often, when, who is prone to it, what values."""

    kind: str
    chance: float
    days: tuple[int, int]
    prone: Literal["fans", "grumblers", "members"]
    values: tuple[int, int] | None = None


FOLLOW_UPS = (
    FollowUp("review", 0.06, (2, 14), "fans", (1, 5)),
    FollowUp("referral", 0.015, (1, 30), "fans"),
    FollowUp("share", 0.02, (0, 7), "fans"),
    FollowUp("survey", 0.03, (3, 10), "fans", (0, 10)),
    FollowUp("loyalty", 0.8, (0, 1), "members", (1, 50)),
    FollowUp("support", 0.04, (0, 10), "grumblers"),
    FollowUp("complaint", 0.015, (1, 15), "grumblers"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some events: customers' positions, seconds from the start, kind, value (NaN: none) and so on."""

    customer: Ints
    second: Ints
    kind: Ints
    value: Floats
    channel: Ints
    campaign: Ints


def _part(
    kind: str,
    customer: Ints,
    second: Ints,
    channel: Ints | int,
    value: Ints | Floats | None = None,
    campaign: Ints | None = None,
) -> Part:
    size = len(customer)
    return Part(
        customer,
        second,
        np.full(size, KIND[kind]),
        np.full(size, np.nan) if value is None else value.astype(np.float64),
        np.broadcast_to(np.asarray(channel, dtype=np.int64), size),
        np.full(size, NO_CAMPAIGN) if campaign is None else campaign,
    )


def build_events(
    config: SyntheticConfig,
    customers: Customers,
    orders: Orders,
    contacts: Contacts,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Return the ``events`` table of one block, sorted by time."""
    parts = [
        *_draw_visits(config, customers, rng),
        *_draw_shopping(orders, rng),
        *_draw_follow_ups(config, customers, orders, rng),
        *_draw_mail(customers, contacts, rng),
    ]
    second = np.concatenate([part.second for part in parts])
    inside = np.flatnonzero(second < config.days * SECONDS_PER_DAY)
    order = inside[np.argsort(second[inside], kind="stable")]

    def column(name: str) -> Ints:
        return np.asarray(np.concatenate([getattr(part, name) for part in parts])[order])

    campaigns = pl.Series([*campaign_ids(config), None], dtype=pl.String)
    campaign = column("campaign")
    return pl.DataFrame(
        {
            "customer_id": customers.build_ids().gather(column("customer")),
            "timestamp": build_timestamps(config, second[order]),
            "kind": pl.Series(KINDS).gather(column("kind")),
            "value": pl.Series(column("value")).fill_nan(None),
            "channel": pl.Series(EVENT_CHANNELS).gather(column("channel")),
            "campaign_id": campaigns.gather(np.where(campaign == NO_CAMPAIGN, config.campaigns, campaign)),
        }
    )


def _draw_visits(config: SyntheticConfig, customers: Customers, rng: np.random.Generator) -> list[Part]:
    """Visits that end without an order: some search, some fill a cart, most of those leave it behind."""
    browsing = BROWSING_RATE_SHARE * config.orders_per_year / DAYS_PER_YEAR
    rate = config.visits_per_order * (customers.rate_per_day + browsing)
    end = np.minimum(customers.dropout_day, config.days)
    who, when = draw_arrivals(rng, rate, customers.entry_day, end, config.season_by_day(config.days))
    channel = _online(customers.home_channel[who])
    second = when.astype(np.int64) * SECONDS_PER_DAY + draw_clock(rng, channel)
    searches, fills, leaves = rng.random((3, len(who))) < np.array([[0.35], [0.25], [0.7]])
    steps = (("search", searches, 200), ("cart", fills, 700), ("abandon", fills & leaves, 1_500))
    return [
        _part("visit", who, second, channel, 1 + rng.poisson(3, len(who))),
        *(_part(kind, who[on], second[on] + later, channel[on]) for kind, on, later in steps),
    ]


def _online(channel: Ints) -> Ints:
    return np.where(channel < ONLINE_CHANNELS, channel, 0)


def _draw_shopping(orders: Orders, rng: np.random.Generator) -> list[Part]:
    """Lay visit and cart before each online order, on the same day: no midnight gives an order away."""
    online = orders.channel < ONLINE_CHANNELS
    who, second, channel, midnight = (
        values[online]
        for values in (orders.customer, orders.second, orders.channel, orders.day * SECONDS_PER_DAY)
    )
    visit = np.maximum(second - rng.integers(600, 1_800, len(who)), midnight)
    cart = np.maximum(second - rng.integers(60, 500, len(who)), midnight)
    return [
        _part("visit", who, visit, channel, 2 + rng.poisson(5, len(who))),
        _part("cart", who, cart, channel),
    ]


def _draw_follow_ups(
    config: SyntheticConfig, customers: Customers, orders: Orders, rng: np.random.Generator
) -> list[Part]:
    restless = customers.dropout_rate_per_day * config.lifetime_days
    prone = {
        "fans": 1 / (0.5 + restless),
        "grumblers": np.minimum(restless, 3.0),
        "members": customers.loyalty_card.astype(np.float64),
    }
    return [_draw_follow_up(follow_up, prone[follow_up.prone], orders, rng) for follow_up in FOLLOW_UPS]


def _draw_follow_up(follow_up: FollowUp, prone: Floats, orders: Orders, rng: np.random.Generator) -> Part:
    kept = rng.random(len(orders)) < follow_up.chance * prone[orders.customer]
    who, second = orders.customer[kept], orders.second[kept]
    first, last = (days * SECONDS_PER_DAY for days in follow_up.days)
    later = second + rng.integers(first + 60, last + 3_600, len(who))
    value = None
    if follow_up.values:
        low, high = follow_up.values
        value = np.rint(low + (high - low) * rng.beta(1 + prone[who], 1, len(who)))
    return _part(follow_up.kind, who, later, _online(orders.channel[kept]), value)


def _draw_mail(customers: Customers, contacts: Contacts, rng: np.random.Generator) -> list[Part]:
    """Draw what became of the campaigns sent by e-mail; those who have left rarely open one."""
    by_mail = np.array([channel == "email" for channel in CAMPAIGN_CHANNELS])
    sent = contacts.treated & by_mail[contacts.campaign % len(CAMPAIGN_CHANNELS)]
    who, second, campaign = contacts.customer[sent], contacts.second[sent], contacts.campaign[sent]
    gone = customers.dropout_day[who] * SECONDS_PER_DAY < second
    opened: Bools = rng.random(len(who)) < customers.openness[who] * np.where(
        gone, OPENNESS_AFTER_LEAVING, 1.0
    )
    clicked = opened & (rng.random(len(who)) < CLICK_SHARE)
    read = second + 60 + rng.exponential(4 * 3_600, len(who)).astype(np.int64)
    stages = (
        ("email_sent", sent[sent], second),
        ("email_open", opened, read),
        ("email_click", clicked, read + 40),
    )
    return [_part(kind, who[on], at[on], EMAIL, None, campaign[on]) for kind, on, at in stages]
