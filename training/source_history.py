"""From a project's settings to the history of its customers up to a moment."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from features.clock import to_microseconds
from features.dialect import Dialect, learn_dialect
from features.errors import ConfigError, DataError
from features.history import History
from features.sources import reading
from features.table_history import build_history
from features.tables import Tables, scan_tables
from features.timeline import FloatArray
from models.settings import Settings
from training.arrivals import find_latecomers, read_signups
from training.wording import count

logger = logging.getLogger(__name__)
_DAY = dt.timedelta(days=1)
_MOST_GAP = 0.25  # of a horizon
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class SourceHistory:
    """The history of a project's customers up to a moment.

    Attributes
    ----------
    tables : Tables
        Cut at `as_of`.
    dialect : Dialect
    history : History
    as_of : datetime
        With a zone; nothing at or after it was read.
    """

    tables: Tables
    dialect: Dialect
    history: History
    as_of: dt.datetime

    @property
    def moment(self) -> int:
        """`as_of` in microseconds since 1970 UTC."""
        return to_microseconds(self.as_of)

    @property
    def newest(self) -> dt.datetime:
        """When the newest line is of."""
        return to_moment(int(self.history.purchases.timeline.time.max()))

    def digest(self) -> str:
        """Return a hash of what is known: the same for the same data, in whatever files and order."""
        purchases = self.history.purchases
        timeline, details = purchases.timeline, purchases.details
        content = hashlib.sha256("\n".join(self.history.ids).encode())
        for array in (timeline.offsets, timeline.time, timeline.totals, details.totals):
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()

    def read_signups(self) -> FloatArray:
        """Return when each customer of the history signed up, in microseconds since 1970 UTC.

        Returns
        -------
        float64 array, shape (customers,)
            -inf for who has no date: they were there all along.
        """
        ids = self.history.ids.alias("customer_id").to_frame()
        if self.tables.customers is None:
            return np.full(len(ids), -np.inf)
        told = read_signups(self.tables.customers, self.dialect.timezone)
        known = ids.join(told, on="customer_id", how="left", maintain_order="left")["signed_up"]
        return known.to_physical().cast(pl.Float64).fill_null(-np.inf).to_numpy()

    @cached_property
    def lines(self) -> int:
        """The number of lines before `as_of`; the table is read once for it."""
        return int(self.tables.transactions.select(pl.len()).collect().item())


def read_history(
    settings: Settings, as_of: dt.datetime | None = None, dialect: Dialect | None = None
) -> SourceHistory:
    """Read a project's tables.

    Parameters
    ----------
    settings : Settings
    as_of : datetime, optional
        With a zone; by default the midnight, in the project's zone, after the newest line.
    dialect : Dialect, optional
        Of the model that is to score; learned from the tables by default.

    Raises
    ------
    DataError
        When there is no line before `as_of`.
    """
    timezone = settings.project.timezone
    tables = scan_tables(settings.tables, timezone)
    with reading(settings.tables.transactions.source):
        if as_of is None:
            as_of = _midnight_after(tables.transactions, timezone)
        tables = cut_tables(tables, as_of, timezone)
        if dialect is None:
            dialect = learn_dialect(
                tables,
                timezone=timezone,
                margin=settings.target.value == "margin",
                by_seller=settings.target.by_seller,
                values=settings.dimensions.values,
            )
        history = build_history(tables, dialect)
    if not len(history.purchases.timeline.time):
        raise DataError("transactions", [f"there is no line before {as_of:%Y-%m-%d %H:%M}; check as_of"])
    return SourceHistory(tables, dialect, history, as_of)


def check_newest(source: SourceHistory, horizon_days: int) -> None:
    """See that the lines reach up to the moment: a horizon without any says nothing of the customers.

    Raises
    ------
    DataError
        When the newest line is more than a horizon old; from a quarter of one on it is a warning.
    """
    newest, as_of = source.newest, source.as_of
    gap = (as_of - newest).days
    text = f"the newest line is of {newest:%Y-%m-%d}, {count(gap, 'day')} before {as_of:%Y-%m-%d}"
    if gap > horizon_days:
        raise DataError(
            "transactions",
            [f"{text}, so that all would seem to have left; leave --as-of out, or add the newer lines"],
        )
    if gap > _MOST_GAP * horizon_days:
        logger.warning(
            "%s; whoever ordered in between seems to have left: leave --as-of out unless nobody did", text
        )


def read_moment(text: str | None, timezone: str) -> dt.datetime | None:
    """Return the moment that ISO 8601 text means, in the project's zone where it names none.

    Raises
    ------
    ConfigError
        When it is not ISO 8601.

    Examples
    --------
    >>> read_moment("2026-01-31", "UTC").isoformat()
    '2026-01-31T00:00:00+00:00'
    """
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--as-of {text!r}: expected ISO 8601, such as 2026-01-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))


def to_moment(microseconds: int) -> dt.datetime:
    """Return a moment that is given in microseconds since 1970 UTC."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def cut_tables(tables: Tables, as_of: dt.datetime, timezone: str = "UTC") -> Tables:
    """Return the tables without rows at or after a moment, and without customers who came only then."""
    customers = tables.customers
    if customers is not None:
        late = find_latecomers(tables, as_of, timezone)
        customers = customers.filter(~pl.col("customer_id").is_in(late.implode())) if len(late) else customers
    as_of = as_of.astimezone(dt.UTC)  # as the tables' moments are; polars compares only equal zones

    def before(table: pl.LazyFrame | None) -> pl.LazyFrame | None:
        return None if table is None else table.filter(pl.col("timestamp") < as_of)

    transactions = tables.transactions.filter(pl.col("timestamp") < as_of)
    return Tables(transactions, customers, before(tables.events), before(tables.contacts))


def _midnight_after(transactions: pl.LazyFrame, timezone: str) -> dt.datetime:
    newest = transactions.select(pl.col("timestamp").max().dt.convert_time_zone(timezone)).collect().item()
    if newest is None:
        raise DataError("transactions", ["there is no line to learn from"])
    day: dt.datetime = newest.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + _DAY
