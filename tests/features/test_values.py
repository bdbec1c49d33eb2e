from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DataError
from features.tables import scan_table
from features.values import PLACEHOLDERS, finds_ambiguous_thousands, read_number, read_text
from tests.features.table_files import HEADER, find_reasons, write, write_frame

NOON = datetime(2011, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("ids", [[17850, 2], [17850.0, 2.0], ["17850", "2"], [" 17850.0", "2.0 "]])
def test_ids_meet_whatever_their_type(ids: list[object]) -> None:
    frame = pl.DataFrame({"id": ids})

    assert frame.select(read_text("id", frame.schema["id"], is_id=True))["id"].to_list() == ["17850", "2"]


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.text(max_size=6))))
def test_text_is_stripped_and_never_blank(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    blanks = "".join(map(chr, range(33)))

    read = frame.select(read_text("t", pl.String()))["t"].to_list()

    stripped = [(text or "").strip(blanks) or None for text in texts]
    assert read == [None if text in PLACEHOLDERS else text for text in stripped]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", 1234.5),
        ("£12.00", 12.0),
        ("-£12.00", -12.0),
        ("£-12.00", -12.0),
        ("EUR 7", 7.0),
        ("5 €", 5.0),
        ("(3.20)", -3.2),
        ("($1,000)", -1000.0),
        ("7-", -7.0),
        ("1e3", 1000.0),
        (" 4 ", 4.0),
        ("1 234.5", 1234.5),
        ("1'234", 1234.0),
        ("12abc", None),
        ("1,23,4", None),
        ("", None),
    ],
)
def test_amounts_as_people_write_them(text: str, number: float | None) -> None:
    frame = pl.DataFrame({"x": [text]})

    assert frame.select(read_number("x", pl.String())).item() == number


def test_a_decimal_comma_is_a_property_of_the_column(tmp_path: Path) -> None:
    config = write(
        tmp_path,
        "customer_id;timestamp;amount",
        "a;1.12.2011;1.234",
        "a;2.12.2011;1.234,50",
        "a;3.12.2011;7,5",
    )

    assert scan_table("transactions", config).collect()["amount"].to_list() == [1234.0, 1234.5, 7.5]


@pytest.mark.parametrize("rows", [1, 10_000])
def test_a_decimal_comma_is_found_wherever_it_is(tmp_path: Path, rows: int) -> None:
    lines = ["a;1.12.2011;1.234"] * rows
    config = write(tmp_path, "customer_id;timestamp;amount", *lines, "a;2.12.2011;7,5")

    assert scan_table("transactions", config).collect()["amount"].to_list() == [1234.0] * rows + [7.5]


def test_numbers_of_both_kinds_are_refused_and_a_mistake_is_rejected(tmp_path: Path) -> None:
    header, mistake = "customer_id;timestamp;amount", "a;2011-12-01;7,5"
    config = write(tmp_path, header, *["a;2011-12-01;1.25"] * 200, mistake)
    assert find_reasons(config)[199:] == [None, "amount is not a number: '7,5'"]

    config = write(tmp_path, header, *["a;2011-12-01;1.25"] * 20, mistake)
    with pytest.raises(DataError, match=r"'amount' has numbers with a decimal comma \('7,5'\).*'1.25'"):
        scan_table("transactions", config)


def test_thousands_that_may_be_decimals_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scan_table("transactions", write(tmp_path, "customer_id;timestamp;amount", "a;2011-12-01;1.234"))

    assert "transactions.amount: 1.234 is read as a number below 1000" in caplog.text
    assert finds_ambiguous_thousands(pl.Series(["1.234", " 12.500 ", None]))
    assert not finds_ambiguous_thousands(pl.Series(["1.234", "1.5"]))
    assert not finds_ambiguous_thousands(pl.Series([], dtype=pl.String))


def test_whole_numbers_can_be_too_large_as_well(tmp_path: Path) -> None:
    columns = {"amount": [10**12, 1], "cost": [10**12, 2], "quantity": [-(10**12), 3]}
    optional = write_frame(
        tmp_path, customer_id=["a"] * 2, timestamp=[NOON] * 2, **columns | {"amount": [1, 1]}
    )

    assert scan_table("transactions", optional).collect()["cost"].to_list() == [None, 2]
    assert scan_table("transactions", optional).collect()["quantity"].to_list() == [None, 3]
    assert find_reasons(optional) == [None, None]
    config = write_frame(tmp_path, customer_id=["a"] * 2, timestamp=[NOON] * 2, **columns)
    assert find_reasons(config)[1] is None
    assert str(find_reasons(config)[0]).startswith("amount is beyond 1e12")


def test_placeholders_are_missing_and_words_are_not(tmp_path: Path) -> None:
    lines = [f"{word},2011-12-01,1,{word}" for word in PLACEHOLDERS]
    config = write(tmp_path, f"{HEADER},channel", *lines, "Nan,2011-12-01,1,none", "a,2011-12-01,1,NULL ")

    assert find_reasons(config) == ["customer_id is missing"] * len(lines) + [None, None]
    assert scan_table("transactions", config).collect()["channel"].to_list() == ["none", None]


def test_flags_of_contacts(tmp_path: Path) -> None:
    words = ["true", "NO", "1", "0", "treated", "control", "perhaps"]
    lines = [f"a,2011-12-01,c1,{word}" for word in words]
    config = write(tmp_path, "customer_id,timestamp,campaign_id,treated", *lines)

    flags = scan_table("contacts", config).collect()["treated"].to_list()
    assert flags == [True, False, True, False, True, False, None]
