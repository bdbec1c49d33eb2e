from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.attributes import (
    MAX_CATEGORIES,
    MAX_CHANNELS,
    MIN_CUSTOMERS,
    Attribute,
    AttributeKind,
    Vocabulary,
    encode_attributes,
    encode_one,
    learn_vocabulary,
)

CUSTOMERS = pl.DataFrame(
    {
        "customer_id": [f"c{i:02}" for i in range(40)],
        "town": ["York"] * 18 + ["Bath"] * 10 + ["Ayr"] * 9 + ["Ely"] * 2 + [None],
        "age": [*range(39), None],
        "member": [True, False] * 19 + [None, True],
        "since": [dt.date(2024, 1, 1)] * 39 + [None],
        "seen": [dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)] * 40,
    }
)


def test_texts_that_enough_customers_share_are_kept_apart() -> None:
    town = learn_vocabulary(CUSTOMERS.lazy()).attributes[0]

    assert MIN_CUSTOMERS == 10
    assert town == Attribute("town", "category", ("York", "Bath"), has_other=True)
    assert [town.encode(text) for text in ("York", "Bath", "Ayr", "Rome")] == [0, 1, 2, 2]
    assert town.labels == ("York", "Bath", "other")
    assert math.isnan(town.encode(None))


def test_a_text_never_seen_is_missing_where_too_few_had_another_to_learn_from() -> None:
    few = CUSTOMERS.filter(pl.col("town") != "Ely")
    learned = learn_vocabulary(few.lazy().select("customer_id", "town"))
    town = learned.attributes[0]

    assert town == Attribute("town", "category", ("York", "Bath"))
    assert town.labels == ("York", "Bath")
    texts = ["York", "Bath", "Ayr", "Rome", None]
    codes = encode_attributes(pl.DataFrame({"town": texts}), learned)[:, 0]
    assert np.array_equal(codes, [0, 1, math.nan, math.nan, math.nan], equal_nan=True)
    assert np.array_equal(codes, [town.encode(text) for text in texts], equal_nan=True)


def test_kinds_of_attributes_follow_their_types() -> None:
    learned = learn_vocabulary(CUSTOMERS.lazy())

    assert [attribute.kind for attribute in learned.attributes] == [
        "category",
        "number",
        "flag",
        "date",
        "date",
    ]


def test_no_more_than_the_most_frequent_texts_are_kept() -> None:
    texts = [f"t{i:03}" for i in range(MAX_CATEGORIES + 5) for _ in range(MIN_CUSTOMERS + (i >= 100))]
    customers = pl.LazyFrame({"customer_id": [str(i) for i in range(len(texts))], "t": texts})
    categories = learn_vocabulary(customers).attributes[0].categories

    assert len(categories) == MAX_CATEGORIES
    assert categories[:6] == ("t100", "t101", "t102", "t103", "t104", "t000")


def test_kinds_of_events_come_by_frequency() -> None:
    events = pl.LazyFrame({"kind": ["b", "a", "c", "c"]})

    assert learn_vocabulary(None, events) == Vocabulary((), ("c", "a", "b"))


def test_channels_of_contacts_come_by_frequency() -> None:
    contacts = pl.LazyFrame({"channel": ["sms", "post", None, "sms", *map(str, range(MAX_CHANNELS))]})

    channels = learn_vocabulary(None, None, contacts).channels
    assert channels[0] == "sms"
    assert len(channels) == MAX_CHANNELS
    assert learn_vocabulary(None, None, contacts.drop("channel")).channels == ()


def test_a_vocabulary_travels_as_json() -> None:
    contacts = pl.LazyFrame({"channel": ["y"]})
    learned = learn_vocabulary(CUSTOMERS.lazy(), pl.LazyFrame({"kind": ["x"]}), contacts)

    assert Vocabulary.from_json(json.loads(json.dumps(learned.to_json()))) == learned


def test_a_column_is_encoded_as_its_values_are() -> None:
    learned = learn_vocabulary(CUSTOMERS.lazy())
    table = encode_attributes(CUSTOMERS, learned)
    rows = encode_one(CUSTOMERS.rows(named=True), learned)

    assert np.array_equal(table, rows, equal_nan=True)
    assert table[0].tolist() == [0, 0, 1, 1_704_067_200_000_000, 1_704_110_400_000_000]
    assert np.isnan(table[-1, [0, 1, 3]]).all()


def test_attributes_that_are_not_there_are_missing() -> None:
    learned = learn_vocabulary(CUSTOMERS.lazy())

    assert np.isnan(encode_one([{}], learned)).all()
    assert np.isnan(encode_attributes(CUSTOMERS.select("customer_id"), learned)).all()
    assert encode_attributes(CUSTOMERS.clear(), learned).shape == (0, 5)


@pytest.mark.parametrize("value", ["soon", 7, [], object()])
def test_what_is_no_date_is_missing(value: object) -> None:
    assert math.isnan(Attribute("since", "date").encode(value))


@pytest.mark.parametrize("kind", ["number", "flag"])
def test_what_is_no_number_is_missing(kind: str) -> None:
    assert math.isnan(Attribute("age", kind).encode("many"))  # type: ignore[arg-type]


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)))
def test_dates_are_the_same_as_text_as_moment_and_in_a_column(moment: dt.datetime) -> None:
    date = Attribute("d", "date")
    column = encode_attributes(pl.DataFrame({"d": [moment]}), Vocabulary((date,)))[0, 0]

    assert (
        column
        == date.encode(moment)
        == date.encode(moment.isoformat())
        == date.encode(f"{moment.isoformat()}Z")
    )


@given(st.one_of(st.floats(allow_nan=False), st.integers(-(2**60), 2**60), st.booleans()))
def test_numbers_stay_as_they_are(value: float) -> None:
    assert Attribute("a", "number").encode(value) == float(value)


@pytest.mark.parametrize("dtype", [pl.Time, pl.Duration, pl.List(pl.Int64), pl.Struct({"a": pl.Int64})])
def test_columns_that_are_neither_number_date_nor_text_are_left_out(dtype: pl.DataType) -> None:
    customers = pl.DataFrame({"customer_id": ["a"], "odd": [None]}, schema_overrides={"odd": dtype})

    assert learn_vocabulary(customers.lazy()).attributes == ()


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("number", ["34", "-1.5", "many", None]),
        ("date", ["2024-01-01", "2024-01-01T12:00:00Z", "soon", None]),
    ],
)
def test_text_is_read_as_the_kind_that_training_saw(kind: AttributeKind, texts: list[str | None]) -> None:
    """A table or a request may bring as text what was a number or a date then."""
    attribute = Attribute("a", kind)
    column = encode_attributes(pl.DataFrame({"a": texts}), Vocabulary((attribute,)))[:, 0]

    assert np.array_equal(column, [attribute.encode(text) for text in texts], equal_nan=True)
    assert np.isnan(column).tolist() == [False, False, True, True]


@pytest.mark.parametrize("value", [True, 1, 1.5, dt.date(2024, 1, 1)])
def test_other_types_are_categories_by_the_same_text(value: object) -> None:
    attribute = Attribute("a", "category", ("1", "true", "1.5", "2024-01-01"))
    column = encode_attributes(pl.DataFrame({"a": [value]}), Vocabulary((attribute,)))[0, 0]

    assert column == attribute.encode(value) < 4
