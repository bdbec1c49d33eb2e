"""Who the synthetic customers are: latent parameters that drive all that they do."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from training.synthetic_business.attributes import People, draw_people, pick
from training.synthetic_business.config import DAYS_PER_YEAR, Bools, Floats, Ints, Stream, SyntheticConfig
from training.synthetic_business.pricelist import PriceList

CHANNEL_SHARES = (0.4, 0.2, 0.3, 0.1)
NEVER_ZERO = 1e-9
LOWEST_RESPONSE = -0.6


@dataclass(frozen=True, slots=True)
class Customers:
    """Latent parameters of ``n`` customers, one array each; days count from the config's ``start``.

    ``entry_day`` is the signup, or 0 for those who signed up before; ``dropout_day`` is when they leave for
    good. Rates are per day at season 1. ``mean_order_value`` and ``mean_order_cost`` are exact, after
    discount and before returns.
    """

    number: Ints
    signup_day: Floats
    entry_day: Floats
    orders_at_signup: Bools
    rate_per_day: Floats
    dropout_rate_per_day: Floats
    dropout_day: Floats
    lines_per_order: Floats
    quantity_per_line: Floats
    price_quality: Floats
    taste: Floats
    discount_share: Floats
    mean_order_value: Floats
    mean_order_cost: Floats
    returns_rate: Floats
    response: Floats
    openness: Floats
    contactable: Bools
    loyalty_card: Bools
    home_region: Ints
    home_seller: Ints
    home_channel: Ints

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.number)

    def take(self, index: Ints | Bools) -> Customers:
        """Return the customers at ``index``."""
        return Customers(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def build_ids(self) -> pl.Series:
        """Return the customers' ids as text, C0000000 and on."""
        padded = pl.col("number").cast(pl.String).str.zfill(7)
        return pl.DataFrame({"number": self.number}).select(customer_id="C" + padded).to_series()

    def build_frame(self) -> pl.DataFrame:
        """Return the latent parameters as a table, one row a customer, without the taste by category."""
        names = [field.name for field in fields(self) if field.name not in ("number", "taste")]
        return pl.DataFrame([self.build_ids(), *(pl.Series(name, getattr(self, name)) for name in names)])


def draw_customers(config: SyntheticConfig, prices: PriceList, block: int) -> tuple[Customers, pl.DataFrame]:
    """Draw one block of customers: their latent parameters, and what the business knows of them.

    Parameters
    ----------
    config : SyntheticConfig
    prices : PriceList
        For the exact mean value of an order.
    block : int
        0 to ``config.blocks - 1``.

    Returns
    -------
    tuple of Customers and polars.DataFrame
        Latents, and the ``customers`` table with its attributes, in the same order.
    """
    rng = config.create_generator(Stream.CUSTOMERS, block)
    first = block * config.block_customers
    number = np.arange(first, min(first + config.block_customers, config.customers))
    size = len(number)
    people = draw_people(rng, size)
    signup = _draw_signup(config, rng, size)
    entry = np.maximum(signup, 0.0)
    buyer = rng.random(size) >= config.browsing_share
    rate, leaving = _draw_rates(config, rng, people)
    quality = people.quality_effect + 0.8 * rng.standard_normal(size)
    bargain = rng.standard_normal(size) - 0.5 * quality
    basket = (
        1 + (config.lines_per_order - 1) * rng.gamma(2, 0.5, size),
        1 + (config.quantity_per_line - 1) * rng.gamma(0.5, 2, size),
        _logistic(quality),
        rng.dirichlet(np.full(config.categories, 0.5), size),
        _logistic(np.log(config.discount_share / (1 - config.discount_share)) + bargain),
    )
    customers = Customers(
        number,
        signup,
        entry,
        buyer & (signup >= 0) & (rng.random(size) < config.signup_order_share),
        np.where(buyer, rate, 0.0),
        leaving,
        entry + rng.standard_exponential(size) / leaving,
        *basket,
        *prices.expect_order(*basket),
        returns_rate=config.returns_rate * rng.beta(2, 2, size) * 2,
        response=_draw_response(config, rng, bargain),
        openness=rng.beta(2, 3, size),
        contactable=people.codes["email_consent"] == 0,
        loyalty_card=people.codes["loyalty_card"] == 0,
        home_region=people.codes["region"],
        home_seller=rng.integers(config.sellers, size=size),
        home_channel=pick(rng, CHANNEL_SHARES, size),
    )
    return customers, people.build_frame(config, rng, customers.build_ids(), signup)


def _draw_signup(config: SyntheticConfig, rng: np.random.Generator, size: int) -> Floats:
    founding = rng.random(size) < config.founding_share
    before = -rng.exponential(DAYS_PER_YEAR, size) - NEVER_ZERO
    return np.where(founding, before, rng.uniform(0, config.days, size))


def _draw_rates(config: SyntheticConfig, rng: np.random.Generator, people: People) -> tuple[Floats, Floats]:
    """Draw orders and drop-outs a day: gamma around what the attributes say."""
    size = len(people.age)
    rate = rng.gamma(config.rate_shape, 1 / config.rate_shape, size) * people.rate_effect
    leaving = rng.gamma(config.lifetime_shape, 1 / config.lifetime_shape, size) * people.leaving_effect
    yearly = config.orders_per_year / DAYS_PER_YEAR
    return rate * yearly, np.maximum(leaving / config.lifetime_days, NEVER_ZERO)


def _draw_response(config: SyntheticConfig, rng: np.random.Generator, bargain: Floats) -> Floats:
    """Bargain hunters respond more, so the response can be learned from what was bought."""
    spread = 0.6 * bargain / np.sqrt(1.25) + 0.8 * rng.standard_normal(len(bargain))
    response: Floats = config.response_mean + config.response_spread * spread
    return np.maximum(response, LOWEST_RESPONSE)


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)
