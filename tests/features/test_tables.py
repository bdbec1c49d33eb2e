from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from features.errors import ConfigError, DataError
from features.tables import (
    REASON,
    ROW,
    SCHEMAS,
    TableConfig,
    TablesConfig,
    scan_rows,
    scan_table,
    scan_tables,
)
from features.timestamps import read_time
from features.values import PLACEHOLDERS, finds_ambiguous_thousands, read_number, read_text

BENCH = Path(os.environ.get("UPTIER_BENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))
HEADER = "customer_id,timestamp,amount"
NOON = datetime(2011, 12, 1, 12, tzinfo=UTC)


def write(folder: Path, *lines: str, name: str = "t.csv") -> TableConfig:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return TableConfig(source=str(path))


def write_frame(folder: Path, **columns: object) -> TableConfig:
    path = folder / "t.parquet"
    pl.DataFrame(columns, strict=False).write_parquet(path)
    return TableConfig(source=str(path))


def find_reasons(config: TableConfig, name: str = "transactions") -> list[str | None]:
    return scan_rows(name, config).collect()[REASON].to_list()


def parse_times(
    texts: list[str], timezone: str = "UTC", *, month_first: bool = False
) -> list[datetime | None]:
    frame = pl.DataFrame({"t": texts})
    return frame.select(read_time("t", pl.String(), timezone, month_first=month_first))["t"].to_list()


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


@pytest.mark.parametrize(
    "text",
    [
        "2011-12-01 12:00:00",
        "2011-12-01T12:00:00",
        "2011-12-01T12:00:00Z",
        "2011-12-01T12:00:00.000000Z",
        "2011-12-01 14:00:00+02:00",
        "2011-12-01T07:00:00.000-0500",
        "2011/12/01 12:00",
        "01/12/2011 12:00",
        "1/12/11 12:00",
        "01.12.2011 12:00:00",
        "1-12-2011 12:00 PM",
        "01-Dec-2011 12:00",
        "1322740800",
        "1322740800000",
        "1322740800.0",
    ],
)
def test_moments_as_text(text: str) -> None:
    assert parse_times([text]) == [NOON]


def test_whole_days_are_midnights_of_the_zone() -> None:
    texts = ["2011-07-01", "20110701", "1/7/2011", "1.7.11", "1 Jul 2011", "Jul 1, 2011"]

    assert parse_times(texts, "Europe/Berlin") == [datetime(2011, 6, 30, 22, tzinfo=UTC)] * 6


def test_three_forms_in_one_column_are_read() -> None:
    assert parse_times(["2011-12-01", "12/01/2011", "1-Dec-2011", "13/13/2011"], month_first=True) == [
        *[NOON - timedelta(hours=12)] * 3,
        None,
    ]


@pytest.mark.parametrize(
    ("other", "day"), [("13/01/2011", date(2011, 4, 3)), ("01/13/2011", date(2011, 3, 4))]
)
def test_one_date_tells_which_number_is_the_day(tmp_path: Path, other: str, day: date) -> None:
    config = write(tmp_path, HEADER, *["a,03/04/2011,1"] * 12_000, f"a,{other},1")
    good = scan_table("transactions", config).collect()

    assert good["timestamp"][0].date() == day
    assert good.height == 12_001


def test_dates_that_fit_both_ways_are_refused_with_a_remedy(tmp_path: Path) -> None:
    config = write(tmp_path, "customer_id,day,amount", "a,03/04/2011,1").model_copy(
        update={"columns": {"timestamp": "day"}}
    )
    with pytest.raises(DataError, match="'03/04/2011' in 'timestamp' fit day-first and month-first alike"):
        scan_table("transactions", config)

    told = config.model_copy(update={"columns": {"timestamp": "STRPTIME(day, '%d/%m/%Y')"}})
    assert scan_table("transactions", told).collect()["timestamp"][0].date() == date(2011, 4, 3)


@pytest.mark.parametrize(
    "times", [[1322740800], [1322740800.0], [1322740800000], [NOON.replace(tzinfo=None)], [NOON]]
)
def test_typed_moments(tmp_path: Path, times: list[object]) -> None:
    config = write_frame(tmp_path, customer_id=["a"], timestamp=times, amount=[1])

    assert scan_table("transactions", config).collect()["timestamp"].to_list() == [NOON]


def test_whole_numbers_may_be_dates(tmp_path: Path) -> None:
    config = write_frame(tmp_path, customer_id=["a", "a"], timestamp=[20111201, 20111301], amount=[1, 1])

    assert find_reasons(config) == [None, "timestamp does not parse: '20111301'"]


def test_hours_that_summer_time_skips_or_repeats(tmp_path: Path) -> None:
    local = [datetime(2011, 3, 27, 2, 30), datetime(2011, 10, 30, 2, 30)]
    config = write_frame(tmp_path, customer_id=["a", "a"], timestamp=local, amount=[1, 1])

    assert scan_table("transactions", config, "Europe/Berlin").collect()["timestamp"].to_list() == [
        datetime(2011, 3, 27, 1, 30, tzinfo=UTC),
        datetime(2011, 10, 30, 0, 30, tzinfo=UTC),
    ]


@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)), max_size=20))
def test_iso_text_and_typed_moments_agree(moments: list[datetime]) -> None:
    typed = pl.DataFrame({"t": moments}, schema={"t": pl.Datetime("us")})
    texts = parse_times([moment.isoformat(sep=" ") for moment in moments], "America/New_York")

    assert typed.select(read_time("t", pl.Datetime("us"), "America/New_York"))["t"].to_list() == texts


@pytest.mark.parametrize("unit", ["us", "ms"])
@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin"])
def test_moments_beyond_the_calendar_are_rejected_row_by_row(
    tmp_path: Path, unit: str, timezone: str
) -> None:
    ends = [2**63 - 1, -(2**63), 1322740800 * {"us": 10**6, "ms": 10**3}[unit]]
    moments = pl.Series(ends, dtype=pl.Int64).cast(pl.Datetime(unit))  # type: ignore[arg-type]
    config = write_frame(tmp_path, customer_id=["a"] * 3, timestamp=moments, amount=[1] * 3)
    rows = scan_rows("transactions", config, timezone).collect()

    assert rows[REASON].to_list() == [
        "timestamp is after 2199: 'out of range'",
        "timestamp is before 1970-01-02: 'out of range'",
        None,
    ]
    assert "9998" in rows.select(pl.struct("timestamp").struct.json_encode()).item(0, 0)


def test_no_other_date_is_beyond_the_calendar(tmp_path: Path) -> None:
    days = pl.Series([2**31 - 1, -(2**31)], dtype=pl.Int32).cast(pl.Date)
    for times in (days, [1e30, -1e30]):
        config = write_frame(tmp_path, customer_id=["a"] * 2, timestamp=times, amount=[1] * 2)
        assert [str(reason)[-14:] for reason in find_reasons(config)] == ["'out of range'"] * 2

    born = pl.Series([2**63 - 1, -(2**63)], dtype=pl.Int64).cast(pl.Datetime("us"))
    good = scan_table("customers", write_frame(tmp_path, customer_id=born, born=born)).collect()
    assert [moment.year for moment in good["born"]] == [9998, 2]
    assert good["customer_id"][0].startswith("9998")


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


@pytest.mark.parametrize(
    "text", ["2011-12", "2011-12-01 UTC", "Dec 1 2011", "Dec 01, 2011", "December 1 2011"]
)
def test_days_in_further_forms(text: str) -> None:
    assert parse_times([text]) == [NOON - timedelta(hours=12)]


def test_a_word_for_utc_counts_more_than_the_zone_of_the_business() -> None:
    texts = [
        "2011-12-01 12:00:00 UTC",
        "1/12/2011 12:00 GMT",
        "2011-12-01 12:00:00 +0000 UTC",
        "2011-12-01 13:00",
    ]

    assert parse_times(texts, "Europe/Berlin") == [NOON] * 4


def test_dates_of_both_kinds_are_refused_and_a_mistake_is_rejected(tmp_path: Path) -> None:
    config = write(tmp_path, HEADER, *["a,31/01/2011,1"] * 200, "a,01/31/2011,1")
    assert find_reasons(config)[199:] == [None, "timestamp does not parse: '01/31/2011'"]

    config = write(tmp_path, HEADER, *["a,31/01/2011,1"] * 20, "a,01/31/2011,1")
    with pytest.raises(
        DataError, match=r"day first \('31/01/2011'\) and with the month first \('01/31/2011'\)"
    ):
        scan_table("transactions", config)


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


def test_flags_of_contacts(tmp_path: Path) -> None:
    words = ["true", "NO", "1", "0", "treated", "control", "perhaps"]
    lines = [f"a,2011-12-01,c1,{word}" for word in words]
    config = write(tmp_path, "customer_id,timestamp,campaign_id,treated", *lines)

    flags = scan_table("contacts", config).collect()["treated"].to_list()
    assert flags == [True, False, True, False, True, False, None]


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


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'Mars/Olympus' is not an IANA time zone"):
        scan_table("transactions", write(tmp_path, HEADER, "a,2011-12-01,1"), "Mars/Olympus")


def test_configs_are_frozen_and_refuse_unknown_keys() -> None:
    with pytest.raises(ValidationError):
        TableConfig.model_validate({"source": "a.csv", "colums": {}})
    with pytest.raises(ValidationError):
        TableConfig(source="a.csv").source = "b.csv"  # type: ignore[misc]


def test_relative_paths_start_at_the_config_file(tmp_path: Path) -> None:
    config = TablesConfig(
        transactions=TableConfig(source="data/t.csv"),
        events=TableConfig(source="s3://bucket/e.parquet"),
        contacts=TableConfig(source="/elsewhere/c.csv"),
    ).resolved(tmp_path)

    assert config.transactions.source == str(tmp_path / "data" / "t.csv")
    assert [table.source for _, table in config.present()][1:] == [
        "s3://bucket/e.parquet",
        "/elsewhere/c.csv",
    ]


def test_tables_come_together(tmp_path: Path) -> None:
    transactions = write(tmp_path, HEADER, "1.0,2011-12-01,1")
    customers = write(tmp_path, "customer_id,age", "1,33", name="c.csv")
    tables = scan_tables(TablesConfig(transactions=transactions, customers=customers))

    assert tables.customers is not None
    assert tables.events is None
    assert tables.transactions.join(tables.customers, on="customer_id").collect()["age"].to_list() == [33.0]


def test_every_column_says_what_it_is() -> None:
    assert set(SCHEMAS) == {"transactions", "customers", "events", "contacts"}
    assert all(column.words for schema in SCHEMAS.values() for column in schema.columns)


@pytest.mark.parametrize(
    ("name", "lines", "total"),
    [("online_retail_ii", 809_560, 16_343_651.04), ("cdnow", 69_659, 2_500_315.63)],
)
def test_real_data_is_read_whole(name: str, lines: int, total: float, tmp_path: Path) -> None:
    source = BENCH / name / "transactions.parquet"
    if not source.exists():
        pytest.skip("no benchmark data; set UPTIER_BENCH_DATA to its folder")
    typed = scan_rows("transactions", TableConfig(source=str(source), columns={"timestamp": "ts"})).collect()

    assert typed.height == lines
    assert typed[REASON].null_count() == lines
    assert typed["amount"].sum() == pytest.approx(total, abs=0.01)

    pl.read_parquet(source).head(20_000).write_csv(tmp_path / "t.csv")
    text = TableConfig(source=str(tmp_path / "t.csv"), columns={"timestamp": "ts"})
    assert scan_rows("transactions", text).collect().equals(typed.head(20_000))
