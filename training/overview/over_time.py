"""The base over time: months, golden share, cohorts, repeat rate."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from models.overview import Cohort, GoldenPoint, MonthTotals, Repeat
from models.tiers import compute_golden_share
from training.overview.orders import Orders, list_months, next_month

MONTHS = 60
GOLDEN_MONTHS = 24
COHORTS = 18
_MONTH = pl.col("day").dt.month_start()


def build_months(orders: Orders) -> tuple[MonthTotals, ...]:
    """Return the totals of the newest months."""
    newest = list(list_months(orders.first_day, orders.end))[-MONTHS:]
    rows = orders.frame.filter(pl.col("day") >= newest[0])
    totals = rows.group_by(month=_MONTH).agg(
        orders=pl.col("order").sum(),
        customers=pl.col("customer_id").filter(pl.col("order") == 1).n_unique(),
        value=pl.col("value").sum(),
    )
    new = orders.first_orders.group_by(month=pl.col("first").dt.month_start()).agg(new=pl.len())
    found = {row.pop("month"): row for row in totals.join(new, on="month", how="left").to_dicts()}
    return tuple(_total(month, found.get(month, {}), orders) for month in newest)


def build_golden(orders: Orders, scores: pl.DataFrame) -> tuple[GoldenPoint, ...]:
    """Return the golden share at the end of every month that follows a horizon of data, and now."""
    cuts = _find_cuts(scores, orders.keys)
    earliest = orders.first_day + dt.timedelta(days=orders.horizon_days)
    months = [month for month in list_months(earliest, orders.end) if month >= earliest]
    days = [*(day for day in months[-GOLDEN_MONTHS:] if day != orders.end), orders.end]
    first = orders.placed.group_by(orders.keys).agg(pl.col("day").min())["day"]
    return tuple(_measure_golden(orders, cuts, day, known=int((first < day).sum())) for day in days)


def build_cohorts(orders: Orders) -> tuple[Cohort, ...]:
    """Return how many of each month's new customers ordered in the complete months after."""
    complete = [
        month for month in list_months(orders.first_day, orders.end) if next_month(month) <= orders.end
    ]
    shown = complete[-COHORTS:]
    if not shown:
        return ()
    first = orders.first_orders.with_columns(cohort=pl.col("first").dt.month_start())
    first = first.filter(pl.col("cohort").is_in(shown))
    active = (
        orders.placed.select("customer_id", month=_MONTH)
        .join(first, on="customer_id")
        .unique(["customer_id", "month"])
    )
    counts = active.group_by("cohort", "month").len().rows()
    found = {(cohort, month): count for cohort, month, count in counts}
    sizes = dict(first.group_by("cohort").len().rows())
    return tuple(
        Cohort(
            month=cohort,
            customers=sizes.get(cohort, 0),
            active=tuple(found.get((cohort, month), 0) for month in shown if month > cohort),
            begins_with_data=cohort == orders.first_day.replace(day=1),
        )
        for cohort in shown
    )


def build_repeat(orders: Orders) -> Repeat:
    """Return how many customers came back at all, and within a horizon of their first order."""
    horizon = dt.timedelta(days=orders.horizon_days)
    first_two = orders.placed.group_by("customer_id").agg(
        orders=pl.len(), first=pl.col("day").min(), second=pl.col("day").bottom_k(2).max()
    )
    observed = first_two.filter(pl.col("first") < orders.end - horizon)
    again = (pl.col("orders") > 1) & (pl.col("second") - pl.col("first") <= horizon)
    return Repeat(
        customers=len(first_two),
        repeaters=int((first_two["orders"] > 1).sum()),
        observed=len(observed),
        returned=len(observed.filter(again)),
    )


def _total(month: dt.date, row: dict[str, float | None], orders: Orders) -> MonthTotals:
    return MonthTotals(
        month=month,
        complete=orders.first_day <= month and next_month(month) <= orders.end,
        orders=int(row.get("orders") or 0),
        customers=int(row.get("customers") or 0),
        new_customers=int(row.get("new") or 0),
        value=round(row.get("value") or 0.0, 2),
    )


def _find_cuts(scores: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Return the least trailing value of tier A, by seller where there are sellers, as `cut`."""
    golden = scores.filter(pl.col("current_tier") == "A")
    least = pl.col("trailing_value").min().alias("cut")
    if "seller_id" in keys:
        return golden.group_by("seller_id").agg(least)
    return golden.select(least)


def _measure_golden(orders: Orders, cuts: pl.DataFrame, day: dt.date, *, known: int) -> GoldenPoint:
    trailing = orders.sum_trailing(day)
    if orders.by_seller:
        trailing = trailing.join(cuts, on="seller_id", how="left", nulls_equal=True)
    else:
        trailing = trailing.with_columns(cut=pl.lit(cuts["cut"].first(), dtype=pl.Float64))
    # Running totals of cents may miss the least golden customer by a rounding.
    reached = trailing.select(pl.col("value") >= pl.col("cut") - 1e-6).to_series().fill_null(value=False)
    tiers = np.where(reached.to_numpy(), "A", "")
    share = compute_golden_share(tiers, trailing["value"], known)
    return GoldenPoint(
        day=day,
        known=known,
        active=int((trailing["orders"] > 0).sum()),
        golden=int(reached.sum()),
        customer_share=share.customers,
        value_share=share.value,
    )
