from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.bundle import load_bundle
from models.errors import BundleError, TrackingError
from models.model_index import ModelIndex, ModelVersion
from models.registry import Registry
from tests.models.small_model import save_small_bundle


def _fill(workspace: Path, *prices: float) -> Registry:
    """Write what an embedded store leaves: its bundles, and the index with the last one as champion."""
    registry = Registry(workspace, "", "my/shop")
    versions = []
    for number, price in enumerate(prices, start=1):
        checksum = save_small_bundle(workspace / "mlflow" / str(number) / "bundle", price)
        created = datetime(2026, 1, number, tzinfo=UTC)
        source = f"mlflow/{number}"
        versions.append(
            ModelVersion(version=number, bundle=checksum, created=created, run_id="r", source=source)
        )
    index = ModelIndex(store="", model="my/shop", aliases={"champion": len(prices)}, versions=tuple(versions))
    with registry.locked():
        registry.keep_index(index)
    return registry


def test_the_champion_is_found_and_fetched_without_mlflow(tmp_path: Path) -> None:
    _fill(tmp_path, 1.0, 2.0)
    run = (
        "import sys\nfrom pathlib import Path\nfrom models.registry import Registry\n"
        "registry = Registry(Path(sys.argv[1]), '', 'my/shop')\n"
        "print(registry.fetch(registry.read().find('champion')).name)\n"
        "assert not {'mlflow', 'pandas', 'sqlalchemy'} & sys.modules.keys()"
    )
    command = [sys.executable, "-c", run, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    kept = tmp_path / "models" / "bundles" / done.stdout.strip()
    assert load_bundle(kept).documents == {"price": 2.0}


def test_nothing_is_registered_at_first(tmp_path: Path) -> None:
    index = Registry(tmp_path, "", "shop").read()
    assert (index.champion, index.challenger, index.versions) == (None, None, ())
    with pytest.raises(TrackingError, match="no version is registered; run `uptier train`"):
        index.find()


def test_a_version_is_found_by_number_and_alias(tmp_path: Path) -> None:
    index = _fill(tmp_path, 1.0, 2.0, 3.0).read()
    assert index.find().version == 3
    assert index.find("2") == index.find(2) == index.versions[1]
    with pytest.raises(TrackingError, match="no version '9' is registered, there are 1, 2, 3, champion"):
        index.find(9)


def test_a_cached_bundle_needs_no_store(tmp_path: Path) -> None:
    registry = _fill(tmp_path, 1.0)
    champion = registry.read().find()
    folder = registry.fetch(champion)
    (tmp_path / "mlflow").rename(tmp_path / "gone")
    assert registry.fetch(champion) == folder
    folder.rename(tmp_path / "cache lost")
    with pytest.raises(TrackingError, match="is gone, expected the bundle"):
        registry.fetch(champion)


@pytest.mark.parametrize("harm", ["altered", "swapped"])
def test_a_harmed_cache_is_restored_from_the_store(tmp_path: Path, harm: str) -> None:
    registry = _fill(tmp_path, 1.0, 2.0)
    first, champion = registry.read().versions
    folder = registry.fetch(champion)
    if harm == "altered":
        (folder / "trees.txt").write_text("")  # as a power cut may leave it
    else:
        shutil.rmtree(folder)
        registry.fetch(first).rename(folder)
    assert registry.load(champion).documents == {"price": 2.0}
    assert load_bundle(folder).documents == {"price": 2.0}


def test_a_workspace_may_be_moved(tmp_path: Path) -> None:
    _fill(tmp_path / "here", 1.0)
    (tmp_path / "here").rename(tmp_path / "there")
    registry = Registry(tmp_path / "there", "", "my/shop")
    assert load_bundle(registry.fetch(registry.read().find())).documents == {"price": 1.0}


@pytest.mark.parametrize("harm", ["altered", "swapped", "missing file"])
def test_a_broken_bundle_is_refused_and_not_kept(tmp_path: Path, harm: str) -> None:
    registry = _fill(tmp_path, 1.0, 2.0)
    stored = tmp_path / "mlflow" / "2" / "bundle"
    if harm == "altered":
        (stored / "price.json").write_text("3.0\n")
    elif harm == "swapped":
        stored.rename(tmp_path / "aside")
        (tmp_path / "mlflow" / "1" / "bundle").rename(stored)
    else:
        (stored / "trees.txt").unlink()
    with pytest.raises(BundleError) as error:
        registry.load(registry.read().find())
    assert "'my/shop'" in str(error.value)
    assert "bundles/." not in str(error.value)
    assert list((tmp_path / "models" / "bundles").iterdir()) == []


def test_processes_that_fetch_at_once_share_one_bundle(tmp_path: Path) -> None:
    registry = _fill(tmp_path, 1.0)
    champion = registry.read().find()
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(registry.fetch, [champion] * 32))
    assert len(folders) == 1
    assert list((tmp_path / "models" / "bundles").iterdir()) == list(folders)


def test_an_index_that_was_cut_off_is_one_clear_error(tmp_path: Path) -> None:
    registry = _fill(tmp_path, 1.0)
    registry.index_path.write_bytes(registry.index_path.read_bytes()[:50])
    with pytest.raises(TrackingError, match="delete it, and `uptier models` writes it anew"):
        registry.read()


def test_what_was_heard_from_another_store_is_not_taken_for_this_one(tmp_path: Path) -> None:
    _fill(tmp_path, 1.0)
    assert Registry(tmp_path, "http://127.0.0.1:9", "my/shop").read_cached().versions == ()


@pytest.mark.parametrize("uri", ["postgresql://me:s3cret@db/mlflow", "mlruns", "file:///tmp/x", "databricks"])
def test_only_a_server_is_a_uri(tmp_path: Path, uri: str) -> None:
    with pytest.raises(TrackingError, match="expected the address of an MLflow server") as caught:
        Registry(tmp_path, uri, "shop")
    assert "s3cret" not in str(caught.value)


def test_a_server_that_is_gone_is_reported_in_seconds(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(
        TrackingError, match=r"http://me:\*\*\*@127\.0\.0\.1:9: no MLflow server can be reached"
    ):
        Registry(tmp_path, "http://me:s3cret@127.0.0.1:9", "shop").read()
    assert time.monotonic() - start < 6


@contextmanager
def _answering(status: int, body: bytes, seen: list[str | None] | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if seen is not None:
                seen.append(self.headers["Authorization"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"<html>hello</html>", "something else than JSON; is it an MLflow server"),
        (200, b"[1]", "answers what an MLflow server would not"),
        (200, b'{"registered_model": {"aliases": [{"alias": "champion"}]}}', "answers what an MLflow server"),
        (404, b"not here", "answers 404"),
        (500, b"", "answers 500"),
        (401, b"", "refuses access; set MLFLOW_TRACKING_TOKEN"),
    ],
)
def test_something_else_than_mlflow_is_one_clear_error(
    tmp_path: Path, status: int, body: bytes, message: str
) -> None:
    with _answering(status, body) as address, pytest.raises(TrackingError, match=message):
        Registry(tmp_path, f"http://{address}", "shop").read()


def test_credentials_come_from_the_uri_or_mlflow_s_own_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    with _answering(200, b"{}", seen) as address:
        Registry(tmp_path, f"http://me:s%40cret@{address}", "shop").read()
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "token")
        Registry(tmp_path, f"http://{address}", "shop").read()
    assert seen[0] == "Basic " + base64.b64encode(b"me:s@cret").decode()
    assert seen[-1] == "Bearer token"
