"""Whom the synthetic business writes to, and whom it holds out: at random, so that uplift can be measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from training.synthetic_business.config import Bools, Ints, Stream, SyntheticConfig
from training.synthetic_business.customers import Customers
from training.synthetic_business.purchases import SECONDS_PER_DAY, build_timestamps

CAMPAIGN_CHANNELS = ("email", "email", "phone", "email", "sms")
COST_BY_CHANNEL = {"email": 0.02, "sms": 0.08, "phone": 3.5}
OFFERS = ("ten_percent_off", "free_shipping", "bundle", "new_range")
FIRST_SECOND, LAST_SECOND = 10 * 3_600, 16 * 3_600


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts in order of time: campaign, position of the customer, seconds from the start, sent or not."""

    campaign: Ints
    customer: Ints
    second: Ints
    treated: Bools

    def treated_by_campaign(self, campaigns: int, customers: int) -> Bools:
        """Return who received which campaign, an array of (campaigns, customers)."""
        treated = np.zeros((campaigns, customers), dtype=np.bool_)
        treated[self.campaign[self.treated], self.customer[self.treated]] = True
        return treated


def draw_contacts(config: SyntheticConfig, customers: Customers, block: int) -> Contacts:
    """Draw whom of the consenting, signed-up customers each campaign addresses, and whom it holds out."""
    rng = config.create_generator(Stream.CONTACTS, block)
    parts = []
    for campaign in range(config.campaigns):
        day = config.campaign_day(campaign)
        addressed, held_out = rng.random((2, len(customers)))
        eligible = customers.contactable & (customers.entry_day < day)
        who = np.flatnonzero(eligible & (addressed < config.contact_share))
        second = day * SECONDS_PER_DAY + rng.integers(FIRST_SECOND, LAST_SECOND, len(who))
        by_time = np.argsort(second, kind="stable")
        treated = held_out[who] >= config.holdout_share
        parts.append((np.full(len(who), campaign), who[by_time], second[by_time], treated[by_time]))
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return Contacts(nothing, nothing, nothing, np.zeros(0, dtype=np.bool_))
    return Contacts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def campaign_ids(config: SyntheticConfig) -> list[str]:
    """Return the campaigns' ids, K001 and on."""
    return [f"K{campaign + 1:03d}" for campaign in range(config.campaigns)]


def build_contacts(config: SyntheticConfig, customers: Customers, contacts: Contacts) -> pl.DataFrame:
    """Return the ``contacts`` table of one block, sorted by time."""
    channel = [CAMPAIGN_CHANNELS[campaign % len(CAMPAIGN_CHANNELS)] for campaign in range(config.campaigns)]
    offer = [OFFERS[campaign % len(OFFERS)] for campaign in range(config.campaigns)]
    cost = [COST_BY_CHANNEL[each] for each in channel]
    return pl.DataFrame(
        {
            "customer_id": customers.build_ids().gather(contacts.customer),
            "timestamp": build_timestamps(config, contacts.second),
            "campaign_id": pl.Series(campaign_ids(config), dtype=pl.String).gather(contacts.campaign),
            "treated": contacts.treated,
            "channel": pl.Series(channel, dtype=pl.String).gather(contacts.campaign),
            "cost": pl.Series(cost, dtype=pl.Float64).gather(contacts.campaign).to_numpy() * contacts.treated,
            "offer": pl.Series(offer, dtype=pl.String).gather(contacts.campaign),
        }
    )
