from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DataError
from features.tables import REASON, scan_rows, scan_table
from features.timestamps import read_time
from tests.features.table_files import HEADER, find_reasons, write, write_frame

NOON = datetime(2011, 12, 1, 12, tzinfo=UTC)


def parse_times(
    texts: list[str], timezone: str = "UTC", *, month_first: bool = False
) -> list[datetime | None]:
    frame = pl.DataFrame({"t": texts})
    return frame.select(read_time("t", pl.String(), timezone, month_first=month_first))["t"].to_list()


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


@pytest.mark.parametrize(("day_first", "day"), [(True, date(2011, 4, 3)), (False, date(2011, 3, 4))])
def test_who_knows_may_say_which_number_is_the_day(tmp_path: Path, day_first: bool, day: date) -> None:
    config = write(tmp_path, HEADER, "a,03/04/2011,1", "b,13/05/2011,1", "c,05/13/2011,1").model_copy(
        update={"day_first": day_first}
    )
    assert scan_table("transactions", config).collect()["timestamp"][0].date() == day
    other = "05/13/2011" if day_first else "13/05/2011"
    assert [reason for reason in find_reasons(config) if reason] == [f"timestamp does not parse: '{other}'"]


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
