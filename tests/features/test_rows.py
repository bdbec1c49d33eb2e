from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from features.errors import ConfigError, DataError
from features.tables import REASON, ROW, scan_rows, scan_table
from tests.features.table_files import HEADER, find_reasons, write, write_frame

NOON = datetime(2011, 12, 1, 12, tzinfo=UTC)


def test_every_row_is_good_or_has_its_first_reason(tmp_path: Path) -> None:
    config = write(
        tmp_path,
        HEADER,
        "00123,2011-12-01 12:00:00,-1.50",
        ",2011-12-01,1",
        '" ",oops,1',
        "a,31/02/2011,1",
        "a,,1",
        "a,1970-01-01,1",
        "a,2200-01-01,1",
        "a,2011-12-01,",
        "a,2011-12-01,abc",
        "a,2011-12-01,NaN",
        "a,2011-12-01,-inf",
        "a,2011-12-01,1e12",
        "a,2011-12-01,1,50",
    )
    rows = scan_rows("transactions", config).collect()

    assert rows[REASON].to_list() == [
        None,
        "customer_id is missing",
        "customer_id is missing",
        "timestamp does not parse: '31/02/2011'",
        "timestamp is missing",
        "timestamp is before 1970-01-02: '1970-01-01 00:00:00.000000+00:00'",
        "timestamp is after 2199: '2200-01-01 00:00:00.000000+00:00'",
        "amount is missing",
        "amount is not a number: 'abc'",
        "amount is not finite",
        "amount is not finite",
        "amount is beyond 1e12: '1000000000000.0'",
        "the line has more fields than the header",
    ]
    assert rows[ROW].to_list() == list(range(1, 14))
    assert rows.schema[ROW] == pl.UInt64
    assert scan_table("transactions", config).collect().rows() == [("00123", NOON, -1.5)]


def test_typed_sources_are_judged_alike(tmp_path: Path) -> None:
    nan, inf = float("nan"), float("inf")
    config = write_frame(
        tmp_path,
        customer_id=["a", None, " ", "a", "a", "a", "a"],
        timestamp=[NOON] * 3 + [None, datetime(1970, 1, 1, tzinfo=UTC), NOON, NOON],
        amount=[1.0, 1.0, 1.0, 1.0, 1.0, nan, -inf],
    )
    reasons = find_reasons(config)

    assert reasons[:4] == [None, "customer_id is missing", "customer_id is missing", "timestamp is missing"]
    assert str(reasons[4]).startswith("timestamp is before 1970-01-02")
    assert reasons[5:] == ["amount is not finite"] * 2


def test_an_optional_value_that_cannot_be_read_is_null_and_keeps_its_row(tmp_path: Path) -> None:
    config = write(
        tmp_path, f"{HEADER},cost,quantity,channel", "a,2011-12-01,1,abc,inf, ", "a,2011-12-01,1,1e13,2,web"
    )
    good = scan_table("transactions", config).collect()

    assert good.select("cost", "quantity", "channel").rows() == [(None, None, None), (None, 2.0, "web")]


def test_other_columns_are_left_out_and_absent_ones_stay_absent(tmp_path: Path) -> None:
    config = write(tmp_path, f"note,{HEADER},region", "x,a,2011-12-01,1,north")

    assert scan_table("transactions", config).collect_schema().names() == [*HEADER.split(","), "region"]


@pytest.mark.parametrize(
    "header", ["customer_id, timestamp, amount", f"{HEADER},", "\n\n" + HEADER, f'{HEADER},"two\nlines"']
)
def test_a_header_is_tidied(tmp_path: Path, header: str) -> None:
    config = write(tmp_path, header, "a,2011-12-01,1", "b,2011-12-01,2")

    assert scan_table("transactions", config).collect()["amount"].to_list() == [1.0, 2.0]


def test_columns_of_a_source_may_have_the_names_of_ours(tmp_path: Path) -> None:
    config = write(tmp_path, "customer_id,row,reason", "a,7,x", ",8,y")
    rows = scan_rows("customers", config).collect()

    assert rows.columns == ["customer_id", "row", "reason", ROW, REASON]
    assert rows.rows() == [("a", 7.0, "x", 1, None), (None, 8.0, "y", 2, "customer_id is missing")]


def test_an_empty_entry_leaves_a_column_out(tmp_path: Path) -> None:
    config = write(tmp_path, f"{HEADER},cost", "a,2011-12-01,1,2").model_copy(
        update={"columns": {"cost": ""}}
    )
    assert scan_table("transactions", config).collect_schema().names() == HEADER.split(",")

    config = write(tmp_path, "customer_id,age", "a,33").model_copy(update={"columns": {"age": " "}})
    assert scan_table("customers", config).collect_schema().names() == ["customer_id"]

    config = write(tmp_path, HEADER, "a,2011-12-01,1").model_copy(update={"columns": {"amount": ""}})
    with pytest.raises(ConfigError, match=r"columns\.amount is empty, but this table needs amount"):
        scan_table("transactions", config)


def test_attributes_are_what_they_hold(tmp_path: Path) -> None:
    config = write(
        tmp_path,
        "customer_id,age,zip,signup,consent,segment,balance",
        "00123,33,01067,2011-01-31,yes,A,€ 1",
        "00124,,10999,2012-02-01,no,B,€ 2",
        "00125,40,,,,,",
    )
    good = scan_table("customers", config).collect()

    assert good.row(0) == ("00123", 33.0, "01067", datetime(2011, 1, 31, tzinfo=UTC), True, "A", 1.0)
    assert good.row(2) == ("00125", 40.0, None, None, None, None, None)


def test_typed_attributes_stay_as_they_are(tmp_path: Path) -> None:
    config = write_frame(
        tmp_path, customer_id=[1], age=[33], since=[date(2011, 1, 1)], code=["007"], vip=[True]
    )

    assert scan_table("customers", config).collect().row(0) == ("1", 33, date(2011, 1, 1), "007", True)


def test_attributes_can_be_renamed_and_computed(tmp_path: Path) -> None:
    config = write(tmp_path, "id,born", "a,1980").model_copy(
        update={"columns": {"customer_id": "id", "age": "2011 - born"}}
    )

    assert scan_table("customers", config).collect().rows(named=True) == [
        {"customer_id": "a", "age": 31.0, "born": 1980.0}
    ]


def test_a_text_that_is_required_is_judged_too(tmp_path: Path) -> None:
    config = write(tmp_path, "customer_id,timestamp,kind", "a,2011-12-01,visit", "a,2011-12-01,")

    assert find_reasons(config, "events") == [None, "kind is missing"]


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    config = write(tmp_path, "Customer ID,ts,Amount", "a,2011-12-01,1")
    with pytest.raises(DataError) as caught:
        scan_table("transactions", config)

    assert str(caught.value) == (
        "transactions: column 'customer_id' is missing; column 'timestamp' is missing; "
        "column 'amount' is missing; the source has Customer ID, ts, Amount; map them with "
        'columns = { customer_id = "Customer ID", timestamp = "…", amount = "Amount" }'
    )


def test_one_column_hints_at_the_delimiter(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is its delimiter one of"):
        scan_table("transactions", write(tmp_path, "customer_id^timestamp^amount", "a^2011-12-01^1"))


def test_columns_of_a_wrong_type_are_named_at_once(tmp_path: Path) -> None:
    config = write_frame(tmp_path, customer_id=[["a"]], timestamp=[True], amount=[NOON])
    with pytest.raises(DataError) as caught:
        scan_table("transactions", config)

    assert len(caught.value.violations) == 3


def test_a_mapping_of_an_unknown_column_is_refused(tmp_path: Path) -> None:
    config = write(tmp_path, HEADER, "a,2011-12-01,1").model_copy(update={"columns": {"prodct_id": "amount"}})
    with pytest.raises(ConfigError, match="did you mean 'product_id'"):
        scan_table("transactions", config)
