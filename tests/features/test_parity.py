"""The offline row equals the online row, bit for bit, whatever comes in one request."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from features.request_history import CustomerRows
from tests.features.bases import Base, differing, moment, read_online

READING = {"timezone": "America/New_York", "margin": True, "values": ("channel:app", "category:Garden")}


def assert_parity(
    base: Base, as_of: dt.datetime, horizon_days: int, at_once: int, customers: int | None = None
) -> None:
    """Read customers in requests of `at_once` and compare with the whole base's table."""
    offline = base.read(as_of, horizon_days)
    ids = base.history.ids[:customers].to_list()
    rows = base.customer_rows(ids, as_of)
    requests = [rows[start : start + at_once] for start in range(0, len(rows), at_once)]
    online = np.concatenate([read_online(request, base, as_of, horizon_days) for request in requests])
    assert differing(offline.names, offline.matrix[: len(ids)], online) == []
    assert np.ascontiguousarray(offline.matrix[: len(ids)]).tobytes() == online.tobytes()


def test_all_of_online_retail(retail: Base) -> None:
    assert_parity(retail, moment(2010, 9, 9), 91, 1000)


@pytest.mark.parametrize("at_once", [1, 20])
def test_small_requests_of_online_retail(retail: Base, at_once: int) -> None:
    assert_parity(retail.sample(40), moment(2011, 9, 9), 183, at_once)


@pytest.mark.parametrize("at_once", [1, 20, 1000])
def test_cdnow(cdnow: Base, at_once: int) -> None:
    assert_parity(cdnow, moment(1998, 1, 1), 90, at_once)


@pytest.mark.parametrize("at_once", [1, 20])
def test_complete_journey(journey: Base, at_once: int) -> None:
    assert_parity(journey, moment(2017, 9, 1, 4), 30, at_once)


@pytest.mark.parametrize("at_once", [1, 20, 1000])
def test_all_four_tables(synthetic: Base, at_once: int) -> None:
    assert_parity(replace(synthetic, reading=READING), moment(2024, 9, 1, 4), 90, at_once)


@pytest.mark.parametrize("at_once", [1, 20, 1000])
def test_what_training_did_not_see(synthetic: Base, at_once: int) -> None:
    """What was learned from some is used on all: further texts and kinds, nothing bought."""
    some = pl.col("customer_id").str.ends_with("7")
    seen = replace(
        synthetic,
        customers=synthetic.customers.filter(some) if synthetic.customers is not None else None,
        events=synthetic.events.filter(pl.col("kind") != "review") if synthetic.events is not None else None,
        reading=READING,
    )
    lonely = replace(synthetic, transactions=synthetic.transactions.filter(some))
    assert lonely.customers is not None
    missing = pl.when(pl.int_range(pl.len()) % 3 > 0).then("region").alias("region")
    base = replace(lonely, customers=lonely.customers.with_columns(missing))
    object.__setattr__(base, "dialect", seen.dialect)
    assert_parity(base, moment(2024, 9, 1, 4), 90, at_once)
    region = base.read(moment(2024, 9, 1), 90).matrix[:, base.catalogue.names.index("attribute_region")]
    kept = next(a for a in seen.dialect.vocabulary.attributes if a.name == "region").categories
    assert np.isnan(region).any()
    assert np.nanmax(region) <= len(kept)


def test_a_request_may_leave_out_what_is_optional(synthetic: Base) -> None:
    """Absent tables, columns and attributes are as nulls."""
    base = replace(synthetic, reading=READING)
    at, ids = moment(2024, 9, 1, 4), base.history.ids.to_list()[:60]
    rows = base.customer_rows(ids, at)

    def without_nulls(one: CustomerRows) -> CustomerRows:
        tables = {
            name: [
                {key: value for key, value in row.items() if value is not None} for row in getattr(one, name)
            ]
            for name in ("transactions", "events", "contacts")
        }
        attributes = {key: value for key, value in one.attributes.items() if value is not None}
        return CustomerRows(one.customer_id, attributes, **tables, seller_id=one.seller_id)

    full = read_online(rows, base, at, 90)
    sparse = read_online([without_nulls(one) for one in rows], base, at, 90)
    assert differing(base.catalogue.names, full, sparse) == []


def test_values_that_differ_in_type_only_are_the_same(synthetic: Base) -> None:
    """A date as text, a moment without zone, whole numbers for money, 1 for true."""
    base = replace(synthetic, reading=READING)
    at = moment(2024, 9, 1, 4)
    line = {
        "customer_id": "a",
        "timestamp": moment(2024, 5, 1, 12),
        "amount": 30.0,
        "cost": 10.0,
        "channel": "app",
    }
    known = {"age": 40, "signup_date": dt.date(2024, 2, 1), "email_consent": True}
    told = {"age": 40.0, "signup_date": "2024-02-01", "email_consent": 1}
    loose = line | {"timestamp": dt.datetime(2024, 5, 1, 8), "amount": 30, "cost": 10}
    one = read_online([CustomerRows("a", known, [line])], base, at, 90)
    other = read_online([CustomerRows("a", told, [loose])], base, at, 90)
    assert differing(base.catalogue.names, one, other) == []
