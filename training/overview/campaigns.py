"""Campaigns: whom they reached, what it cost, what came after, and what is known to come from them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl

from features.sources import reading
from models.overview import Campaign, Difference
from training.overview.orders import Orders, local_day
from training.source_history import SourceHistory

CAMPAIGNS = 30
LEAST_HELD_OUT = 30
"""Fewer held-out customers say nothing."""

_NORMAL_95 = 1.959964
_EMAILS = {"email_sent": "sent", "email_open": "opened", "email_click": "clicked"}
_TEXT = 200


def build_campaigns(
    source: SourceHistory, orders: Orders, after_days: int
) -> tuple[tuple[Campaign, ...], int]:
    """Return the newest campaigns, and how many there are in all."""
    table = source.tables.contacts
    if table is None:
        return (), 0
    with reading("contacts"):
        begun = table.group_by("campaign_id").agg(first=pl.col("timestamp").min()).collect()
    newest = begun.sort("first", "campaign_id", descending=[True, False]).head(CAMPAIGNS)["campaign_id"]
    contacts = _read_contacts(source, newest)
    reached = _count_after(_first_contacts(contacts), orders.frame, after_days)
    mails = _count_mails(source, newest)
    facts = {row["campaign_id"]: row for row in _describe(contacts).to_dicts()}
    sums = {row["campaign_id"]: row for row in _sum_by_arm(reached).to_dicts()}
    last = orders.end - dt.timedelta(days=after_days)
    campaigns = (_build(facts[name] | sums[name] | mails.get(name, {}), last) for name in newest)
    return tuple(campaigns), len(begun)


def _read_contacts(source: SourceHistory, newest: pl.Series) -> pl.DataFrame:
    table = source.tables.contacts
    if table is None:
        raise ValueError("there is no table of contacts")
    columns = table.collect_schema().names()
    treated = pl.col("treated").fill_null(value=True) if "treated" in columns else pl.lit(value=True)
    absent = {"channel": pl.String, "offer": pl.String, "cost": pl.Float64}
    return (
        table.filter(pl.col("campaign_id").is_in(newest.implode()))
        .select(
            "customer_id",
            "campaign_id",
            local_day(source.dialect.timezone).alias("day"),
            treated.alias("treated"),
            *(
                pl.col(name).cast(dtype) if name in columns else pl.lit(None, dtype=dtype).alias(name)
                for name, dtype in absent.items()
            ),
        )
        .collect()
    )


def _describe(contacts: pl.DataFrame) -> pl.DataFrame:
    made = pl.col("treated")
    return contacts.group_by("campaign_id").agg(
        first_day=pl.col("day").min(),
        last_day=pl.col("day").max(),
        offer=pl.col("offer").drop_nulls().mode().sort().first(),
        channels=pl.col("channel").filter(made).drop_nulls().unique().sort().head(5),
        contacts=made.sum(),
        cost=pl.when(pl.col("cost").is_not_null().any()).then(pl.col("cost").filter(made).sum()),
    )


def _first_contacts(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return each customer's first contact of a campaign; who got it once is not held out of it."""
    return contacts.group_by("campaign_id", "customer_id").agg(
        treated=pl.col("treated").any(),
        start=pl.col("day").filter(pl.col("treated") == pl.col("treated").any()).min(),
    )


def _count_after(first: pl.DataFrame, days: pl.DataFrame, after_days: int) -> pl.DataFrame:
    """Add `orders` and `value` of each customer from the day of the first contact on."""
    by_day = (
        days.group_by("customer_id", "day")
        .agg(pl.col("order").sum(), pl.col("value").sum())
        .sort("customer_id", "day")
        .select(
            "customer_id",
            "day",
            orders=pl.col("order").cum_sum().over("customer_id"),
            value=pl.col("value").cum_sum().over("customer_id"),
        )
    )
    counted = first
    for name, shift in (("before", -1), ("after", after_days - 1)):
        at = (pl.col("start") + dt.timedelta(days=shift)).alias("at")
        counted = (
            counted.with_columns(at)
            .sort("at")
            .join_asof(
                by_day,
                left_on="at",
                right_on="day",
                by="customer_id",
                suffix=f"_{name}",
                check_sortedness=False,
            )
            .drop("at", "day", f"day_{name}", strict=False)
        )
    return counted.select(
        "campaign_id",
        "treated",
        orders=pl.col("orders_after").fill_null(0) - pl.col("orders").fill_null(0),
        value=pl.col("value_after").fill_null(0.0) - pl.col("value").fill_null(0.0),
    )


def _sum_by_arm(reached: pl.DataFrame) -> pl.DataFrame:
    made, value = pl.col("treated"), pl.col("value")
    arms = [("", made), ("held_out_", ~made)]
    moments = [
        figure
        for arm, rows in arms
        for figure in (
            value.filter(rows).sum().alias(f"{arm}value"),
            value.filter(rows).mean().alias(f"{arm}mean"),
            value.filter(rows).var().alias(f"{arm}variance"),
        )
    ]
    return reached.group_by("campaign_id").agg(
        *moments,
        customers=made.sum(),
        held_out=(~made).sum(),
        orders=pl.col("orders").filter(made).sum(),
        buyers=(pl.col("orders").filter(made) > 0).sum(),
    )


def _count_mails(source: SourceHistory, newest: pl.Series) -> dict[str, dict[str, Any]]:
    """Return how many customers were sent, opened and clicked each campaign's e-mails."""
    events = source.tables.events
    if events is None or "campaign_id" not in events.collect_schema().names():
        return {}
    told = events.filter(
        pl.col("campaign_id").is_in(newest.implode()), pl.col("kind").is_in(list(_EMAILS))
    ).select("campaign_id", "kind", "customer_id")
    counts = told.unique().group_by("campaign_id", "kind").len().collect(engine="streaming")
    found: dict[str, dict[str, Any]] = {}
    for campaign, kind, customers in counts.rows():
        found.setdefault(campaign, dict.fromkeys(_EMAILS.values(), 0))[_EMAILS[kind]] = customers
    return found


def _build(row: dict[str, Any], last: dt.date) -> Campaign:
    offer, cost = row["offer"], row["cost"]
    return Campaign(
        campaign_id=row["campaign_id"][:_TEXT],
        offer=None if offer is None else offer[:_TEXT],
        channels=tuple(channel[:_TEXT] for channel in row["channels"]),
        first_day=row["first_day"],
        last_day=row["last_day"],
        complete=row["last_day"] <= last,
        contacts=row["contacts"],
        customers=row["customers"],
        held_out=row["held_out"],
        cost=None if cost is None else round(cost, 2),
        sent=row.get("sent"),
        opened=row.get("opened"),
        clicked=row.get("clicked"),
        orders=row["orders"],
        buyers=row["buyers"],
        value=round(row["value"], 2),
        held_out_value=round(row["held_out_value"], 2),
        difference=_compare(row),
    )


def _compare(row: dict[str, Any]) -> Difference | None:
    """Return Welch's interval of the difference between the arms."""
    if min(row["customers"], row["held_out"]) < LEAST_HELD_OUT:
        return None
    between = row["mean"] - row["held_out_mean"]
    error = math.sqrt(row["variance"] / row["customers"] + row["held_out_variance"] / row["held_out"])
    reach = _NORMAL_95 * error
    return Difference(
        per_customer=round(between, 4), low=round(between - reach, 4), high=round(between + reach, 4)
    )
