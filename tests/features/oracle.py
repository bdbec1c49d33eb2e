"""Every feature once more, in plain Python over raw rows: naive, and independent of how the product counts.

Nothing of the product is used here. A window is a list that is filtered anew, an order is an entry of a
dictionary, money is a `Decimal`. What can't be known is NaN.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from statistics import pstdev
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Rows = Sequence[Row]

HORIZONS = {"h1_4": 0.25, "h1_2": 0.5, "h1": 1.0, "h2": 2.0, "h4": 4.0, "ever": math.inf}
RECENT = ("h1", "ever")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SEASON_YEAR = Decimal("365.2425")


@dataclass(frozen=True)
class Business:
    """What holds for all customers: days begin in `zone`; `values` are ``column:text``."""

    zone: str = "UTC"
    margin: bool = False
    values: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    categories: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def learn_business(customers: Rows, events: Rows, **known: Any) -> Business:
    """Return the kinds that occur, and codes of attributes' texts by frequency.

    Texts that fewer than ten customers share have one code, if ten have any of them.
    """
    categories = {}
    for name in customers[0] if customers else ():
        counts = Counter(row[name] for row in customers if row[name] is not None)
        if name != "customer_id" and all(isinstance(text, str) for text in counts):
            common = [(text, n) for text, n in counts.items() if n >= 10]
            common.sort(key=lambda pair: (-pair[1], pair[0]))
            codes = {text: code for code, (text, _) in enumerate(common[:100])}
            others = {text: len(codes) for text in counts if text not in codes}
            enough = sum(counts[text] for text in others) >= 10
            categories[name] = codes | others if enough else codes
    return Business(kinds=frozenset(row["kind"] for row in events), categories=categories, **known)


@cache
def exact(figure: float | None) -> Decimal:
    """Return money to the ten-thousandth; an unknown figure counts as nothing."""
    return Decimal(0) if figure is None else Decimal(repr(figure)).quantize(Decimal("0.0001"))


def total(rows: Iterable[Row], column: str) -> Decimal:
    return sum((exact(row[column]) for row in rows), Decimal(0))


def per(a: float | Decimal, b: float | Decimal) -> float:
    """Return a / b; NaN where that is not a number."""
    a, b = float(a), float(b)
    return a / b if b else math.nan


class Past:
    """One customer's rows before `as_of`, and simple questions about them."""

    def __init__(
        self,
        transactions: Rows,
        events: Rows,
        contacts: Rows,
        attributes: Row,
        as_of: dt.datetime,
        horizon_days: int,
        business: Business,
    ) -> None:
        def earlier(rows: Rows) -> list[Row]:
            return sorted((row for row in rows if row["timestamp"] < as_of), key=lambda row: row["timestamp"])

        self.as_of, self.horizon_days, self.business = as_of, horizon_days, business
        self.lines, self.events = earlier(transactions), earlier(events)
        self.contacts = [row for row in earlier(contacts) if row.get("treated") is not False]
        self.attributes = attributes
        self._firsts: dict[str, Rows] = {}
        self._within: dict[tuple[int, str], tuple[Rows, Rows]] = {}
        self.bought = [row for row in self.lines if row["amount"] > 0]
        self.returns = [row for row in self.lines if row["amount"] < 0]
        self.zone = ZoneInfo(business.zone)

    def within(self, rows: Rows, window: str) -> Rows:
        if window == "ever":
            return rows
        start = self.as_of - HORIZONS[window] * self.horizon_days * DAY
        key = (id(rows), window)
        if key not in self._within:  # the rows are kept beside, so that no others get their id
            self._within[key] = rows, [row for row in rows if row["timestamp"] >= start]
        return self._within[key][1]

    def year_ago(self, rows: Rows) -> Rows:
        start = self.as_of - 365 * DAY
        return [row for row in rows if start <= row["timestamp"] < start + self.horizon_days * DAY]

    def days_since(self, moment: dt.datetime | None) -> float:
        return math.nan if moment is None else (self.as_of - moment) / DAY

    def day(self, row: Row) -> int:
        moment: dt.datetime = row["timestamp"]
        return (moment.astimezone(self.zone).date() - EPOCH.date()).days

    @cached_property
    def orders(self) -> list[dict[str, Any]]:
        """Orders with a purchase: when it began, and what it came to."""
        found: dict[object, dict[str, Any]] = {}
        for row in self.bought:
            name = row.get("order_id")
            key = ("id", name) if name is not None else ("day", self.day(row))
            order = found.setdefault(key, {"timestamp": row["timestamp"], "worth": Decimal(0)})
            order["worth"] += exact(row["amount"])
        return list(found.values())

    @cached_property
    def by_day(self) -> dict[int, dict[str, Any]]:
        """Days with a purchase, in their order: when the first was, and what was spent."""
        found: dict[int, dict[str, Any]] = {}
        for row in self.bought:
            day = found.setdefault(self.day(row), {"timestamp": row["timestamp"], "spent": Decimal(0)})
            day["spent"] += exact(row["amount"])
        return found

    @cached_property
    def days(self) -> list[dict[str, Any]]:
        return list(self.by_day.values())

    @cached_property
    def gaps(self) -> list[int]:
        return [after - before for before, after in pairwise(self.by_day)]

    def day_from_last(self, number: int) -> float:
        return self.days_since(self.days[-number]["timestamp"]) if len(self.days) >= number else math.nan

    def firsts(self, column: str, window: str = "ever") -> int:
        """Count the texts of a column that were bought for the first time within a window."""
        if column not in self._firsts:
            found: dict[str, Row] = {}
            for row in self.chosen:
                if row[column] is not None:
                    found.setdefault(row[column], row)
            self._firsts[column] = list(found.values())
        return len(self.within(self._firsts[column], window))

    def value(self, rows: Rows) -> Decimal:
        return total(rows, "amount") - (total(rows, "cost") if self.business.margin else 0)

    def gross(self, window: str = "ever") -> Decimal:
        return total(self.within(self.bought, window), "amount")

    def n_orders(self, window: str = "ever") -> int:
        return len(self.within(self.orders, window))

    def n_lines(self, window: str = "ever") -> int:
        return len(self.within(self.lines, window))

    @property
    def chosen(self) -> Rows:
        """Return the lines that are no returns."""
        return [row for row in self.lines if row["amount"] >= 0]

    def n_chosen(self, window: str = "ever") -> int:
        return len(self.within(self.chosen, window))

    def quantity(self, window: str = "ever") -> Decimal:
        return total(self.within(self.bought, window), "quantity")

    def returned(self, window: str = "ever") -> Decimal:
        return -total(self.within(self.returns, window), "amount")

    def sales(self, window: str) -> Decimal:
        return self.gross(window) - self.returned(window)

    def margin(self, window: str) -> Decimal:
        return self.sales(window) - total(self.within(self.lines, window), "cost")

    def off(self, window: str) -> Decimal:
        return total(self.within(self.lines, window), "discount")

    def discounted(self, window: str) -> int:
        return sum(exact(row["discount"]) > 0 for row in self.within(self.lines, window))

    def off_rate(self, window: str) -> float:
        return per(self.off(window), self.gross(window) + self.off(window))

    def n_events(self, kind: str, window: str = "ever") -> float:
        found = [row for row in self.within(self.events, window) if row["kind"] == kind]
        return len(found) if kind in self.business.kinds else math.nan

    def any_of(self, *kinds: str) -> int:
        return sum(row["kind"] in kinds for row in self.events)

    def score(self, kind: str) -> float:
        scores = [
            exact(row["value"]) for row in self.events if row["kind"] == kind and row["value"] is not None
        ]
        return per(sum(scores), len(scores))

    def answers(self, window: str = "ever") -> int:
        """Count days whose first purchase came within 14 days after a contact."""
        contacts = [row["timestamp"] for row in self.contacts]
        days = [day["timestamp"] for day in self.within(self.days, window)]
        return sum(any(contact < day <= contact + 14 * DAY for contact in contacts) for day in days)

    def fits(self, window: str = "ever") -> int:
        pairs = [entry.split(":", 1) for entry in self.business.values if ":" in entry]
        return sum(any(row[name] == text for name, text in pairs) for row in self.within(self.chosen, window))

    @cached_property
    def last_order(self) -> float:
        return self.days_since(self.bought[-1]["timestamp"] if self.bought else None)

    @cached_property
    def tenure(self) -> float:
        return self.days_since(self.bought[0]["timestamp"] if self.bought else None)

    def usual(self, figure: float | Decimal) -> float:
        """Return what a total of all time is for one horizon; nobody is younger than one horizon."""
        lived = max(self.tenure, self.horizon_days) if self.bought else self.horizon_days
        return float(figure) * (self.horizon_days / lived)

    @cached_property
    def mean_gap(self) -> float:
        return per(sum(self.gaps), len(self.gaps))

    @cached_property
    def gap_sd(self) -> float:
        return pstdev(self.gaps) if len(self.gaps) > 1 else math.nan

    @cached_property
    def logs(self) -> list[float]:
        return [math.log(order["worth"]) for order in self.orders]

    @cached_property
    def season(self) -> tuple[float, float]:
        """Sum of the directions of order days around the year, to the day."""
        angles = [2 * math.pi * int(Decimal(day) % SEASON_YEAR) / float(SEASON_YEAR) for day in self.by_day]
        return math.fsum(map(math.cos, angles)), math.fsum(map(math.sin, angles))

    def alignment(self) -> float:
        middle = (self.as_of - EPOCH) / DAY + self.horizon_days / 2
        angle = 2 * math.pi * middle / float(SEASON_YEAR)
        return per(self.season[0] * math.cos(angle) + self.season[1] * math.sin(angle), len(self.days))

    def after_a_year(self, figure: float | Decimal) -> float:
        return float(figure) if self.tenure >= 365 else math.nan

    def attribute(self, name: str) -> float:
        known = self.attributes.get(name)
        if known is None:
            return math.nan
        if name in self.business.categories:
            return self.business.categories[name].get(known, math.nan)
        if isinstance(known, dt.date):
            moment = dt.datetime(known.year, known.month, known.day, tzinfo=dt.UTC)
            return self.days_since(moment) if moment < self.as_of else math.nan
        return float(known)


def compare(now: float | Decimal, before: float | Decimal) -> float:
    return per(float(now) - float(before), float(now) + float(before))


Answer = Callable[[Past], "float | Decimal"]
