from __future__ import annotations

import gzip
import shutil
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from features.csv_files import SURPLUS
from features.databases import hide_password
from features.errors import ConfigError, SourceError
from features.sources import reading, scan_source

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
TEXT = "customer_id,city\n00123,Köln\n00124,Genève\n"


def read(path: Path | str, query: str | None = None) -> list[tuple[object, ...]]:
    return scan_source(str(path), query).drop(SURPLUS, strict=False).collect().rows()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_keeps_its_text_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(TEXT.encode(encoding))

    assert scan_source(str(path)).collect_schema().names()[0] == "customer_id"
    assert read(path) == [("00123", "Köln"), ("00124", "Genève")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f'id{delimiter}note\n1{delimiter}"a,b;c"\n2{delimiter}"d, e"\n')

    assert read(path) == [("1", "a,b;c"), ("2", "d, e")]


def test_gzip_is_read_whatever_the_name(tmp_path: Path) -> None:
    for name in ("c.csv.gz", "c.csv"):
        (tmp_path / name).write_bytes(gzip.compress(TEXT.encode()))
        assert read(tmp_path / name)[0] == ("00123", "Köln")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_zstandard_is_read(tmp_path: Path, encoding: str) -> None:
    with pa.output_stream(str(tmp_path / "c.csv.zst"), compression="zstd") as file:
        file.write(TEXT.encode(encoding))

    assert read(tmp_path) == [("00123", "Köln"), ("00124", "Genève")]


def test_a_header_may_stand_below_blank_lines_and_hold_a_break(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(b'\r\n \r\n"a\r\nb", c \r\n1,2\r\n')

    assert scan_source(str(path)).drop(SURPLUS).collect().rows(named=True) == [{"a b": "1", "c": "2"}]


def test_an_open_quote_is_said_with_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text('a,b\n1,"open\n' + "2,x\n" * 50_000)

    with pytest.raises(SourceError, match='begins with "open is not closed'), reading("transactions"):
        scan_source(str(path)).collect()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('a,b\n1,x "y\n2,z\n', 'in line 2 the quote in the field that begins with x "y is not closed'),
        ('a,"b\n1,2\n3,4\n', "a quote in the header is not closed"),
    ],
)
def test_a_stray_quote_is_said(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text)

    with pytest.raises(SourceError, match=says), reading("transactions"):
        scan_source(str(path)).collect()


def test_lines_may_end_in_carriage_returns_alone(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(TEXT.replace("\n", "\r").encode())

    assert read(path) == [("00123", "Köln"), ("00124", "Genève")]


def test_a_panic_is_an_error_of_the_source() -> None:
    frame = pl.DataFrame({"t": [2**63 - 1]}).cast(pl.Datetime("us"))

    with pytest.raises(SourceError, match="transactions can't be read"), reading("transactions"):
        frame.select(pl.col("t").cast(pl.String))


def test_pieces_without_rows_are_passed_over_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in {"1": "id\n", "2": "id\na\n", "3": "", "4": "id\nb\n"}.items():
        (tmp_path / f"{name}.csv").write_text(text)
    assert read(tmp_path) == [("a",), ("b",)]
    assert "1.csv holds a header and no line below it; it is passed over" in caplog.text
    assert "3.csv is empty; it is passed over" in caplog.text

    with pytest.raises(SourceError, match="no line below"):
        scan_source(str(tmp_path / "[13].csv"))


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(TEXT.encode("cp1252"))
    read(path)
    path.write_bytes(TEXT.replace("Köln", "Düren").encode("cp1252"))

    assert read(path)[0] == ("00123", "Düren")


def test_lines_longer_than_the_header_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("a,b\n1,2\n3\n4,5,6,7\n8,9,\n")

    assert scan_source(str(path)).collect().rows() == [
        ("1", "2", None),
        ("3", None, None),
        ("4", "5", "6"),
        ("8", "9", None),
    ]


def test_headers_without_or_with_equal_names_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("[a],b\n1,2\n")
    assert scan_source(str(path)).drop(SURPLUS).collect().columns == ["[a]", "b"]

    path.write_text("a,,a\n1,2,3\n")

    frame = scan_source(str(path)).drop(SURPLUS).collect()
    assert frame.rows(named=True) == [{"a": "1", "column_2": "2", "a_2": "3"}]


def test_pieces_join_by_name_in_the_order_of_their_paths(tmp_path: Path) -> None:
    pl.DataFrame({"b": ["y"], "a": [2]}).write_parquet(tmp_path / "2.parquet")
    pl.DataFrame({"a": [1], "b": ["x"]}).write_parquet(tmp_path / "1.parquet")
    (tmp_path / "_SUCCESS").touch()

    assert read(tmp_path) == read(tmp_path / "*.parquet") == [(1, "x"), (2, "y")]


def test_a_number_in_one_piece_meets_text_in_another(tmp_path: Path) -> None:
    pl.DataFrame({"id": [1.0, None]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"id": ["1"], "extra": [True]}).write_parquet(tmp_path / "2.parquet")

    assert read(tmp_path) == [("1", None), (None, None), ("1", True)]


def test_partitions_of_a_folder_are_a_column(tmp_path: Path) -> None:
    for year in (2010, 2011):
        (tmp_path / f"year={year}").mkdir()
        pl.DataFrame({"a": [year]}).write_parquet(tmp_path / f"year={year}" / "p.parquet")

    assert read(tmp_path) == [(2010, 2010), (2011, 2011)]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_copy_of_a_piece_is_read_once_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    for name, ids in {"1": ["a", "b"], "2": ["c", "d"]}.items():
        frame, path = pl.DataFrame({"id": ids}), tmp_path / f"{name}.{ending}"
        frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    (tmp_path / "0").mkdir()
    shutil.copy(tmp_path / f"2.{ending}", tmp_path / "0" / f"2 (copy).{ending}")
    (tmp_path / f"link.{ending}").symlink_to(tmp_path / f"1.{ending}")

    rows = [("c",), ("d",), ("a",), ("b",)]
    assert read(tmp_path) == read(f"{tmp_path}/**/*.{ending}") == rows
    assert f"2.{ending} is a copy of" in caplog.text
    assert f"link.{ending} is a copy of {tmp_path / '1'}.{ending}; it is read once" in caplog.text


def test_equal_pieces_of_two_partitions_are_two(tmp_path: Path) -> None:
    for year in (2010, 2011):
        (tmp_path / f"year={year}").mkdir()
        pl.DataFrame({"a": [1]}).write_parquet(tmp_path / f"year={year}" / "p.parquet")

    assert read(tmp_path) == [(1, 2010), (1, 2011)]


def test_pieces_of_equal_size_are_not_taken_for_copies(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(f"id\n{name}\n")

    assert read(tmp_path) == [("a",), ("b",)]


@pytest.fixture
def parquet(tmp_path: Path) -> bytes:
    pl.DataFrame({"a": range(100)}).write_parquet(tmp_path / "good.parquet")
    return (tmp_path / "good.parquet").read_bytes()


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, parquet: bytes) -> None:
    (tmp_path / "folder").mkdir()
    cases = {
        "cut.parquet": (parquet[:-30], "truncated Parquet"),
        "text.parquet": (TEXT.encode(), "not a Parquet file"),
        "binary.csv": (parquet, "rename it to .parquet"),
        "book.csv": (b"PK\x03\x04...", "Excel"),
        "empty.csv": (b"", "is empty"),
        "blank.csv": (b"\n \n", "is empty"),
        "header.csv": (b"a,b,c\n", "no line below"),
        "lines.csv": (b'{"a": 1}\n{"a": 2}\n', "this is JSON; convert it"),
        "list.csv": (b'[\n{"a": 1}]\n', "this is JSON; convert it"),
        "cut.csv.gz": (gzip.compress(TEXT.encode() * 99)[:-12], "truncated gzip"),
    }
    for name, (content, says) in cases.items():
        path = tmp_path / "folder" / name
        path.write_bytes(content)
        with pytest.raises(SourceError, match=says) as caught:
            scan_source(str(path))
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(TEXT)
    (tmp_path / "empty").mkdir()
    for source, says in {
        tmp_path / "sale.csv": "no such file; its folder holds empty, sales.csv",
        tmp_path / "no" / "sale.csv": "does not exist either",
        tmp_path / "*.parquet": "no file fits this pattern",
        tmp_path / "empty": "no Parquet or CSV file in this folder",
        "ftp://host/sales.csv": "a source is a file",
    }.items():
        with pytest.raises(SourceError, match=says):
            scan_source(str(source))


def test_a_folder_of_two_kinds_is_refused(tmp_path: Path, parquet: bytes) -> None:
    (tmp_path / "a.csv").write_text(TEXT)

    with pytest.raises(SourceError, match="1 csv and 1 parquet files"):
        scan_source(str(tmp_path))


def test_a_file_damaged_inside_is_one_line_when_it_is_read(tmp_path: Path, parquet: bytes) -> None:
    path = tmp_path / "damaged.parquet"
    path.write_bytes(parquet[:4] + b"x" * 60 + parquet[64:])

    with pytest.raises(SourceError, match=r"transactions can't be read: .+"), reading("transactions"):
        scan_source(str(path)).collect()


@pytest.fixture
def postgres() -> str:
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=1).close()
    except OSError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    return POSTGRES


def test_a_query_is_read_with_its_types(postgres: str) -> None:
    query = """
        SELECT g AS customer_id, timestamptz '2011-01-01 00:00+00' + g * interval '1 hour' AS ts,
               (g * 1.25)::numeric AS amount, 'p' || g AS product_id
        FROM generate_series(1, 70000) AS g ORDER BY g  -- a comment at the end
    """
    frame = scan_source(postgres, query)

    assert frame.collect_schema() == {
        "customer_id": pl.Int32,
        "ts": pl.Datetime("us", "UTC"),
        "amount": pl.Float64,
        "product_id": pl.String,
    }
    assert frame.select(pl.len(), pl.col("amount").sum()).collect().row(0) == (
        70000,
        70000 * 70001 / 2 * 1.25,
    )
    assert frame.filter(pl.col("customer_id") > 69999).select("product_id").collect().item() == "p70000"
    assert frame.head(2).collect().height == 2


@pytest.mark.parametrize("end", [";", "; -- a comment", ";\n/* one */ -- two;\n", " -- ; three"])
def test_a_query_may_end_in_any_way(postgres: str, end: str) -> None:
    assert read(postgres, f"SELECT '; -- x' AS a{end}") == [("; -- x",)]


@pytest.mark.parametrize("sql", ["12.34::money", "ARRAY[12.34::money]"])
def test_money_is_refused_by_name(postgres: str, sql: str) -> None:
    with pytest.raises(SourceError, match="column 'price' of the database is money; cast it to numeric"):
        scan_source(postgres, f"SELECT {sql} AS price")


@pytest.mark.parametrize(
    "sql",
    [
        "interval '1 day'",
        "ARRAY[1, 2]",
        "ARRAY[interval '1 day']",
        "'{}'::json",
        "'{}'::jsonb",
        "NULL::int[]",
    ],
)
def test_types_that_only_the_database_knows_are_text(postgres: str, sql: str) -> None:
    frame = scan_source(postgres, f"SELECT {sql} AS a").collect()

    assert frame.schema == {"a": pl.String}


def test_infinity_is_read(postgres: str) -> None:
    query = "SELECT 'infinity'::timestamp AS a, '-infinity'::timestamptz AS b, 'infinity'::date AS c"

    assert scan_source(postgres, query).collect().shape == (1, 3)


def test_an_answer_without_rows_has_its_columns(postgres: str) -> None:
    frame = scan_source(postgres, "SELECT 1 AS a, 'x'::text AS b WHERE false")

    assert frame.collect().schema == {"a": pl.Int32, "b": pl.String}


@pytest.mark.parametrize(
    ("query", "says"),
    [("SELECT * FROM nosuch", 'the query fails .relation "nosuch"'), ("SELEC 1", "the query fails .syntax")],
)
def test_a_query_that_fails_is_one_line(postgres: str, query: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        scan_source(postgres, query)

    assert "\n" not in str(caught.value)


def test_a_database_or_user_that_is_not_there(postgres: str) -> None:
    with pytest.raises(SourceError, match=r"can't be reached .database .nodb. does not exist"):
        scan_source(postgres.replace("/test", "/nodb"), "SELECT 1")
    with pytest.raises(SourceError, match=r'refuses user or password .role "nobody" does not exist'):
        scan_source(postgres.replace("postgres@", "nobody:s3cret@"), "SELECT 1")


def test_a_database_without_a_query() -> None:
    with pytest.raises(ConfigError, match="needs a query"):
        scan_source(POSTGRES)


def test_a_database_that_is_down_does_not_tell_the_password() -> None:
    with pytest.raises(SourceError, match="can't be reached") as caught:
        scan_source("postgresql://me:s3cret@127.0.0.1:1/sales", "SELECT 1")

    assert "s3cret" not in str(caught.value)


@pytest.fixture
def refusing_server() -> Iterator[int]:
    """Serve PostgreSQL's protocol up to where a password is refused, as the local server trusts everyone."""

    def packet(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    def refuse(server: socket.socket) -> None:
        with server.accept()[0] as client:
            while struct.unpack("!ii", client.recv(1024)[:8])[1] != 196608:
                client.sendall(b"N")  # no encryption
            client.sendall(packet(b"R", struct.pack("!i", 3)))
            client.recv(1024)
            fields = b'SFATAL\0C28P01\0Mpassword authentication failed for user "me"\0\0'
            client.sendall(packet(b"E", fields))

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=refuse, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def test_a_refused_password_is_said_and_not_told(refusing_server: int) -> None:
    with pytest.raises(SourceError, match="refuses user or password") as caught:
        scan_source(f"postgresql://me:s3cret@127.0.0.1:{refusing_server}/sales", "SELECT 1")

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:p%40ss%2Fword@host/db",
        "postgresql://host/db?user=me&password=p%40ss%2Fword",
    ],
)
def test_passwords_are_hidden(text: str) -> None:
    assert "word" not in hide_password(text).replace("password", "")
