"""What the synthetic business sells: products, prices, costs, and the exact mean value of an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from training.synthetic_business.config import Floats, Ints, Stream, SyntheticConfig

CATEGORIES = (
    "GROCERY", "ORGANIC", "DRINKS", "HOUSEHOLD", "BEAUTY", "HEALTH", "BABY", "PETS",
    "GARDEN", "KITCHEN", "TOYS", "BOOKS", "SPORT", "FASHION", "ELECTRONICS", "GIFTS",
)  # fmt: skip
DISCOUNT_PERCENTS = np.array([10, 20, 30])
DISCOUNT_SHARES = (0.5, 0.3, 0.2)
MEAN_DISCOUNT = float(np.dot(DISCOUNT_PERCENTS, DISCOUNT_SHARES)) / 100
PRICE_RANGE = 8.0
PRICE_STEP_CENTS = 10  # so that every discount is a whole number of cents


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices and unit costs in cents, arrays of (products per category, categories), cheapest first."""

    prices_cents: Ints
    costs_cents: Ints

    @property
    def labels(self) -> tuple[list[str], list[str]]:
        """Product ids and categories of the products numbered ``category * products + rank``."""
        products, categories = self.prices_cents.shape
        ids = [f"P{number:05d}" for number in range(products * categories)]
        return ids, [CATEGORIES[number // products] for number in range(products * categories)]

    def expect_order(
        self,
        lines_per_order: Floats,
        quantity_per_line: Floats,
        price_quality: Floats,
        taste: Floats,
        discount_share: Floats,
    ) -> tuple[Floats, Floats]:
        """Return the exact mean value and mean cost of an order of each customer, in money.

        The choice of product is binomial in the rank and independent of quantity, lines and discount, so
        the mean is ``lines * quantity * sum_c taste_c sum_k Binom(k; K - 1, quality) price_kc``, less the
        mean discount.
        """
        ranks = np.arange(len(self.prices_cents))
        last = ranks[-1]
        ways = gammaln(last + 1) - gammaln(ranks + 1) - gammaln(last - ranks + 1)
        quality = np.clip(price_quality, 1e-12, 1 - 1e-12)[:, None]
        chosen = np.exp(ways + ranks * np.log(quality) + (last - ranks) * np.log1p(-quality))
        units = lines_per_order * quantity_per_line / 100
        price = np.sum((chosen @ self.prices_cents) * taste, axis=1)
        cost = np.sum((chosen @ self.costs_cents) * taste, axis=1)
        return units * price * (1 - discount_share * MEAN_DISCOUNT), units * cost


def create_price_list(config: SyntheticConfig) -> PriceList:
    """Draw the price list: a level and a margin by category, prices from cheap to dear over a factor of 8."""
    rng = config.create_generator(Stream.CATALOGUE)
    level = config.price_median * np.exp(0.4 * rng.standard_normal(config.categories))
    ranks = np.linspace(-0.5, 0.5, config.products_per_category)
    steps = np.rint(np.outer(PRICE_RANGE**ranks, level) * 100 / PRICE_STEP_CENTS)
    prices = np.maximum(steps, 1).astype(np.int64) * PRICE_STEP_CENTS
    cost_share: Floats = rng.uniform(0.45, 0.75, config.categories)
    return PriceList(prices, np.rint(prices * cost_share).astype(np.int64))
