from __future__ import annotations

import datetime as dt
from typing import Any

from models.predictions import find_next_order
from serving.console.changes import list_changes

_ROW: dict[str, Any] = {
    "expected_value": 100.0, "trailing_value": 80.0, "churn_probability": 0.2, "upgrade_probability": None,
    "tier": "B", "segment": "volume", "evidence": "few_orders", "action": "Write.",
    "as_of": dt.datetime(2024, 5, 1, tzinfo=dt.UTC), "next_order_date": dt.date(2024, 6, 1),
    "reasons": {"value": [{"feature": "a", "text": "many orders"}]},
}  # fmt: skip


def test_what_stays_is_told_apart_from_what_changed() -> None:
    now = _ROW | {"expected_value": 40.5, "churn_probability": 0.45, "tier": "C"}
    changed = {change.name: change for change in list_changes(_ROW, now, "EUR") if change.changed}
    assert changed.keys() == {"Expected value", "Churn", "Tier"}
    assert (changed["Expected value"].before, changed["Expected value"].now) == ("€100.00", "€40.50")
    assert changed["Expected value"].difference == "−€59.50"
    assert changed["Churn"].difference == "+25 points"


def test_what_was_not_known_before_is_no_difference() -> None:
    now = _ROW | {"upgrade_probability": 0.1, "reasons": None, "next_order_date": None}
    changed = {change.name: change for change in list_changes(_ROW, now, "EUR") if change.changed}
    assert changed.keys() == {"Upgrade", "Next order"}
    assert (changed["Upgrade"].before, changed["Upgrade"].now, changed["Upgrade"].difference) == (
        "–",
        "10\xa0%",
        "",
    )


def test_another_strongest_reason_is_told_in_words() -> None:
    now = _ROW | {"reasons": {"value": [{"feature": "b", "text": "large orders"}]}}
    (change,) = [change for change in list_changes(_ROW, now, "EUR") if change.changed]
    assert (change.before, change.now) == ("many orders", "large orders")


def test_an_order_in_ten_years_is_none_in_sight() -> None:
    assert find_next_order(_ROW) == dt.date(2024, 6, 1)
    assert find_next_order(_ROW | {"next_order_date": dt.date(2034, 5, 1)}) is None
