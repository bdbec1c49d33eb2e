"""What changed in a customer's score between two publications, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.overview import CustomerDetail
from models.predictions import find_next_order
from models.score_store.publication import Publication
from serving.console.wording import NOTHING, clean, count, day, money, percent, sentence

_AMOUNTS = {
    "expected_value": "Expected value",
    "trailing_value": "Brought in the last period",
    "upgrade_gap": "Short of valued",
}


@dataclass(frozen=True)
class Change:
    """A figure before and now; `difference` is empty where none can be told."""

    name: str
    before: str
    now: str
    difference: str
    changed: bool


def list_changes(before: Mapping[str, Any], now: Mapping[str, Any], currency: str) -> list[Change]:
    """Return what a person compares, in the order in which it is shown above."""
    return [
        *_compare_money(before, now, currency),
        *_compare_chances(before, now),
        *_compare_words(before, now),
        _compare_next_order(before, now),
        *_compare_reasons(before, now, currency),
    ]


def find_end_day(publication: Publication) -> dt.date | None:
    """Return the first day, in the business's time zone, that a publication knows nothing of."""
    day = publication.overview.get("end_day")
    return None if day is None else dt.date.fromisoformat(day)


def say_since(detail: CustomerDetail, since: dt.date, currency: str) -> str:
    """Return what happened from a day on, in a sentence; as far back as the timeline goes.

    Examples
    --------
    >>> day = dt.date(2024, 3, 9)
    >>> told = {"day": [day], "kind": ["order"], "words": [""], "money": [12.5], "count": [3]}
    >>> say_since(CustomerDetail(happenings=1, timeline=told), day, "EUR")
    'Since then 1 order, €12.50 together; no contact.'
    >>> say_since(CustomerDetail(), day, "EUR")
    'Since then no order; no contact.'
    """
    timeline = detail.timeline
    rows = zip(timeline.day, timeline.kind, timeline.money, strict=True)
    later = [(kind, worth or 0.0) for when, kind, worth in rows if when >= since]
    orders = [worth for kind, worth in later if kind == "order"]
    returns = [worth for kind, worth in later if kind == "return"]
    contacts = sum(kind == "contact" for kind, _ in later)
    words = (
        f"{count(len(orders), 'order')}, {money(sum(orders), currency)} together" if orders else "no order"
    )
    if returns:
        words += f"; {count(len(returns), 'return')} of {money(-sum(returns), currency)}"
    if timeline.day and timeline.day[0] >= since and detail.happenings > len(timeline.day):
        words = f"at least {words}"
    return f"Since then {words}; {count(contacts, 'contact') if contacts else 'no contact'}."


def _compare_money(before: Mapping[str, Any], now: Mapping[str, Any], currency: str) -> Iterator[Change]:
    for name, words in _AMOUNTS.items():
        old, new = before.get(name), now.get(name)
        difference = "" if old is None or new is None else money(new - old, currency, signed=True)
        changed = money(old, currency) != money(new, currency)
        yield Change(
            words, money(old, currency), money(new, currency), difference if changed else "", changed
        )


def _compare_chances(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name, words in (("churn_probability", "Churn"), ("upgrade_probability", "Upgrade")):
        old, new = before.get(name), now.get(name)
        changed = percent(old) != percent(new)
        difference = ""
        if changed and old is not None and new is not None:
            points = 100 * (new - old)
            difference = f"{'+' if points > 0 else '−'}{count(round(abs(points), 1))} points"
        yield Change(words, percent(old), percent(new), difference, changed)


def _compare_words(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in ("tier", "current_tier", "segment", "evidence", "action"):
        old, new = (str(row.get(name) or NOTHING) for row in (before, now))
        if name != "action":
            old, new = clean(old), clean(new)
        yield Change(clean(name), old, new, "", old != new)


def _compare_next_order(before: Mapping[str, Any], now: Mapping[str, Any]) -> Change:
    old, new = (day(find_next_order(row)) for row in (before, now))
    return Change("Next order", old, new, "", old != new)


def _compare_reasons(before: Mapping[str, Any], now: Mapping[str, Any], currency: str) -> Iterator[Change]:
    reasons = [(row.get("reasons") or {}).get("value") or [] for row in (before, now)]
    if all(reasons):
        old, new = (sentence(told[0]["text"], currency) for told in reasons)
        yield Change("Strongest reason", old, new, "", old != new)
