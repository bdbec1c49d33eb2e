"""The overview's figures once more, in plain loops over rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]


def local_day(row: Row, zone: str) -> dt.date:
    day: dt.date = row["timestamp"].astimezone(ZoneInfo(zone)).date()
    return day


def find_orders(lines: list[Row], zone: str) -> dict[tuple[str, str], dt.date]:
    """Return the day on which each order of a customer is placed."""
    placed: dict[tuple[str, str], dt.date] = {}
    for row in lines:
        day = local_day(row, zone)
        key = (row["customer_id"], row.get("order_id") or str(day))
        if row["amount"] > 0:
            placed[key] = min(day, placed.get(key, day))
    return placed


def sum_value(lines: list[Row], zone: str, start: dt.date, end: dt.date) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for row in lines:
        if start <= local_day(row, zone) < end:
            sums[row["customer_id"]] += row["amount"]
    return sums


def days_of(placed: dict[tuple[str, str], dt.date]) -> dict[str, list[dt.date]]:
    """Return the days of each customer's orders, in order."""
    days: dict[str, list[dt.date]] = defaultdict(list)
    for (customer, _), day in placed.items():
        days[customer].append(day)
    return {customer: sorted(each) for customer, each in days.items()}
