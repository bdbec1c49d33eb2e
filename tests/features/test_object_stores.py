from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from features.csv_files import SURPLUS
from features.errors import SourceError
from features.sources import scan_source
from tests.features.object_store import serve_objects

FRAME = pl.DataFrame({"customer_id": ["00123", "00124"], "city": ["Köln", "Genève"]})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "sales").mkdir()
    FRAME.write_parquet(tmp_path / "sales" / "c.parquet")
    FRAME.write_csv(tmp_path / "sales" / "c.csv")
    with serve_objects(tmp_path) as address:
        yield address


@pytest.fixture
def nowhere() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(params=["http", "s3"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return which kind of address is used."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return str(request.param)


def address_of(place: str, server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    if place == "http":
        return f"{server}/sales"
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    return "s3://sales"


@pytest.mark.parametrize("name", ["c.parquet", "c.csv"])
def test_objects_are_read(store: str, place: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = scan_source(f"{address_of(place, store, monkeypatch)}/{name}").drop(SURPLUS, strict=False)

    assert found.collect().equals(FRAME)


@pytest.mark.parametrize("name", ["none.parquet", "none.csv"])
def test_an_object_that_is_not_there_is_one_line(
    store: str, place: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"{address_of(place, store, monkeypatch)}/{name}"

    with pytest.raises(SourceError, match=r"none\.(parquet|csv) can't be read: .*not found") as caught:
        scan_source(source)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["s3"], indirect=True)
@pytest.mark.parametrize("name", ["c.parquet", "c.csv"])
def test_a_store_that_is_down_is_said_within_seconds(
    nowhere: str, place: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nowhere)
    source = f"{place}://nobody/{name}"  # a bucket of its own: connections to the others may still be open
    start = time.monotonic()

    with pytest.raises(SourceError, match=r"c\.(parquet|csv) can't be read: .*") as caught:
        scan_source(source)

    assert time.monotonic() - start < 20, "it is given up after a few tries"
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_file_may_be_named_by_its_uri(tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "two words.parquet")

    assert scan_source((tmp_path / "two words.parquet").as_uri()).collect().equals(FRAME)
