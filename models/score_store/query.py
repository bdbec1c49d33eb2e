"""What a list of customers may ask, and the page that answers it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from features.errors import ConfigError, suggest
from models.score_store.publication import Publication

FILTERS = ("tier", "current_tier", "segment", "evidence", "seller_id", "region", "channel", "action")
"""Columns that a list may be filtered by, one value each."""

RANGES = ("expected_value", "churn_probability", "upgrade_probability")
"""Columns that a list may be filtered by with `min_…` and `max_…`, both included."""

SortColumn = Literal[
    "customer_id",
    "expected_value",
    "expected_orders",
    "next_order_date",
    "churn_probability",
    "upgrade_probability",
    "upgrade_gap",
    "upgrade_value",
    "priority",
    "trailing_value",
    "value_percentile",
    "best_customer_score",
    "days_since_last_contact",
]
SORTS: tuple[str, ...] = get_args(SortColumn)
"""Columns that a list may be sorted by."""

MOST = 1000
"""Customers on a page at most."""


@dataclass(frozen=True)
class CustomerQuery:
    """Which customers, in which order; everything is optional.

    Attributes
    ----------
    tier, current_tier, segment, evidence, seller_id, region, channel, action : str, optional
        Only customers of this one. A value that nobody has finds nobody.
    min_expected_value, max_expected_value : float, optional
        Bounds, included; customers without the figure are left out. So with the two probabilities.
    min_churn_probability, max_churn_probability : float, optional
    min_upgrade_probability, max_upgrade_probability : float, optional
    sort : str
        One of `SORTS`. Customers without the figure come last, equals are ordered by id and seller.
    descending : bool
        Largest first.
    limit : int
        Customers a page, 1 to 1000.
    cursor : str, optional
        `Page.next_cursor` of the page before; the rest of the query has to be the same.

    Raises
    ------
    ConfigError
        When a value is out of its range or the column to sort by is unknown.
    """

    tier: str | None = None
    current_tier: str | None = None
    segment: str | None = None
    evidence: str | None = None
    seller_id: str | None = None
    region: str | None = None
    channel: str | None = None
    action: str | None = None
    min_expected_value: float | None = None
    max_expected_value: float | None = None
    min_churn_probability: float | None = None
    max_churn_probability: float | None = None
    min_upgrade_probability: float | None = None
    max_upgrade_probability: float | None = None
    sort: str = "expected_value"
    descending: bool = True
    limit: int = 100
    cursor: str | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.sort not in SORTS:
            known = suggest(self.sort, SORTS) or f"; known are {', '.join(SORTS)}"
            raise ConfigError(f"cannot sort by {self.sort!r}{known}")
        if not 1 <= self.limit <= MOST:
            raise ConfigError(f"limit is {self.limit}, expected 1 to {MOST}")
        for name in RANGES:
            for bound in (f"min_{name}", f"max_{name}"):
                found = getattr(self, bound)
                if found is not None and math.isnan(found):
                    raise ConfigError(f"{bound} is not a number")


@dataclass(frozen=True)
class Page:
    """A part of a list.

    Attributes
    ----------
    customers : list of dict
        Rows of the publication, in order.
    next_cursor : str or None
        For the page after this one; None on the last.
    total : int
        Customers that fit the query, on all pages together.
    publication : Publication
        Which one the rows are of.
    """

    customers: list[dict[str, Any]]
    next_cursor: str | None
    total: int
    publication: Publication
