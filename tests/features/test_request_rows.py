from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DataError
from features.request_rows import RequestRows, code, read_number, read_text, read_time
from features.values import read_text as read_texts

LONG = "x" * 10_000
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def rows(*found: Any, table: str = "transactions", ids: tuple[str, ...] = ("c1",)) -> RequestRows:
    return RequestRows.gather(table, ids, [list(found), *[()] * (len(ids) - 1)])


def test_rows_are_gathered_by_customer() -> None:
    gathered = RequestRows.gather("events", ["a", "b", "c"], [[{"kind": "x"}] * 2, [], [{"kind": "y"}]])
    assert gathered.owners.tolist() == [0, 0, 2]
    assert gathered.texts("kind") == ["x", "x", "y"]


@pytest.mark.parametrize(
    "found",
    [
        dt.datetime(2024, 7, 1, 16, tzinfo=dt.UTC),
        dt.datetime(2024, 7, 1, 18, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        dt.datetime(2024, 7, 1, 16, 0, 30, tzinfo=dt.timezone(dt.timedelta(seconds=30))),
        dt.datetime(2024, 7, 1, 12),
        "2024-07-01T16:00:00Z",
        " 2024-07-01T12:00 ",
        "2024-07-01T18:00:00.000+02:00",
    ],
)
def test_moments_in_every_form(found: object) -> None:
    expected = int(dt.datetime(2024, 7, 1, 16, tzinfo=dt.UTC).timestamp() * 1e6)
    assert rows({"timestamp": found}).times("America/New_York").tolist() == [expected]
    later = {"timestamp": "2024-07-01T16:00:00Z"}  # among others of another form
    assert rows(later, {"timestamp": found}).times("America/New_York").tolist() == [expected] * 2


def test_a_day_begins_at_the_business_midnight() -> None:
    midnight = int(dt.datetime(2024, 7, 1, 4, tzinfo=dt.UTC).timestamp() * 1e6)
    assert rows({"timestamp": dt.date(2024, 7, 1)}).times("America/New_York").tolist() == [midnight]
    assert rows({"timestamp": "2024-07-01"}).times("America/New_York").tolist() == [midnight]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "timestamp is missing"),
        ("yesterday", "timestamp is 'yesterday', expected ISO 8601, such as 2026-01-31T12:00:00Z"),
        (1_700_000_000, "timestamp is 1700000000, expected a moment"),
        ({"$date": 5}, "expected a moment"),
        ("0001-01-01T00:00:00+14:00", "expected a moment from 1970-01-02 to 2199"),
        ("9999-12-31T23:59:59-14:00", "expected a moment from 1970-01-02 to 2199"),
        (
            dt.datetime(1969, 12, 31, tzinfo=dt.UTC),
            "timestamp is 1969-12-31T00:00:00+00:00, expected a moment from 1970-01-02 to 2199",
        ),
        (dt.datetime(1, 1, 1), "expected a moment from 1970-01-02 to 2199"),
        (dt.datetime.max.replace(tzinfo=dt.UTC), "expected a moment from 1970-01-02 to 2199"),
        (LONG, "expected ISO 8601"),
    ],
)
def test_moments_that_are_none(found: object, said: str) -> None:
    with pytest.raises(DataError) as caught:
        rows({"timestamp": "2024-07-01T16:00:00Z"}, {"timestamp": found}).times("Europe/London")
    assert str(caught.value).startswith("transactions: row 2 of customer 'c1': timestamp is ")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("found", "number"),
    [
        (None, np.nan),
        (3, 3.0),
        ("12.50", 12.5),
        (" 7 ", 7.0),
        ("", np.nan),
        (np.float32(0.5), 0.5),
        ("1e3", 1e3),
    ],
)
def test_numbers_in_every_form(found: object, number: float) -> None:
    np.testing.assert_equal(rows({"quantity": found}, {"quantity": 1}).numbers("quantity"), [number, 1.0])


@pytest.mark.parametrize(
    "found", [True, "five", "1_000", 1e12, -1e308, float("inf"), "inf", 10**400, [5], {}, "1,234.50", LONG]
)
def test_numbers_that_are_none(found: object) -> None:
    with pytest.raises(
        DataError, match=r"row 2 of customer 'c1': quantity is .*, expected a number below 1e12"
    ):
        rows({"quantity": 1}, {"quantity": found}).numbers("quantity")


def test_what_is_required_may_not_be_unknown() -> None:
    for found in (None, float("nan"), "", "nan"):
        with pytest.raises(DataError, match=r"row 1 of customer 'c1': amount is"):
            rows({"amount": found}).numbers("amount", required=True)
    assert np.isnan(rows({"cost": float("nan")}).numbers("cost"))


def test_all_that_is_wrong_is_said_at_once_up_to_ten() -> None:
    with pytest.raises(DataError, match=r"row 10 .*; and 5 more$") as caught:
        rows(*[{"amount": "five"}] * 15).numbers("amount", required=True)
    assert len(caught.value.violations) == 11


def test_each_row_is_counted_within_its_customer_and_ids_are_shown_short() -> None:
    gathered = RequestRows.gather(
        "transactions", ["a", f"\x1b[31m{LONG}"], [[{"amount": 1}], [{"amount": "x"}]]
    )
    with pytest.raises(DataError) as caught:
        gathered.numbers("amount")
    assert "row 1 of customer '\\x1b[31mxx" in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("row", ["abc", 5, None, ["amount", 5]])
def test_rows_that_are_no_objects(row: object) -> None:
    with pytest.raises(DataError, match=r"row 1 of customer 'c1' is .*, expected an object"):
        rows(row).numbers("amount")
    with pytest.raises(DataError, match=r"row 1 of customer 'c1' is .*, expected an object"):
        rows(row).times("UTC")
    with pytest.raises(DataError, match=r"row 1 of customer 'c1' is .*, expected an object"):
        rows(row).texts("category")


@given(st.lists(st.text() | st.sampled_from(["NULL", " a ", "17.0", "-3.0", "a.0", "", "\x00b\x1f", "nan"])))
def test_texts_are_read_as_in_tables(texts: list[str]) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    for is_id in (True, False):
        expected = frame.select(read_texts("text", pl.String(), is_id=is_id)).to_series().to_list()
        assert rows(*({"text": text} for text in texts)).texts("text", is_id=is_id) == expected


@given(st.lists(st.floats() | st.integers(-(2**53), 2**53)))
def test_whole_numbers_are_one_id_however_they_are_written(numbers: list[float]) -> None:
    for number in numbers:
        if np.isfinite(number) and number == int(number) and abs(number) < 2**53:
            texts = [str(int(number)), f"{int(number)}.0", number, int(number), float(number)]
            assert set(code(rows(*({"id": each} for each in texts)).texts("id", is_id=True))) == {0 + 1}


def test_codes_tell_texts_apart_and_none_is_none() -> None:
    assert code(["b", None, "a", "b"]).tolist() == [1, -1, 2, 1]


def test_texts_that_are_none() -> None:
    for found in ({"a": 1}, [1], dt.time(1)):
        with pytest.raises(
            DataError, match=r"row 1 of customer 'c1': category is .*, expected text or a number"
        ):
            rows({"category": found}).texts("category")


def test_only_a_clear_no_is_a_no() -> None:
    said = [None, True, 1, "yes", "", "maybe", False, 0, "false", "No", " control ", "0"]
    assert rows(*({"treated": each} for each in said)).flags("treated").tolist() == [True] * 6 + [False] * 6


@given(ANYTHING)
def test_whatever_comes_is_read_or_refused(found: Any) -> None:
    one = rows({"timestamp": found, "amount": found, "category": found, "treated": found})
    for read in (
        lambda: one.times("Asia/Tokyo"),
        lambda: one.numbers("amount"),
        lambda: one.texts("category"),
        lambda: one.flags("treated"),
    ):
        with suppress(DataError):  # any other error fails
            read()


def test_one_value_alone() -> None:
    assert read_time("1970-01-02T00:00:00Z", dt.UTC) == 86_400_000_000
    assert read_number("5") == 5
    assert read_text(True) == "true"
