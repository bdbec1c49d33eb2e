from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from features.request_history import CustomerRows, build_history_of_rows
from tests.features.bases import Base, moment, read_online

AS_OF = moment(2024, 9, 1)
LINE = {"timestamp": moment(2024, 8, 1), "amount": 12.5}


def test_customers_keep_their_order(synthetic: Base) -> None:
    history = build_history_of_rows(
        [CustomerRows("z"), CustomerRows("a"), CustomerRows("m")], synthetic.dialect
    )

    assert history.ids.to_list() == ["z", "a", "m"]
    assert len(history) == 3


def test_a_customer_of_whom_nothing_is_known(synthetic: Base) -> None:
    row = read_online([CustomerRows("nobody")], synthetic, AS_OF, 90)[0]
    known = dict(zip(synthetic.catalogue.names, row, strict=True))

    assert known["orders_ever"] == known["visits_ever"] == known["contacts_ever"] == 0
    assert np.isnan(known["days_since_last_order"])
    assert np.isnan(known["attribute_age"])


def test_the_first_order_of_a_new_customer(synthetic: Base) -> None:
    row = read_online([CustomerRows("new", {"age": 33}, [LINE])], synthetic, AS_OF, 90)[0]
    known = dict(zip(synthetic.catalogue.names, row, strict=True))

    assert known["orders_ever"] == 1
    assert known["value_ever"] == 12.5
    assert known["days_since_last_order"] == 31
    assert known["attribute_age"] == 33


def test_tables_and_columns_that_training_had_not_are_ignored(synthetic: Base) -> None:
    bare = Base(synthetic.transactions.select("customer_id", "timestamp", "amount"))
    visit = {"timestamp": moment(2024, 8, 1), "kind": "visit"}
    full = CustomerRows(
        "a", {"age": 3}, [LINE | {"cost": 9.0, "colour": "red"}], [visit], [{"timestamp": AS_OF}]
    )

    one = read_online([full], bare, AS_OF, 90)
    assert np.array_equal(one, read_online([CustomerRows("a", {}, [LINE])], bare, AS_OF, 90), equal_nan=True)


def test_moments_of_any_zone_are_the_same_moment(synthetic: Base) -> None:
    east = dt.timezone(dt.timedelta(hours=9))
    there = CustomerRows("a", {}, [LINE | {"timestamp": moment(2024, 8, 1).astimezone(east)}])

    one = read_online([there], synthetic, AS_OF, 90)
    assert np.array_equal(
        one, read_online([CustomerRows("a", {}, [LINE])], synthetic, AS_OF, 90), equal_nan=True
    )


def test_rows_of_a_request_in_any_order(synthetic: Base) -> None:
    base = replace(synthetic, reading={"margin": True})
    rows = base.customer_rows(base.history.ids[:40].to_list(), AS_OF)
    turned = [
        replace(
            one, transactions=one.transactions[::-1], events=one.events[::-1], contacts=one.contacts[::-1]
        )
        for one in rows
    ]
    assert read_online(rows, base, AS_OF, 90).tobytes() == read_online(turned, base, AS_OF, 90).tobytes()
