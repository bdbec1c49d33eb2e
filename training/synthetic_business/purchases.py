"""What synthetic customers buy and bring back: orders from a point process, their lines, and returns."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import polars as pl

from training.synthetic_business.attributes import pick
from training.synthetic_business.config import Bools, Floats, Ints, SyntheticConfig
from training.synthetic_business.customers import CHANNEL_SHARES, Customers
from training.synthetic_business.pricelist import DISCOUNT_PERCENTS, DISCOUNT_SHARES, PriceList

CHANNELS = ("web", "app", "store", "phone")
OPENING_HOURS = np.array([[0, 20, 24], [0, 21, 24], [9, 17, 20], [8, 11, 18]])  # opens, busiest, closes
SECONDS_PER_DAY = 86_400
HOME_CHANNEL_SHARE = 0.75
EARLIEST_RETURN_DAYS = 2


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders in order of time: position of the customer in the block, seconds from ``start``, channel."""

    customer: Ints
    second: Ints
    channel: Ints

    def __len__(self) -> int:
        """Return the number of orders."""
        return len(self.customer)

    @property
    def day(self) -> Ints:
        """Days from ``start``."""
        return self.second // SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines: position of the order, product number, quantity, and money in cents (negative when returned)."""

    order: Ints
    product: Ints
    quantity: Ints
    amount_cents: Ints
    discount_cents: Ints
    cost_cents: Ints

    def take(self, index: Ints | Bools) -> Lines:
        """Return the lines at ``index``."""
        return Lines(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def give_back(self, order: Ints) -> Lines:
        """Return the same lines as lines of a returning ``order``: quantities and money turn their signs."""
        money = -self.amount_cents, -self.discount_cents, -self.cost_cents
        return Lines(order, self.product, -self.quantity, *money)


_Columns = TypeVar("_Columns", Orders, Lines)


@dataclass(frozen=True, slots=True)
class Purchases:
    """Orders with their lines, and what of them came back."""

    orders: Orders
    lines: Lines
    return_orders: Orders
    return_lines: Lines

    def join(self) -> tuple[Orders, Lines]:
        """Return orders with the returning ones after them, and lines with the returned ones after them."""
        returned = replace(self.return_lines, order=self.return_lines.order + len(self.orders))
        return _append(self.orders, self.return_orders), _append(self.lines, returned)


def _append(first: _Columns, second: _Columns) -> _Columns:
    names = [field.name for field in fields(first)]
    return type(first)(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))


def build_timestamps(config: SyntheticConfig, second: Ints) -> pl.Series:
    """Return seconds from the start as timestamps without zone (UTC)."""
    return pl.Series(np.datetime64(config.start, "us") + second * np.timedelta64(1_000_000, "us"))


def draw_clock(rng: np.random.Generator, channel: Ints) -> Ints:
    """Draw seconds after midnight within each channel's opening hours."""
    opens, busiest, closes = OPENING_HOURS[channel].T * 3_600
    return np.asarray(rng.triangular(opens, busiest, closes), dtype=np.int64)


def draw_arrivals(
    rng: np.random.Generator, rate: Floats, begin: Floats, end: Floats, season: Floats
) -> tuple[Ints, Floats]:
    """Draw a Poisson process of intensity ``rate * season(day)`` on ``[begin, end)`` for each customer.

    Time is warped so that the season becomes uniform, points are laid evenly, and warped back: exact.

    Parameters
    ----------
    rng : numpy.random.Generator
    rate : array of (customers,), per day at season 1
    begin, end : arrays of (customers,), days
    season : array of (days,), factor on each day; must reach to the last ``end``

    Returns
    -------
    tuple of arrays of (points,)
        Positions of the customers, ascending, and the days as fractions.
    """
    warp = np.concatenate([[0.0], np.cumsum(season)])
    grid = np.arange(len(warp), dtype=np.float64)
    low, high = np.interp(begin, grid, warp), np.interp(end, grid, warp)
    span = np.maximum(high - low, 0.0)
    who = np.repeat(np.arange(len(rate)), rng.poisson(rate * span))
    return who, np.interp(low[who] + rng.random(len(who)) * span[who], warp, grid)


def draw_purchases(
    config: SyntheticConfig,
    prices: PriceList,
    customers: Customers,
    treated: Bools,
    rng: np.random.Generator,
    since: int,
    until: int,
) -> Purchases:
    """Draw all that these customers buy on days ``since`` to ``until``, and bring back before ``until``.

    Parameters
    ----------
    config : SyntheticConfig
    prices : PriceList
    customers : Customers
    treated : array of (campaigns, customers)
        Who received each campaign; at least all campaigns before ``until``.
    rng : numpy.random.Generator
    since, until : int
        Days from the start; ``until`` itself is no more part of it.

    Returns
    -------
    Purchases
    """
    orders = _draw_orders(config, customers, treated, rng, since, until)
    lines = _draw_lines(prices, customers, orders, rng)
    return Purchases(orders, lines, *_draw_returns(config, customers, orders, lines, rng, until))


def _draw_orders(
    config: SyntheticConfig,
    customers: Customers,
    treated: Bools,
    rng: np.random.Generator,
    since: int,
    until: int,
) -> Orders:
    season = config.season_by_day(until)
    begin = np.clip(customers.entry_day, since, until)
    end = np.clip(customers.dropout_day, begin, until)
    who, when = draw_arrivals(rng, customers.rate_per_day, begin, end, season)
    kept = _survives_contact(config, customers, treated, rng, who, when)
    first = (customers.entry_day >= since) & (customers.entry_day < until) & customers.orders_at_signup
    parts = [(who[kept], when[kept]), (np.flatnonzero(first), customers.entry_day[first])]
    for campaign, reached in enumerate(treated):
        opens = config.campaign_day(campaign) + 1
        target = np.flatnonzero(reached & (customers.response > 0) & (customers.dropout_day > opens))
        extra = (customers.rate_per_day * customers.response)[target]
        window = np.clip(begin[target], opens, None), np.clip(end[target], None, opens + config.response_days)
        who, when = draw_arrivals(rng, extra, *window, season)
        parts.append((target[who], when))
    return _place_orders(customers, rng, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _survives_contact(
    config: SyntheticConfig,
    customers: Customers,
    treated: Bools,
    rng: np.random.Generator,
    who: Ints,
    when: Floats,
) -> Bools:
    """Thin the orders of those whom a contact puts off (their response is negative)."""
    chance = rng.random(len(who))
    if not len(treated):
        return np.ones(len(who), dtype=np.bool_)
    campaign = config.open_campaign(when.astype(np.int64))
    put_off = (campaign >= 0) & treated[campaign, who]
    return ~put_off | (chance < 1 + customers.response[who])


def _place_orders(customers: Customers, rng: np.random.Generator, who: Ints, when: Floats) -> Orders:
    home = rng.random(len(who)) < HOME_CHANNEL_SHARE
    channel = np.where(home, customers.home_channel[who], pick(rng, CHANNEL_SHARES, len(who)))
    second = when.astype(np.int64) * SECONDS_PER_DAY + draw_clock(rng, channel)
    by_time = np.argsort(second, kind="stable")
    return Orders(who[by_time], second[by_time], channel[by_time])


def _draw_lines(prices: PriceList, customers: Customers, orders: Orders, rng: np.random.Generator) -> Lines:
    """Draw lines; the same product twice in an order is one line with the quantities added."""
    products, categories = prices.prices_cents.shape
    count = 1 + rng.poisson(customers.lines_per_order[orders.customer] - 1)
    order = np.repeat(np.arange(len(orders)), count)
    who = orders.customer[order]
    edges = np.minimum(np.cumsum(customers.taste, axis=1), 1.0)
    edges[:, -1] = 1.0
    shelf = np.searchsorted(
        (edges + np.arange(len(customers))[:, None]).ravel(), who + rng.random(len(who)), "right"
    )
    category = np.minimum(shelf - who * categories, categories - 1)
    rank = rng.binomial(products - 1, customers.price_quality[who])
    quantity = 1 + rng.poisson(customers.quantity_per_line[who] - 1)
    key = (order * categories + category) * products + rank
    by_product = np.argsort(key)
    starts = np.flatnonzero(np.diff(key[by_product], prepend=-1))
    quantity = np.add.reduceat(quantity[by_product], starts) if len(starts) else quantity
    chosen = by_product[starts]
    return _price_lines(
        prices, customers, orders, rng, (order[chosen], category[chosen], rank[chosen], quantity)
    )


def _price_lines(
    prices: PriceList,
    customers: Customers,
    orders: Orders,
    rng: np.random.Generator,
    drawn: tuple[Ints, Ints, Ints, Ints],
) -> Lines:
    order, category, rank, quantity = drawn
    bargain = rng.random(len(orders)) < customers.discount_share[orders.customer]
    percent = np.where(bargain, DISCOUNT_PERCENTS[pick(rng, DISCOUNT_SHARES, len(orders))], 0)
    gross = prices.prices_cents[rank, category] * quantity
    discount = gross * percent[order] // 100
    return Lines(
        order=order,
        product=category * len(prices.prices_cents) + rank,
        quantity=quantity,
        amount_cents=gross - discount,
        discount_cents=discount,
        cost_cents=prices.costs_cents[rank, category] * quantity,
    )


def _draw_returns(
    config: SyntheticConfig,
    customers: Customers,
    orders: Orders,
    lines: Lines,
    rng: np.random.Generator,
    until: int,
) -> tuple[Orders, Lines]:
    """Draw which lines come back, on one later day an order, through the order's channel."""
    delay = rng.integers(EARLIEST_RETURN_DAYS, config.return_within_days, len(orders), endpoint=True)
    day = orders.day + delay
    unwanted = rng.random(len(lines.order)) < customers.returns_rate[orders.customer[lines.order]]
    back = unwanted & (day[lines.order] < until)
    source, order = np.unique(lines.order[back], return_inverse=True)
    channel = orders.channel[source]
    second = day[source] * SECONDS_PER_DAY + draw_clock(rng, channel)
    return Orders(orders.customer[source], second, channel), lines.take(back).give_back(order)
