"""What a synthetic business is made of: sizes, rates, shares and the calendar, all in one frozen object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from features.errors import ConfigError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAYS_PER_YEAR = 365.25
DAYS_PER_WEEK = 7
MAX_CATEGORIES = 16


class Stream(IntEnum):
    """Independent streams of random numbers, so that more events never change the purchases."""

    CATALOGUE = 0
    CUSTOMERS = 1
    CONTACTS = 2
    PURCHASES = 3
    EVENTS = 4
    FUTURE = 5


@dataclass(frozen=True, slots=True)
class SyntheticConfig:
    """Sizes and parameters of a synthetic business; the same values always give the same bytes.

    Parameters
    ----------
    customers, days, start, seed
        Size of the base, length of the history in days, its first day, and the seed.
    founding_share
        Share of customers signed up before ``start``; the others sign up evenly over all ``days``.
    browsing_share
        Share of customers that sign up and never order (their rate is 0).
    signup_order_share
        Share of the later, ordering customers that place an order on the day they sign up.
    orders_per_year, rate_shape
        Mean yearly order rate of a living customer, and the gamma shape of its spread (small: wide).
    lifetime_days, lifetime_shape
        1 / mean drop-out rate, and the gamma shape of the spread of drop-out rates.
    lines_per_order, quantity_per_line, price_median
        Means over customers (both at least 1), and the middle of the price list in money.
    categories, products_per_category
        Size of the price list.
    season_amplitude, season_peak_day, weekday_factors
        Annual wave ``1 + amplitude * cos(2 pi (day_of_year - peak) / 365.25)`` and factors Monday to Sunday.
    discount_share
        Share of orders bought on discount by the median customer.
    returns_rate, return_within_days
        Share of lines returned, on average, and the latest day of a return after its order (2 at least).
    sellers
        Number of sellers; each customer has a home seller.
    campaign_every_days, contact_share, holdout_share
        A campaign every so many days addresses this share of consenting customers, and holds out that share
        of those addressed.
    response_days, response_mean, response_spread
        A treated contact multiplies the purchase intensity by ``1 + response`` on so many days after it.
    visits_per_order
        Visits without an order, per order.
    missing_share
        Share of unknown values in each attribute that customers state themselves.
    block_customers
        Customers drawn together from one generator. Part of the seed: another size is another draw.

    Raises
    ------
    ConfigError
        When values are out of range; all of them are named.
    """

    customers: int = 10_000
    days: int = 730
    start: date = date(2023, 1, 1)
    seed: int = 7
    founding_share: float = 0.3
    browsing_share: float = 0.05
    signup_order_share: float = 0.7
    orders_per_year: float = 8.0
    rate_shape: float = 0.8
    lifetime_days: float = 500.0
    lifetime_shape: float = 1.5
    lines_per_order: float = 3.0
    quantity_per_line: float = 1.8
    price_median: float = 12.0
    categories: int = 12
    products_per_category: int = 40
    season_amplitude: float = 0.3
    season_peak_day: int = 340
    weekday_factors: tuple[float, ...] = (0.9, 0.9, 0.95, 1.0, 1.15, 1.3, 0.8)
    discount_share: float = 0.35
    returns_rate: float = 0.05
    return_within_days: int = 28
    sellers: int = 12
    campaign_every_days: int = 45
    contact_share: float = 0.4
    holdout_share: float = 0.2
    response_days: int = 14
    response_mean: float = 0.4
    response_spread: float = 0.3
    visits_per_order: float = 1.0
    missing_share: float = 0.1
    block_customers: int = 10_000

    def __post_init__(self) -> None:
        """Refuse values out of range, all at once."""
        problems = [
            f"{name} = {getattr(self, name)!r}, expected {low} to {high}"
            for name, (low, high) in _BOUNDS.items()
            if not low <= getattr(self, name) <= high
        ]
        if not problems and self.response_days > self.campaign_every_days:
            problems.append(
                f"response_days = {self.response_days}, expected at most campaign_every_days ="
                f" {self.campaign_every_days}: responses to two campaigns must not overlap"
            )
        if len(self.weekday_factors) != DAYS_PER_WEEK or min(self.weekday_factors) <= 0:
            problems.append(f"weekday_factors = {self.weekday_factors}, expected seven positive numbers")
        if problems:
            raise ConfigError("synthetic data: " + "; ".join(problems))

    @property
    def blocks(self) -> int:
        """Number of blocks of customers."""
        return -(-self.customers // self.block_customers)

    @property
    def campaigns(self) -> int:
        """Number of campaigns sent within the history."""
        return (self.days - 1) // self.campaign_every_days

    def create_generator(self, stream: Stream, block: int = 0, draw: int = 0) -> np.random.Generator:
        """Return the generator of one stream of one block, independent of every other."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(stream, block, draw)))

    def campaign_day(self, campaign: int) -> int:
        """Return the day, from ``start``, on which campaign 0, 1, … is sent."""
        return (campaign + 1) * self.campaign_every_days

    def open_campaign(self, day: Ints) -> Ints:
        """Return for each day the campaign whose responses fall on it, or -1.

        Responses fall on the ``response_days`` days after the day of the contact.
        """
        since_contact = (day - 1) % self.campaign_every_days
        campaign = (day - 1) // self.campaign_every_days - 1
        return np.where((campaign >= 0) & (since_contact < self.response_days), campaign, -1)

    def season_by_day(self, days: int) -> Floats:
        """Return the season's factor on each of the first ``days`` days; about 1 on average over a year."""
        calendar = np.datetime64(self.start, "D") + np.arange(days)
        day_of_year = (calendar - calendar.astype("datetime64[Y]")).astype(np.int64) + 1
        weekday = (calendar.astype(np.int64) + 3) % DAYS_PER_WEEK  # 1970-01-01 was a Thursday
        turn = 2 * np.pi * (day_of_year - self.season_peak_day) / DAYS_PER_YEAR
        wave = 1 + self.season_amplitude * np.cos(turn)
        factors = np.asarray(self.weekday_factors)
        return np.asarray(wave * (factors / factors.mean())[weekday], dtype=np.float64)

    def day_of(self, as_of: date | datetime) -> int:
        """Return ``as_of`` in days from ``start``.

        Raises
        ------
        ConfigError
            When ``as_of`` is no midnight (UTC), or outside of ``start < as_of <= start + days``.
        """
        midnight, day = True, date(as_of.year, as_of.month, as_of.day)
        if isinstance(as_of, datetime):
            moment = as_of.astimezone(UTC) if as_of.tzinfo else as_of
            midnight, day = moment.time() == time(), moment.date()
        since_start = (day - self.start).days
        if not midnight or not 0 < since_start <= self.days:
            last = self.start + timedelta(days=self.days)
            expected = f"expected a midnight (UTC) after {self.start} and up to {last}"
            raise ConfigError(f"synthetic data: as_of = {as_of}, {expected}")
        return since_start


_MANY = 1_000_000_000
_BOUNDS: dict[str, tuple[float, float]] = {
    "customers": (1, _MANY),
    "days": (1, 36_500),
    "seed": (0, 2**63),
    "founding_share": (0, 1),
    "browsing_share": (0, 1),
    "signup_order_share": (0, 1),
    "orders_per_year": (0, 5_000),
    "rate_shape": (0.05, 1_000),
    "lifetime_days": (1, _MANY),
    "lifetime_shape": (0.05, 1_000),
    "lines_per_order": (1, 200),
    "quantity_per_line": (1, 1_000),
    "price_median": (1, 100_000),
    "categories": (1, MAX_CATEGORIES),
    "products_per_category": (1, 1_000),
    "season_amplitude": (0, 0.99),
    "season_peak_day": (1, 366),
    "discount_share": (0.001, 0.999),
    "returns_rate": (0, 0.5),
    "return_within_days": (2, 3_650),
    "sellers": (1, 99_999),
    "campaign_every_days": (1, 36_500),
    "contact_share": (0, 1),
    "holdout_share": (0, 1),
    "response_days": (1, 3_650),
    "response_mean": (-0.9, 10),
    "response_spread": (0, 10),
    "visits_per_order": (0, 1_000),
    "missing_share": (0, 1),
    "block_customers": (1, 1_000_000),
}
