"""What events tell of the base: e-mails, referrals, carts without an order."""

from __future__ import annotations

import datetime as dt

import polars as pl

from features.sources import reading
from models.overview import Carts, Messages, Referrals
from training.overview.orders import Orders, local_day
from training.source_history import SourceHistory

CART_DAYS = 7
_CARTS = ("cart", "abandon")
_REFERRALS = ("referral", "share")
_MESSAGES = ("email_sent", "email_open", "email_click")


def read_events(source: SourceHistory, since: dt.date) -> pl.DataFrame | None:
    """Return `customer_id`, `kind`, `day` and how often, `count`, of the kinds shown; None without events."""
    if source.tables.events is None:
        return None
    kinds = [*_CARTS, *_REFERRALS, *_MESSAGES]
    rows = source.tables.events.filter(pl.col("kind").is_in(kinds)).select(
        "customer_id", "kind", local_day(source.dialect.timezone).alias("day")
    )
    with reading("events"):
        return (
            rows.filter(pl.col("day") >= since)
            .group_by("customer_id", "kind", "day")
            .agg(count=pl.len())
            .collect(engine="streaming")
        )


def build_messages(events: pl.DataFrame | None) -> Messages | None:
    """Return how many e-mails went out, were opened and clicked."""
    counts = [0, 0, 0] if events is None else [_count(events, (kind,)) for kind in _MESSAGES]
    return Messages(sent=counts[0], opened=counts[1], clicked=counts[2]) if any(counts) else None


def build_referrals(events: pl.DataFrame | None, orders: Orders) -> Referrals | None:
    """Return who recommends."""
    told = None if events is None else events.filter(pl.col("kind").is_in(_REFERRALS))
    if told is None or not len(told):
        return None
    horizon = dt.timedelta(days=orders.horizon_days)
    now = told.filter(pl.col("day") >= orders.end - horizon)
    before = told.filter(
        pl.col("day").is_between(orders.end - 2 * horizon, orders.end - horizon, closed="left")
    )
    return Referrals(
        now=int(now["count"].sum()),
        before=int(before["count"].sum()),
        customers=now["customer_id"].n_unique(),
    )


def build_carts(events: pl.DataFrame | None, orders: Orders) -> Carts | None:
    """Return how many carts saw no order within a week."""
    told = None if events is None else events.filter(pl.col("kind").is_in(_CARTS))
    if told is None or not len(told):
        return None
    carts = told.select("customer_id", "day").unique().sort("day")
    bought = orders.placed.select("customer_id", bought="day").unique().sort("bought")
    found = carts.join_asof(
        bought,
        left_on="day",
        right_on="bought",
        by="customer_id",
        strategy="forward",
        tolerance=dt.timedelta(days=CART_DAYS),
        check_sortedness=False,
    ).with_columns(open=pl.col("bought").is_null())
    over = pl.col("day") < orders.end - dt.timedelta(days=CART_DAYS)
    settled, running = found.filter(over), found.filter(~over & pl.col("open"))
    return Carts(
        within_days=CART_DAYS,
        carts=len(settled),
        abandoned=int(settled["open"].sum()),
        open_customers=running["customer_id"].n_unique(),
    )


def _count(events: pl.DataFrame, kinds: tuple[str, ...]) -> int:
    return int(events.filter(pl.col("kind").is_in(kinds))["count"].sum())
