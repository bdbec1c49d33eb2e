"""What the check finds in whole tables; the rules one by one are in the files named after them."""

from __future__ import annotations

import datetime as dt
import socket
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.tables import scan_rows
from models.settings import load_settings
from tests.training.bases import (
    NOW,
    build_lines,
    check,
    codes,
    find,
    find_bench_data,
    write_config,
    write_csv,
)
from training.check.findings import Severity
from training.check.tables import check_and_save, check_tables

HEADER = ["customer_id", "timestamp", "amount"]


def worst(folder: Path, source: object, **columns: str) -> str:
    """Return the one error of a check."""
    errors = check(folder, columns, transactions=source).of(Severity.ERROR)
    assert len(errors) == 1
    assert "\n" not in errors[0].sentence()
    return errors[0].sentence()


def test_good_data_has_no_error_and_adds_up(tmp_path: Path) -> None:
    result = check(tmp_path, transactions=build_lines())

    assert not result.of(Severity.ERROR)
    assert result.rows[0] == result.rows[1] == len(build_lines())
    assert result.base is not None
    assert result.base.customers == 40
    assert pl.read_parquet(result.rejected).is_empty()


def test_no_file(tmp_path: Path) -> None:
    assert "no such file" in worst(tmp_path, tmp_path / "nothing.parquet")


def test_an_empty_file(tmp_path: Path) -> None:
    for name in ("empty.csv", "empty.parquet"):
        (tmp_path / name).touch()
        assert "is empty" in worst(tmp_path, tmp_path / name)


def test_a_file_without_rows(tmp_path: Path) -> None:
    assert "holds no row" in worst(tmp_path, build_lines().clear())
    assert "no line below it" in worst(tmp_path, write_csv(tmp_path / "header.csv", HEADER, []))


def test_a_delimiter_that_nobody_uses(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", HEADER, [["a", "2024-01-01", 1], ["b", "2024-01-02", 2]], "^")

    errors = check(tmp_path, transactions=path).of(Severity.ERROR)

    assert [error.column for error in errors] == HEADER
    assert all("is missing" in error.text for error in errors)


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    result = check(tmp_path, transactions=build_lines().rename({"amount": "amounts"}))

    finding = find(result, "wrong_column")
    assert (finding.table, finding.column, finding.severity) == ("transactions", "amount", Severity.ERROR)
    assert "amounts" in finding.sentence()


def test_a_column_of_the_wrong_type(tmp_path: Path) -> None:
    lines = build_lines().with_columns(amount=pl.concat_list("amount"))

    assert "transactions.amount" in worst(tmp_path, lines)


def test_text_where_amounts_should_be(tmp_path: Path) -> None:
    lines = build_lines().with_columns(amount=pl.lit("much"))

    assert {"mostly_rejected", "rejected_rows"} <= codes(check(tmp_path, transactions=lines))


@pytest.mark.parametrize("expression", ["Quantity *", "Quantity * Prize", "SUM(amount)", "amount +* 2"])
def test_an_expression_that_does_not_parse(tmp_path: Path, expression: str) -> None:
    assert "amount" in worst(tmp_path, build_lines().with_columns(Quantity=1), amount=expression)


def test_an_unknown_target_column(tmp_path: Path) -> None:
    assert "customer_idd" in worst(tmp_path, build_lines(), customer_idd="customer_id")


def test_null_and_blank_ids(tmp_path: Path) -> None:
    rows = [
        ["", "2024-01-01", 1],
        ["  ", "2024-01-02", 1],
        *(["a", f"2024-01-{day:02d}", 1] for day in range(1, 29)),
    ]

    finding = find(check(tmp_path, transactions=write_csv(tmp_path / "t.csv", HEADER, rows)), "rejected_rows")

    assert (finding.column, finding.count) == ("customer_id", 2)


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%m/%d/%Y %H:%M"])
def test_dates_as_text(tmp_path: Path, form: str) -> None:
    lines = build_lines().with_columns(pl.col("timestamp").dt.strftime(form))

    result = check(tmp_path, transactions=lines)

    assert result.rows == (len(lines), len(lines), 0)
    assert result.base is not None
    assert result.base.first_day == dt.date(2022, 1, 1)


def test_dates_that_are_none(tmp_path: Path) -> None:
    lines = build_lines().with_columns(pl.col("timestamp").dt.strftime("%F"))
    lines[3, "timestamp"] = "31.02.2022 noon"

    result = check(tmp_path, transactions=lines)

    assert find(result, "rejected_rows").count == 1
    rejected = pl.read_parquet(result.rejected)
    assert rejected.select("table", "row").rows() == [("transactions", 4)]
    assert "31.02.2022 noon" in rejected["reason"][0]
    assert lines["customer_id"][3] in rejected["values"][0]


def test_dates_in_the_future_stop(tmp_path: Path) -> None:
    lines = build_lines()
    lines[0, "timestamp"] = dt.datetime(2099, 1, 1)

    result = check(tmp_path, transactions=lines)

    finding = find(result, "future_dates")
    assert (finding.severity, finding.count) == (Severity.ERROR, 1)
    assert "2099-01-01" in finding.text
    assert result.base is not None
    assert result.base.newest_day.year == 2023


def test_dates_in_1970(tmp_path: Path) -> None:
    lines = build_lines()
    lines[0, "timestamp"] = dt.datetime(1970, 1, 1)
    lines[1, "timestamp"] = dt.datetime(1970, 6, 1)

    result = check(tmp_path, transactions=lines)

    assert result.rows[2] == 1
    assert find(result, "implausible_dates").count == 1


def test_infinite_nan_and_giant_amounts(tmp_path: Path) -> None:
    lines = build_lines()
    for row, amount in enumerate([float("inf"), float("-inf"), float("nan"), 1e12, 1e9]):
        lines[row, "amount"] = amount

    result = check(tmp_path, transactions=lines)

    assert result.rows[2] == 4
    assert {finding.count for finding in result.findings if finding.code == "rejected_rows"} == {3, 1}
    assert find(result, "extreme_amounts").count == 1


def test_ids_as_numbers_in_one_table_and_text_in_the_other(tmp_path: Path) -> None:
    lines = build_lines().with_columns(pl.col("customer_id").str.slice(1).cast(pl.Int64))
    people = lines.select(pl.col("customer_id").cast(pl.String)).unique()

    result = check(tmp_path, transactions=lines, customers=people)

    assert find(result, "id_types_differ").severity is Severity.NOTE
    assert find(result, "overlap").count == 40


def test_ids_that_differ_in_leading_zeros(tmp_path: Path) -> None:
    lines = build_lines().with_columns(pl.col("customer_id").str.slice(1))
    people = lines.select(pl.col("customer_id").cast(pl.Int64)).unique()

    finding = find(check(tmp_path, transactions=lines, customers=people), "ids_written_differently")

    assert finding.severity is Severity.WARNING or finding.severity is Severity.ERROR
    assert finding.table == "customers"


def test_ids_of_another_world(tmp_path: Path) -> None:
    people = pl.DataFrame({"customer_id": ["x1", "x2"]})

    assert (
        find(check(tmp_path, transactions=build_lines(), customers=people), "ids_do_not_meet").severity
        is Severity.ERROR
    )


def test_byte_order_marks(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", HEADER, build_lines().iter_rows())
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "marked.csv").write_bytes(path.read_text(encoding="utf-8").encode(encoding))

        assert not check(tmp_path, transactions=tmp_path / "marked.csv").of(Severity.ERROR)


def test_a_truncated_parquet_file(tmp_path: Path) -> None:
    build_lines().write_parquet(tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])

    assert "truncated" in worst(tmp_path, tmp_path / "cut.parquet")


def test_a_parquet_file_that_breaks_half_way_is_an_error_of_its_table(tmp_path: Path) -> None:
    build_lines(200).write_parquet(tmp_path / "t.parquet", row_group_size=500)
    whole = bytearray((tmp_path / "t.parquet").read_bytes())
    whole[len(whole) // 4 : len(whole) // 2] = bytes(len(whole) // 2 - len(whole) // 4)
    (tmp_path / "t.parquet").write_bytes(whole)

    errors = check(tmp_path, transactions=tmp_path / "t.parquet").of(Severity.ERROR)

    assert errors


def test_a_database_that_is_down(tmp_path: Path) -> None:
    settings = load_settings(
        write_config(
            tmp_path,
            {},
            more='[tables.transactions]\nsource = "postgresql://u:secret@127.0.0.1:1/x"\nquery = "SELECT 1"',
        )
    )

    result = check_tables(settings, NOW)

    finding = find(result, "unreadable")
    assert "can't be reached" in finding.text
    assert "secret" not in str(result.to_dict())


def test_all_tables_are_judged_even_if_one_fails(tmp_path: Path) -> None:
    events = pl.DataFrame(
        {"customer_id": ["c0001"], "timestamp": [dt.datetime(2022, 2, 2)], "kind": ["emailopen"]}
    )

    result = check(tmp_path, transactions=tmp_path / "no.csv", events=events)

    assert {"unreadable", "misspelt_kind"} <= codes(result)
    assert result.base is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", " ", None]), st.sampled_from(["1", "x", "", "nan", "2e13"])),
        min_size=1,
        max_size=30,
    )
)
def test_counts_always_add_up(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, str]]
) -> None:
    folder = tmp_path_factory.mktemp("adds_up")
    lines = pl.DataFrame(rows, schema={"customer_id": pl.String, "amount": pl.String}, orient="row")

    result = check(folder, transactions=lines.with_columns(timestamp=dt.datetime(2023, 5, 5)))

    bad = sum(who is None or not who.strip() or amount not in {"1"} for who, amount in rows)
    assert result.rows == (len(rows), len(rows) - bad, bad)
    assert len(pl.read_parquet(result.rejected)) == bad
    assert sum(finding.count or 0 for finding in result.findings if finding.code == "rejected_rows") == bad


def test_batches_give_what_one_batch_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = build_lines().with_columns(region=pl.col("customer_id").str.slice(4))
    lines = pl.concat([lines, lines.head(7)])
    whole = check(tmp_path, transactions=lines).to_dict()
    monkeypatch.setattr("training.check.table_profile.BATCH_ROWS", 97)
    lines.write_parquet(tmp_path / "transactions.parquet", row_group_size=100)

    pieces = check(tmp_path, transactions=tmp_path / "transactions.parquet").to_dict()

    assert whole["tables"][0]["exact_duplicates"] == 7
    for part in ("findings", "base", "series"):
        assert pieces[part] == whole[part]


def test_months_begin_where_the_business_is(tmp_path: Path) -> None:
    lines = pl.DataFrame(
        {"customer_id": ["a"], "timestamp": [dt.datetime(2023, 1, 1, 3, tzinfo=dt.UTC)], "amount": [1.0]}
    )

    result = check(tmp_path, more='[project]\ntimezone = "America/New_York"', transactions=lines)

    assert result.base is not None
    assert result.base.newest_day == dt.date(2022, 12, 31)


def test_real_data_is_read_whole(tmp_path: Path) -> None:
    source = find_bench_data("online_retail_ii", "transactions.parquet")

    result = check(tmp_path, {"timestamp": "ts", "region": "country"}, transactions=source)

    assert result.rows == (809_560, 809_560, 0)
    assert not result.of(Severity.ERROR)
    assert result.base is not None
    assert len(result.tables[0].profile.customers) == 5_942  # type: ignore[union-attr]
    assert find(result, "extreme_amounts").count == 4


def test_an_engine_that_panics_half_way_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(column: pl.Series) -> pl.Series:
        if (column == "c0030").any():
            raise pl.exceptions.PanicException("a defect")
        return column

    def scan(*arguments: object, **options: object) -> pl.LazyFrame:
        rows = scan_rows(*arguments, **options)  # type: ignore[arg-type]
        return rows.with_columns(pl.col("customer_id").map_batches(panic, pl.String, is_elementwise=True))

    monkeypatch.setattr("training.check.tables.scan_rows", scan)
    path = write_csv(tmp_path / "t.csv", HEADER, build_lines().sort("customer_id").iter_rows())

    result = check(tmp_path, transactions=path)

    assert [finding.code for finding in result.of(Severity.ERROR)] == ["unreadable"]
    assert result.base is None


def test_rows_that_vanish_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.check.tables._count_rows", lambda table: len(build_lines()) + 5)

    assert "rows were read" in find(check(tmp_path, transactions=build_lines()), "unreadable").text


def test_rejected_rows_name_their_file_and_copies_and_empty_files_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    for number in range(3):
        lines = build_lines(10 + number).with_columns(pl.col("amount").cast(pl.String))
        lines[4, "amount"] = f"x{number}"
        write_csv(folder / f"{number}.csv", HEADER, lines.iter_rows())
    (folder / "copy.csv").write_bytes((folder / "0.csv").read_bytes())
    (folder / "empty.csv").touch()

    result = check(tmp_path, transactions=folder)

    rejected = pl.read_parquet(result.rejected).sort("file")
    assert rejected["row"].to_list() == [5, 5, 5]
    assert [Path(file).name for file in rejected["file"]] == ["0.csv", "1.csv", "2.csv"]
    left_out = [finding.text for finding in result.findings if finding.code == "left_out"]
    assert any("copy.csv is a copy" in text for text in left_out)
    assert any("empty.csv" in text for text in left_out)


def test_amounts_with_three_digits_after_a_point_are_in_doubt(tmp_path: Path) -> None:
    lines = build_lines().with_columns(amount=pl.format("{}.250", pl.col("amount").cast(pl.Int64)))

    finding = find(check(tmp_path, transactions=lines), "read_in_doubt")

    assert (finding.column, finding.severity) == ("amount", Severity.WARNING)


def test_a_failing_report_leaves_the_old_rejected_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = check(tmp_path, transactions=build_lines())
    settings = load_settings(tmp_path / "uptier.toml")
    content, reports = before.rejected.read_bytes(), settings.project.workspace / "reports"
    reports.touch()

    with pytest.raises(NotADirectoryError):
        check_and_save(settings, NOW)

    assert before.rejected.read_bytes() == content
    assert {each.name for each in settings.project.workspace.iterdir()} == {"rejected.parquet", "reports"}


def test_several_currencies_in_a_database(tmp_path: Path) -> None:
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=1).close()
    except OSError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    query = (
        "SELECT 'c' || i % 50 AS customer_id, 1.5 AS amount, timestamp '2024-01-01' AS timestamp, "
        "CASE WHEN i = 7 THEN 'SEK' ELSE 'EUR' END AS waehrung FROM generate_series(1, 400) i"
    )
    source = '[tables.transactions]\nsource = "postgresql://postgres@127.0.0.1:5432/test"'
    path = write_config(tmp_path, {}, more=f'{source}\nquery = """{query}"""')

    result = check_tables(load_settings(path), NOW)

    assert "EUR (399 rows), SEK (1 row)" in find(result, "mixed_currencies").text
