from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl

from features.table_history import build_history
from tests.features.bases import Base, moment

NOON = moment(2024, 5, 1, 12)
AS_OF = moment(2024, 6, 1)
LINES = pl.DataFrame({"customer_id": ["b", "a"], "timestamp": [NOON, NOON], "amount": [1.0, 2.0]})
CUSTOMERS = pl.DataFrame({"customer_id": ["c", "b"], "age": [30, 40]})
EVENTS = pl.DataFrame({"customer_id": ["d", "a"], "timestamp": [NOON, NOON], "kind": ["visit", "visit"]})
CONTACTS = pl.DataFrame(
    {
        "customer_id": ["e", "a", "a", "a"],
        "timestamp": [NOON - dt.timedelta(hours=1)] * 4,
        "campaign_id": ["K"] * 4,
        "treated": [True, None, False, True],
        "cost": [1.0, None, 5.0, 0.5],
    }
)
BASE = Base(LINES, CUSTOMERS, EVENTS, CONTACTS)


def feature(base: Base, name: str) -> dict[str, float]:
    frame = base.read(AS_OF, 90).to_frame(base.history)
    return dict(zip(frame["customer_id"].to_list(), frame[name].to_list(), strict=True))


def test_every_customer_of_every_table_is_there_in_ascending_order() -> None:
    assert BASE.history.ids.to_list() == ["a", "b", "c", "d", "e"]
    assert BASE.history.sellers is None
    assert len(BASE.history) == 5


def test_who_was_held_out_on_purpose_was_not_contacted() -> None:
    assert feature(BASE, "contacts_ever") == {"a": 2, "b": 0, "c": 0, "d": 0, "e": 1}
    assert feature(BASE, "contact_cost_ever")["a"] == 0.5
    assert feature(BASE, "answers_ever") == {"a": 1, "b": 0, "c": 0, "d": 0, "e": 0}


def test_of_a_customers_several_rows_the_last_one_holds() -> None:
    base = replace(BASE, customers=pl.concat([CUSTOMERS, pl.DataFrame({"customer_id": ["c"], "age": [31]})]))
    ages = feature(base, "attribute_age")
    assert (ages["b"], ages["c"]) == (40, 31)
    assert np.isnan(ages["a"])


def test_with_sellers_each_has_its_own_row() -> None:
    lines = pl.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b"],
            "timestamp": [NOON] * 4,
            "amount": [1.0, 2.0, 4.0, 8.0],
            "seller_id": ["y", "x", None, "x"],
        }
    )
    base = Base(lines, CUSTOMERS, EVENTS, CONTACTS, {"by_seller": True})
    frame = base.read(AS_OF, 90).to_frame(base.history)
    rows = frame.select("customer_id", "seller_id", "value_ever", "visits_ever", "attribute_age").rows()
    assert [row[:4] for row in rows] == [
        ("a", None, 4, 1),
        ("a", "x", 2, 1),
        ("a", "y", 1, 1),
        ("b", "x", 8, 0),
        ("c", None, 0, 0),
        ("d", None, 0, 1),
        ("e", None, 0, 0),
    ]
    assert rows[3][4] == 40


def test_lines_without_an_order_are_one_a_day() -> None:
    times = [
        NOON,
        NOON + dt.timedelta(hours=1),
        NOON + dt.timedelta(days=1),
        NOON,
        NOON + dt.timedelta(days=1),
    ]
    lines = pl.DataFrame(
        {"customer_id": "a", "timestamp": times, "amount": 1.0, "order_id": [None, None, None, "o", "o"]}
    )
    assert feature(Base(lines), "orders_ever") == {"a": 3}
    assert feature(Base(lines.drop("order_id")), "orders_ever") == {"a": 2}


def test_the_day_is_the_zones() -> None:
    times = [moment(2024, 5, 1, 3), moment(2024, 5, 1, 5)]  # 23:00 and 01:00 in New York
    lines = pl.DataFrame({"customer_id": "a", "timestamp": times, "amount": 1.0})
    assert feature(Base(lines), "orders_ever") == {"a": 1}
    assert feature(Base(lines, reading={"timezone": "America/New_York"}), "orders_ever") == {"a": 2}


def test_a_return_alone_is_no_order() -> None:
    lines = LINES.with_columns(amount=pl.Series([-3.0, 0.0]))
    assert feature(Base(lines), "orders_ever") == {"a": 0, "b": 0}
    assert feature(Base(lines), "returned_ever") == {"a": 0, "b": 3}
    assert feature(Base(lines), "lines_ever") == {"a": 1, "b": 1}


def test_until_leaves_out_later_rows() -> None:
    history = build_history(BASE.tables, BASE.dialect, until=NOON)
    assert history.ids.to_list() == ["a", "b", "c", "e"]
    assert len(history.purchases.timeline.time) == 0


def test_a_hundred_thousand_lines_in_threads_are_as_in_one(retail: Base) -> None:
    """Blocks of customers are read beside each other; a part of them alone gives the same."""
    few = retail.sample(3)
    assert len(retail.transactions) > 100_000
    whole, part = retail.read(moment(2011, 6, 1), 91), few.read(moment(2011, 6, 1), 91)
    rows = np.flatnonzero(retail.history.ids.is_in(few.history.ids.to_list()).to_numpy())
    assert np.array_equal(whole.matrix[rows], part.matrix, equal_nan=True)
