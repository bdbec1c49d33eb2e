"""Upgrade candidates: whom to contact so that volume becomes value, and what a budget buys.

The command calls `choose_candidates`, the service `choose_ranked` on customers that are in order already: the
rules are the same, and so are the lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

import polars as pl

from features.errors import ConfigError, suggest
from models.consent import read_consent
from models.segments import SEGMENTS

_REQUIRED = ("customer_id", "upgrade_probability", "upgrade_value")
_SHOWN = 12

CANDIDATE_SEGMENTS = tuple(segment for segment in SEGMENTS if segment != "valued")
"""Segments that candidates may be of: who is valued has nothing to be upgraded to."""


@dataclass(frozen=True)
class Wanted:
    """Which candidates are wanted, and how many; everything is optional.

    Attributes
    ----------
    min_probability : float
        Least `upgrade_probability`, 0 to 1.
    seller_id, region, channel, segment : str, optional
        Only candidates of this one. `channel` is the one to reach them by.
    not_contacted_days : float, optional
        Only candidates that were not contacted for so many days, or never (`days_since_last_contact`).
    limit : int, optional
        At most so many.
    budget, cost_per_contact : float, optional
        Money to spend, and what one contact costs; a budget needs the cost.

    Raises
    ------
    ConfigError
        When a value is out of its range, no candidate can be of the segment, or a budget comes without its
        cost.
    """

    min_probability: float = 0.0
    seller_id: str | None = None
    region: str | None = None
    channel: str | None = None
    segment: str | None = None
    not_contacted_days: float | None = None
    limit: int | None = None
    budget: float | None = None
    cost_per_contact: float | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not 0 <= self.min_probability <= 1:
            raise ConfigError(f"min_probability is {self.min_probability:g}, expected 0 to 1")
        for name in ("not_contacted_days", "limit", "budget"):
            found = getattr(self, name)
            if found is not None and not (found >= 0 and math.isfinite(found)):
                raise ConfigError(f"{name} is {found:g}, expected 0 or more")
        cost = self.cost_per_contact
        if cost is not None and not (cost > 0 and math.isfinite(cost)):
            raise ConfigError(f"cost_per_contact is {cost:g}, expected more than 0")
        if self.budget is not None and cost is None:
            raise ConfigError("budget needs cost_per_contact: what one contact costs")
        if self.segment is not None and self.segment not in CANDIDATE_SEGMENTS:
            raise ConfigError(_refuse_segment(self.segment))

    @property
    def most(self) -> int | None:
        """How many candidates limit and budget allow, counted in exact money; None is any number."""
        if self.budget is None or self.cost_per_contact is None:
            return self.limit
        affordable = int((_money(self.budget) / _money(self.cost_per_contact)).to_integral_value(ROUND_DOWN))
        # The quotient is rounded to 28 digits, which may lift it to the next whole contact.
        affordable -= affordable * _money(self.cost_per_contact) > _money(self.budget)
        return affordable if self.limit is None else min(self.limit, affordable)


@dataclass(frozen=True)
class Summary:
    """What contacting the candidates costs, and what is expected of them, whether they are contacted or not.

    Attributes
    ----------
    eligible : int
        Customers that fit, before limit and budget.
    contacts : int
        Candidates on the list.
    cost : float or None
        What contacting them costs, in money; None when no cost was given.
    expected_upgrades : float
        Sum of their `upgrade_probability`.
    expected_value : float
        Sum of their `priority`, in money.
    in_vain : float
        Candidates who are expected not to upgrade.
    """

    eligible: int
    contacts: int
    cost: float | None
    expected_upgrades: float
    expected_value: float
    in_vain: float


@dataclass(frozen=True)
class Candidates:
    """The list, by falling priority, and what it comes to."""

    customers: pl.DataFrame
    summary: Summary


def choose_candidates(scores: pl.DataFrame, wanted: Wanted | None = None) -> Candidates:
    """Choose whom to contact.

    Candidates are customers that are not valued yet (`upgrade_probability` is known), whose upgrade would
    bring something, and whose attributes don't say no (`models.consent`). They are ordered by `priority`,
    `upgrade_probability * upgrade_value`; the higher probability, then the id decide between equals.

    Parameters
    ----------
    scores : DataFrame
        One row a customer with `customer_id`, `upgrade_probability` and `upgrade_value`, and the columns that
        are filtered by. Any column known to `models.consent` is heeded.
    wanted : Wanted, optional

    Raises
    ------
    ConfigError
        When the scores lack a column that is needed.

    Examples
    --------
    >>> scores = pl.DataFrame(
    ...     {"customer_id": ["a", "b"], "upgrade_probability": [0.5, 0.1], "upgrade_value": [100.0, 900.0]}
    ... )
    >>> found = choose_candidates(scores, Wanted(budget=5, cost_per_contact=4))
    >>> found.customers["customer_id"].to_list(), found.summary.expected_value
    (['b'], 90.0)
    """
    wanted = wanted or Wanted()
    fitting = _filter(_find_able(scores), wanted)
    return _take(_order(fitting), len(fitting), wanted)


def rank_candidates(scores: pl.DataFrame) -> pl.DataFrame:
    """Return all who may be contacted at all, with their `priority`, the first to contact first."""
    return _order(_find_able(scores)).collect()


def choose_ranked(ranked: pl.DataFrame, wanted: Wanted) -> Candidates:
    """Choose as `choose_candidates` does, among customers whom `rank_candidates` put in order already."""
    fitting = _filter(ranked, wanted)
    return _take(fitting.lazy(), len(fitting), wanted)


def _find_able(scores: pl.DataFrame) -> pl.DataFrame:
    _check_columns(scores, _REQUIRED)
    probability, value = pl.col("upgrade_probability"), pl.col("upgrade_value")
    return (
        scores.filter(read_consent(scores).fill_null(value=True))
        .with_columns(priority=probability * value)
        .filter(pl.col("priority") > 0, pl.col("priority").is_finite())
    )


def _order(able: pl.DataFrame) -> pl.LazyFrame:
    """Return candidates in order, lazily: a sort of which the head is taken is partial."""
    ties = [name for name in ("customer_id", "seller_id") if name in able.columns]
    falling = [True, True, *(False for _ in ties)]
    return able.lazy().sort(["priority", "upgrade_probability", *ties], descending=falling)


def _take(ordered: pl.LazyFrame, eligible: int, wanted: Wanted) -> Candidates:
    chosen = ordered.head(eligible if wanted.most is None else wanted.most).collect().rechunk()
    return Candidates(chosen, _summarise(chosen, eligible, wanted.cost_per_contact))


def check_known(scores: pl.DataFrame, wanted: Wanted, channels: Iterable[str] = ()) -> None:
    """Refuse a seller, region or channel that no customer has: it is mistyped more often than meant.

    Parameters
    ----------
    scores : DataFrame
        All customers, as for `choose_candidates`.
    wanted : Wanted
    channels : iterable of str
        Channels that are known although nobody is reached by them.

    Raises
    ------
    ConfigError
        With what there is, or the nearest of it.
    """
    for name, others in (("seller_id", ()), ("region", ()), ("channel", channels)):
        value = getattr(wanted, name)
        if value is None:
            continue
        if name == "seller_id" and name not in scores.columns:
            raise ConfigError(f"{name} {value!r}: target.by_seller is not set, no seller is told apart")
        _check_columns(scores, (name,))
        known = sorted({*scores[name].drop_nulls().unique().to_list(), *others})
        if value not in known:
            raise ConfigError(f"{name} {value!r}: no customer has it{_name_known(name, value, known)}")


def _refuse_segment(segment: str) -> str:
    choice = f"; there are {', '.join(CANDIDATE_SEGMENTS)}"
    if segment in SEGMENTS:
        return f"segment {segment!r}: who is valued already is no candidate{choice}"
    return f"unknown segment {segment!r}{suggest(segment, CANDIDATE_SEGMENTS) or choice}"


def _name_known(name: str, value: str, known: Sequence[str]) -> str:
    if not known:
        return f", for none is known; map a column to {name}"
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return suggest(value, known) or f"; known are {', '.join(known[:_SHOWN])}{more}"


def _filter(scores: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    conditions = [pl.col("upgrade_probability") >= wanted.min_probability]
    for name in ("seller_id", "region", "channel", "segment"):
        value = getattr(wanted, name)
        if value is not None:
            _check_columns(scores, (name,))
            conditions.append(pl.col(name) == value)
    if wanted.not_contacted_days is not None:
        _check_columns(scores, ("days_since_last_contact",))
        days = pl.col("days_since_last_contact").fill_nan(None)
        conditions.append(days.is_null() | (days >= wanted.not_contacted_days))
    return scores.filter(conditions)


def _summarise(chosen: pl.DataFrame, eligible: int, cost_per_contact: float | None) -> Summary:
    contacts = len(chosen)
    upgrades = float(chosen["upgrade_probability"].sum())
    cost = None if cost_per_contact is None else float(contacts * _money(cost_per_contact))
    return Summary(eligible, contacts, cost, upgrades, float(chosen["priority"].sum()), contacts - upgrades)


def _check_columns(scores: pl.DataFrame, names: Sequence[str]) -> None:
    missing = [repr(name) for name in names if name not in scores.columns]
    if missing:
        raise ConfigError(
            f"the scores have no column {', '.join(missing)}, found {', '.join(scores.columns)}"
        )


def _money(amount: float) -> Decimal:
    """Return the amount that was written, 0.1 for 0.1."""
    return Decimal(repr(float(amount)))
