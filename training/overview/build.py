"""The overview of a base, from its tables and scores."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from models.level import Level
from models.overview import Choices, Overview
from training.overview.activity import build_carts, build_messages, build_referrals, read_events
from training.overview.campaigns import build_campaigns
from training.overview.orders import Orders, read_orders
from training.overview.over_time import build_cohorts, build_golden, build_months, build_repeat
from training.overview.spread import build_concentration, build_parts, build_scatter, build_season
from training.source_history import SourceHistory

RECENT_DAYS = 365
AFTER_DAYS = 30
CHOICES = 200
TEXT = 100


def build_overview(source: SourceHistory, scores: pl.DataFrame, level: Level | None = None) -> Overview:
    """Compute everything that pages about the whole base show.

    Transactions and contacts are read once, added up while they are read; optional tables and columns may be
    missing.

    Parameters
    ----------
    source : SourceHistory
        The tables, up to the moment of the scores.
    scores : DataFrame
        One row a customer, or a customer and seller; at least `customer_id`, `horizon_days`, `segment`,
        `threshold`, `trailing_value` and `current_tier`. Where it has `region`, that is a customer's region
        for lines that name none.
    level : Level, optional
        That the scores were forecast at, where they have `expected_value`.
    """
    orders = read_orders(source, _find_horizon(scores))
    recent_days = min(RECENT_DAYS, (orders.end - orders.first_day).days)
    after_days = min(AFTER_DAYS, orders.horizon_days)
    trailing = orders.sum_trailing(orders.end)
    recent = _add_regions(orders.since(recent_days), scores)
    campaigns, campaigns_in_all = build_campaigns(source, orders, after_days)
    return Overview(
        first_day=orders.first_day,
        end_day=orders.end,
        horizon_days=orders.horizon_days,
        recent_days=recent_days,
        after_days=after_days,
        known=len(orders.first_orders),
        scored=len(scores),
        concentration=build_concentration(trailing),
        scatter=build_scatter(trailing, scores, orders.keys),
        regions=build_parts(recent, "region"),
        channels=build_parts(recent, "channel"),
        campaigns=campaigns,
        campaigns_in_all=campaigns_in_all,
        **_build_over_time(orders, scores),
        **_build_activity(source, orders, recent_days),
        choices=build_choices(scores),
        expected_range=level.range_about(float(scores["expected_value"].sum())) if level else None,
    )


def _build_over_time(orders: Orders, scores: pl.DataFrame) -> dict[str, Any]:
    return {
        "months": build_months(orders),
        "golden": build_golden(orders, scores),
        "season": build_season(orders),
        "cohorts": build_cohorts(orders),
        "repeat": build_repeat(orders),
    }


def _build_activity(source: SourceHistory, orders: Orders, recent_days: int) -> dict[str, Any]:
    """Read the events once, as far back as any figure needs them."""
    days = max(recent_days, 2 * orders.horizon_days)
    events = read_events(source, orders.end - dt.timedelta(days=days))
    recent = _since(events, orders, recent_days)
    return {
        "messages": build_messages(recent),
        "referrals": build_referrals(events, orders),
        "carts": build_carts(recent, orders),
    }


def build_choices(scores: pl.DataFrame) -> Choices:
    """Return what candidates can be chosen by, the most frequent first."""
    if "upgrade_probability" in scores.columns:
        scores = scores.filter(pl.col("upgrade_probability").is_not_null())
    found = {
        name: scores[name].drop_nulls().value_counts().sort("count", name, descending=[True, False])[name]
        for name in Choices.model_fields
        if name in scores.columns
    }
    # A longer text would not fit a list of choices, and a shortened one finds nobody.
    return Choices(
        **{
            name: tuple(texts.filter(texts.str.len_chars() <= TEXT).head(CHOICES))
            for name, texts in found.items()
        }
    )


def _find_horizon(scores: pl.DataFrame) -> int:
    if not len(scores):
        raise ValueError("there are no scores to give an overview of")
    return int(scores["horizon_days"][0])


def _add_regions(rows: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Fill a line's missing region with the customer's."""
    if "region" not in scores.columns:
        return rows
    known = scores.select("customer_id", pl.col("region").alias("home")).unique("customer_id")
    own = pl.col("region") if "region" in rows.columns else pl.lit(None, dtype=pl.String)
    filled = rows.join(known, on="customer_id", how="left").with_columns(region=pl.coalesce(own, "home"))
    return filled.drop("home")


def _since(events: pl.DataFrame | None, orders: Orders, days: int) -> pl.DataFrame | None:
    return None if events is None else events.filter(pl.col("day") >= orders.end - dt.timedelta(days=days))
