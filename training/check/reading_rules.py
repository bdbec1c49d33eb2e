"""How the rows of a table are judged, and what is kept of a transaction line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from features.timeline import MONEY_UNIT

SMALLEST_AMOUNT = 1 / MONEY_UNIT
"""The smallest amount that is told from 0."""

TOO_SMALL = SMALLEST_AMOUNT / 2
"""Amounts up to it are rounded to 0 when they are read."""

EARLIEST_PLAUSIBLE = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
"""Moments before it are hardly ever a sale that a computer kept."""


@dataclass(frozen=True)
class ReadingRules:
    """How rows are judged and lines kept: the calendar, what counts as value, what is past.

    Attributes
    ----------
    timezone
        Zone in which the business's days begin.
    margin
        Value is amount less cost.
    now
        The present, timezone-aware; later than a day after it is the future, for clocks differ.
    """

    timezone: str
    margin: bool
    now: dt.datetime

    def count_odd_moments(self) -> list[pl.Expr]:
        """Return how many timestamps are too early to be true, and how many lie in the future."""
        moment, limit = pl.col("timestamp"), self.now + dt.timedelta(days=1)
        early = (moment < EARLIEST_PLAUSIBLE).sum().alias("timestamp\0early")
        return [early, (moment > limit).sum().alias("timestamp\0late")]

    def columns(self, schema: pl.Schema) -> list[pl.Expr]:
        """Return what is kept of a line: `day`, `amount`, `value`, `bought`, `order` and `order_id`.

        `order` tells orders apart as the history does, within a customer: by the id where there is one, else
        by the calendar day. `order_id` is the id's hash alone, null without one.
        """
        amount = pl.col("amount")
        cost = pl.col("cost").fill_null(0.0) if self.margin and "cost" in schema else pl.lit(0.0)
        day = pl.col("timestamp").dt.convert_time_zone(self.timezone).dt.date().cast(pl.Int32)
        by_day = pl.struct("customer", day.alias("day")).hash(1)
        order, order_id = by_day, pl.lit(None, pl.UInt64)
        if "order_id" in schema:
            order_id = pl.when(pl.col("order_id").is_not_null()).then(pl.col("order_id").hash(1))
            order = pl.coalesce(order_id ^ pl.col("customer").hash(2), by_day)
        return [
            day.alias("day"),
            amount,
            (amount - cost).alias("value"),
            (amount > TOO_SMALL).alias("bought"),
            order.alias("order"),
            order_id.alias("order_id"),
        ]
