"""What to focus on: keeping valued customers, turning volume customers into valued ones, or both.

Two sums of money over the same horizon are compared, each over customers that may be contacted:

- *value at risk*: what valued customers brought over the trailing period, times their probability of churn;
- *upgrade potential*: what upgrades of volume customers would bring, times their probability (`priority`).

The larger one is the focus. Where the smaller is at least half of the larger, the difference is less than
what such sums are sure of, and the focus is both.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from models.consent import read_consent
from models.score_store.summary import Focus

BOTH_WITHIN = 0.5
"""The smaller sum's share of the larger one from which on the focus is both."""


def choose_focus(scores: pl.DataFrame, currency: str) -> Focus:
    """Return whom to look after first, and why.

    Parameters
    ----------
    scores : DataFrame
        With `segment`, `trailing_value`, `expected_value`, `churn_probability`, `upgrade_probability` and
        `priority`.
    currency : str
        For the sentences.

    Examples
    --------
    >>> scores = pl.DataFrame({
    ...     "segment": ["valued", "volume"],
    ...     "trailing_value": [900.0, 100.0], "expected_value": [800.0, 120.0],
    ...     "churn_probability": [0.5, 0.1], "priority": [None, 40.0], "upgrade_probability": [None, 0.2],
    ... })
    >>> choose_focus(scores, "EUR").choice
    'valued'
    """
    reachable = scores.filter(read_consent(scores).fill_null(value=True))
    valued = reachable.filter(segment="valued")
    volume = reachable.filter(segment="volume")
    at_risk = _sum(valued, pl.col("trailing_value").clip(0) * pl.col("churn_probability"))
    potential = _sum(volume, pl.col("priority").clip(0))
    return Focus(
        choice=_choose(at_risk, potential),
        value_at_risk=at_risk,
        upgrade_potential=potential,
        grounds=(
            _tell_valued(scores, valued, at_risk, currency),
            _tell_volume(scores, volume, potential, currency),
            _compare(at_risk, potential),
        ),
    )


def _choose(at_risk: float, potential: float) -> Literal["valued", "volume", "both"]:
    if min(at_risk, potential) >= BOTH_WITHIN * max(at_risk, potential):
        return "both"
    return "valued" if at_risk > potential else "volume"


def _tell_valued(scores: pl.DataFrame, reachable: pl.DataFrame, at_risk: float, currency: str) -> str:
    valued = scores.filter(segment="valued")
    brought, expected = (_sum(valued, pl.col(name)) for name in ("trailing_value", "expected_value"))
    of_all = _sum(scores, pl.col("trailing_value").clip(0))
    return (
        f"{len(valued):,} valued customers ({_share(len(valued), len(scores))}) brought {currency}"
        f" {brought:,.0f}, {_share(brought, of_all)} of all value, and are expected to bring {currency}"
        f" {expected:,.0f} next; {currency} {at_risk:,.0f} is at risk of leaving with the {len(reachable):,}"
        " that may be contacted."
    )


def _tell_volume(scores: pl.DataFrame, reachable: pl.DataFrame, potential: float, currency: str) -> str:
    volume = scores.filter(segment="volume")
    upgrades = _sum(reachable, pl.col("upgrade_probability"))
    digits = 0 if upgrades >= 10 else 1
    return (
        f"{len(volume):,} volume customers ({_share(len(volume), len(scores))}) come often but are not valued"
        f" yet; {upgrades:,.{digits}f} upgrades are expected among the {len(reachable):,} that may be"
        f" contacted, worth {currency} {potential:,.0f}."
    )


def _compare(at_risk: float, potential: float) -> str:
    larger, smaller = max(at_risk, potential), min(at_risk, potential)
    if larger <= 0:
        return "Neither is there value at risk nor an upgrade to expect: no focus stands out."
    if smaller >= BOTH_WITHIN * larger:
        return f"The one is {_share(smaller, larger)} of the other: both are worth the effort."
    names = ("what is at risk", "what upgrades would bring")
    first, second = names if at_risk > potential else names[::-1]
    if smaller <= 0:
        return f"{first.capitalize()} stands alone: {second} is nothing."
    return f"{first.capitalize()} is {larger / smaller:,.1f} times {second}."


def _share(part: float, whole: float) -> str:
    return f"{part / whole if whole > 0 else 0:.0%}"


def _sum(customers: pl.DataFrame, amount: pl.Expr) -> float:
    return float(customers.select(amount.sum()).item() or 0.0)
