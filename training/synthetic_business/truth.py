"""What is true of the synthetic customers' future, exactly, given their latent parameters.

At ``as_of`` (a midnight) the truth knows of each customer the latent parameters, whether they have left,
and which campaigns reached them. Still to come, and averaged over exactly: when the living leave, who of
them future campaigns reach, when they order and what, and what comes back.

**The ideal observer.** A model sees the tables and not the latents, so no model can match these figures
customer by customer, and its ranking stays below theirs. What a perfect model predicts is their mean given
what it saw. Events and contacts are drawn so that they tell nothing about the future beyond latents and
state; hence in any group chosen by what was seen before ``as_of``, the mean of the truth is the mean of
what happens, up to chance. So compare in groups: the mean truth in each decile of prediction is what a
calibrated model predicts there. (One exception, about a percent of value: returns still due are taken at
their mean given the latents, not given the last orders.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import polars as pl

from training.synthetic_business.config import Bools, Floats, Stream, SyntheticConfig
from training.synthetic_business.contacts import draw_contacts
from training.synthetic_business.customers import Customers, draw_customers
from training.synthetic_business.pricelist import PriceList, create_price_list
from training.synthetic_business.purchases import EARLIEST_RETURN_DAYS, Purchases, draw_purchases


@dataclass(frozen=True, slots=True)
class Outlook:
    """Customers signed up before ``as_of``, and the chance of each campaign to reach them (past: 0 or 1).

    ``day`` is ``as_of`` in days from the start, ``reach`` an array of (campaigns, customers).
    """

    config: SyntheticConfig
    day: int
    horizon_days: int
    customers: Customers
    reach: Floats

    @property
    def alive(self) -> Bools:
        """Who has not left."""
        return self.customers.dropout_day > self.day

    def reach_on(self, day: int) -> Floats | None:
        """Return the chance that a response falls on this day; None where no campaign is open."""
        campaign = int(self.config.open_campaign(np.array([day]))[0])
        return None if campaign < 0 else np.asarray(self.reach[campaign], dtype=np.float64)

    def presence_on(self, day: int) -> Floats:
        """Return the expected part of this day on which each customer is signed up and has not left."""
        if day < self.day:
            begin = np.clip(self.customers.entry_day, day, day + 1)
            return np.asarray(np.clip(self.customers.dropout_day, begin, day + 1) - begin, dtype=np.float64)
        leaving = self.customers.dropout_rate_per_day
        return self.alive * np.exp(-leaving * (day - self.day)) * -np.expm1(-leaving) / leaving

    def due_share(self, day: int) -> float:
        """Return the share of returns of an order on this day that fall within the horizon."""
        first = max(day + EARLIEST_RETURN_DAYS, self.day)
        last = min(day + self.config.return_within_days, self.day + self.horizon_days - 1)
        return max(last - first + 1, 0) / (self.config.return_within_days - EARLIEST_RETURN_DAYS + 1)


def truth(config: SyntheticConfig, as_of: date | datetime, horizon_days: int) -> pl.DataFrame:
    """Return the true expectations of every customer signed up before ``as_of``.

    Parameters
    ----------
    config : SyntheticConfig
        That the tables were made from; nothing is read, the latents are drawn again.
    as_of : date or datetime
        A midnight (UTC) after the start, at most the end of the history.
    horizon_days : int
        Length of the future in days.

    Returns
    -------
    polars.DataFrame
        ``customer_id``; ``alive``; ``rate_per_day`` (orders, at season 1; 0 once they have left);
        ``expected_orders``; ``churn_probability`` (no order within the horizon); ``expected_value`` and
        ``expected_margin`` (money, returns deducted); ``uplift_orders`` and ``uplift_value``: what a
        contact on the day of ``as_of`` adds to them, where no other campaign is open.

    Raises
    ------
    ConfigError
        When ``as_of`` is no midnight or outside of the history.
    """
    day = config.day_of(as_of)
    return pl.concat([_build_truth(outlook) for outlook in _create_outlooks(config, day, horizon_days)])


def draw_future_values(
    config: SyntheticConfig, as_of: date | datetime, horizon_days: int, draws: int = 200
) -> pl.DataFrame:
    """Draw the value of the horizon many times, for true quantiles and upgrade probabilities.

    Parameters
    ----------
    config, as_of, horizon_days
        As for `truth`.
    draws : int
        Number of independent futures; a probability's standard error is at most ``0.5 / sqrt(draws)``.

    Returns
    -------
    polars.DataFrame
        ``customer_id`` and ``value``, an array of ``draws`` amounts of money; in the order of `truth`.
    """
    day, prices = config.day_of(as_of), create_price_list(config)
    frames = []
    for block, outlook in enumerate(_create_outlooks(config, day, horizon_days)):
        values = np.stack([_draw_future(outlook, prices, block, draw) for draw in range(draws)], axis=1)
        value = pl.Series("value", values, dtype=pl.Array(pl.Float64, draws))
        frames.append(pl.DataFrame([outlook.customers.build_ids(), value]))
    return pl.concat(frames)


def upgrade_probability(values: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Return the true chance of each customer to reach the threshold, valued already or not.

    Parameters
    ----------
    values : polars.DataFrame
        From `draw_future_values`.
    threshold : float
        Money, over the horizon.

    Returns
    -------
    polars.DataFrame
        ``customer_id`` and ``upgrade_probability``, the share of futures at or above the threshold.
    """
    reached = (values["value"].to_numpy() >= threshold).mean(axis=1)
    return values.select("customer_id").with_columns(pl.Series("upgrade_probability", reached))


def _create_outlooks(config: SyntheticConfig, day: int, horizon_days: int) -> Iterator[Outlook]:
    prices = create_price_list(config)
    past = min((day - 1) // config.campaign_every_days, config.campaigns)
    planned = (day + horizon_days) // config.campaign_every_days - past
    for block in range(config.blocks):
        everyone, _ = draw_customers(config, prices, block)
        known = everyone.entry_day < day
        contacts = draw_contacts(config, everyone, block)
        reached = contacts.treated_by_campaign(config.campaigns, len(everyone))[:past, known]
        customers = everyone.take(known)
        chance = customers.contactable * config.contact_share * (1 - config.holdout_share)
        reach = np.concatenate([reached.astype(np.float64), np.tile(chance, (max(planned, 0), 1))])
        yield Outlook(config, day, horizon_days, customers, reach)


def _build_truth(outlook: Outlook) -> pl.DataFrame:
    customers = outlook.customers
    orders, returns = _expect_orders(outlook)
    extra, extra_returns = _expect_uplift(outlook)
    margin = customers.mean_order_value - customers.mean_order_cost
    kept = orders - customers.returns_rate * returns
    extra_kept = extra - customers.returns_rate * extra_returns
    return pl.DataFrame(
        {
            "customer_id": customers.build_ids(),
            "alive": outlook.alive,
            "rate_per_day": np.where(outlook.alive, customers.rate_per_day, 0.0),
            "expected_orders": orders,
            "churn_probability": _chance_of_no_order(outlook),
            "expected_value": kept * customers.mean_order_value,
            "expected_margin": kept * margin,
            "uplift_orders": extra,
            "uplift_value": extra_kept * customers.mean_order_value,
        }
    )


def _expect_orders(outlook: Outlook) -> tuple[Floats, Floats]:
    """Return orders within the horizon, and those, from before it too, whose returns would fall within it."""
    customers, config = outlook.customers, outlook.config
    end = outlook.day + outlook.horizon_days
    season = config.season_by_day(end)
    orders, due = np.zeros((2, len(customers)))
    for day in range(max(outlook.day - config.return_within_days, 0), end):
        reach = outlook.reach_on(day)
        response = 0.0 if reach is None else reach * customers.response
        expected = season[day] * customers.rate_per_day * (1 + response) * outlook.presence_on(day)
        if day < outlook.day:
            expected = expected + (customers.orders_at_signup & (np.floor(customers.entry_day) == day))
        else:
            orders += expected
        due += expected * outlook.due_share(day)
    return orders, due


def _expect_uplift(outlook: Outlook) -> tuple[Floats, Floats]:
    """Return what a contact on the day of ``as_of`` adds to orders, and to those with returns due."""
    customers, config = outlook.customers, outlook.config
    days = range(outlook.day + 1, outlook.day + min(config.response_days + 1, outlook.horizon_days))
    season = config.season_by_day(outlook.day + outlook.horizon_days)
    extra, due = np.zeros((2, len(customers)))
    for day in days:
        expected = season[day] * customers.rate_per_day * customers.response * outlook.presence_on(day)
        extra += expected
        due += expected * outlook.due_share(day)
    return extra, due


def _chance_of_no_order(outlook: Outlook) -> Floats:
    """Return the chance of no order within the horizon.

    Ordering (intensity ``l``, constant within a day) and leaving (``m``) compete: a day without either has
    chance ``exp(-l - m)``, and leaving comes first with ``(1 - exp(-l - m)) m / (l + m)``. Two such chains
    run beside each other, reached by the open campaign and not; they are mixed anew when the next one
    opens.
    """
    customers, config = outlook.customers, outlook.config
    end = outlook.day + outlook.horizon_days
    season = config.season_by_day(end)
    leaving = customers.dropout_rate_per_day
    quiet = np.stack([np.ones(len(customers)), np.zeros(len(customers))])
    left = np.zeros(len(customers))
    campaigns = config.open_campaign(np.arange(outlook.day - 1, end))
    for day in range(outlook.day, end):
        campaign, before = campaigns[day - outlook.day + 1], campaigns[day - outlook.day]
        if campaign >= 0 and (campaign != before or day == outlook.day):
            quiet = np.stack([1 - outlook.reach[campaign], outlook.reach[campaign]]) * quiet.sum(axis=0)
        boost = customers.response if campaign >= 0 else np.zeros(len(customers))
        intensity = season[day] * customers.rate_per_day * np.stack([np.ones(len(customers)), 1 + boost])
        hazard = leaving + intensity
        left += (quiet * -np.expm1(-hazard) * leaving / hazard).sum(axis=0)
        quiet = quiet * np.exp(-hazard)
    return np.where(outlook.alive, np.minimum(left + quiet.sum(axis=0), 1.0), 1.0)


def _draw_future(outlook: Outlook, prices: PriceList, block: int, draw: int) -> Floats:
    """Return the value of one possible future of each customer, by the process that made the tables."""
    config, customers = outlook.config, outlook.customers
    rng = config.create_generator(Stream.FUTURE, block, draw)
    later = outlook.day + rng.standard_exponential(len(customers)) / customers.dropout_rate_per_day
    customers = replace(customers, dropout_day=np.where(outlook.alive, later, customers.dropout_day))
    treated = rng.random(outlook.reach.shape) < outlook.reach
    since, until = max(outlook.day - config.return_within_days, 0), outlook.day + outlook.horizon_days
    purchases = draw_purchases(config, prices, customers, treated, rng, since, until)
    return _sum_value(purchases, outlook.day, len(customers))


def _sum_value(purchases: Purchases, since_day: int, customers: int) -> Floats:
    orders, lines = purchases.join()
    inside = orders.day[lines.order] >= since_day
    who, cents = orders.customer[lines.order[inside]], lines.amount_cents[inside]
    return np.asarray(np.bincount(who, weights=cents, minlength=customers) / 100, dtype=np.float64)
