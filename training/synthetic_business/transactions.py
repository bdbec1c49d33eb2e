"""How synthetic purchases look in the business's records: the ``transactions`` table."""

from __future__ import annotations

import numpy as np
import polars as pl

from training.synthetic_business.attributes import REGIONS
from training.synthetic_business.config import Ints, SyntheticConfig
from training.synthetic_business.customers import Customers
from training.synthetic_business.pricelist import PriceList
from training.synthetic_business.purchases import CHANNELS, Purchases, build_timestamps

HOME_REGION_SHARE = 0.95
HOME_SELLER_SHARE = 0.85


def build_transactions(
    config: SyntheticConfig,
    prices: PriceList,
    customers: Customers,
    purchases: Purchases,
    rng: np.random.Generator,
    block: int,
) -> pl.DataFrame:
    """Return the lines of one block as the ``transactions`` table, sorted by time."""
    orders, lines = purchases.join()
    lines = lines.take(np.argsort(orders.second[lines.order], kind="stable"))
    order, who = lines.order, orders.customer[lines.order]
    product_ids, categories = (pl.Series(labels) for labels in prices.labels)
    sellers = pl.Series([f"S{number + 1:02d}" for number in range(config.sellers)])
    seller, region = _draw_places(config, customers, rng, orders.customer)
    return pl.DataFrame(
        {
            "customer_id": customers.build_ids().gather(who),
            "timestamp": build_timestamps(config, orders.second[order]),
            "amount": lines.amount_cents / 100,
            "order_id": _build_order_ids(block, purchases).gather(order),
            "product_id": product_ids.gather(lines.product),
            "category": categories.gather(lines.product),
            "quantity": lines.quantity,
            "discount": lines.discount_cents / 100,
            "cost": lines.cost_cents / 100,
            "channel": pl.Series(CHANNELS).gather(orders.channel[order]),
            "seller_id": sellers.gather(seller[order]),
            "region": pl.Series(REGIONS, dtype=pl.String).gather(region[order]),
        }
    )


def _draw_places(
    config: SyntheticConfig, customers: Customers, rng: np.random.Generator, owner: Ints
) -> tuple[Ints, Ints]:
    """Draw seller and region of each order: mostly the customer's own."""
    size = len(owner)
    own_seller, own_region = rng.random((2, size))
    any_seller, any_region = rng.integers(config.sellers, size=size), rng.integers(len(REGIONS), size=size)
    seller = np.where(own_seller < HOME_SELLER_SHARE, customers.home_seller[owner], any_seller)
    region = np.where(own_region < HOME_REGION_SHARE, customers.home_region[owner], any_region)
    return seller, region


def _build_order_ids(block: int, purchases: Purchases) -> pl.Series:
    counts = len(purchases.orders), len(purchases.return_orders)
    numbers = pl.Series(np.concatenate([np.arange(count) for count in counts])).cast(pl.String).str.zfill(7)
    kinds = pl.Series(["O", "R"]).gather(np.repeat([0, 1], counts))
    return kinds + f"{block:04d}-" + numbers
