"""What readers see while somebody publishes, is killed, or runs out of disk: one publication or the other."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text

import models
from models.errors import StoreError
from models.score_store.query import CustomerQuery
from models.score_store.store import ScoreStore
from tests.models.score_store.bases import PUBLISHED, build_scores

_DYING = """
import os, signal, sys
from models.score_store import publishing
from models.score_store.store import ScoreStore
from tests.models.score_store.bases import PUBLISHED, build_scores

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(publishing, sys.argv[2], die)
ScoreStore(sys.argv[1]).publish(build_scores(seed=2), project="shop", currency="EUR", published_at=PUBLISHED)
"""


def publish(store: ScoreStore, version: str = "1", customers: int = 300) -> int:
    scores = build_scores(customers, seed=int(version), model_version=version)
    return store.publish(scores, project="shop", currency="EUR", published_at=PUBLISHED).number


def count_tables(store: ScoreStore) -> int:
    with store.database.reading() as connection:
        return len(store.database.list_tables(connection))


@contextmanager
def opened(uri: str) -> Iterator[ScoreStore]:
    store = ScoreStore(uri)
    try:
        yield store
    finally:
        store.dispose()


@pytest.mark.parametrize(("step", "current"), [("_load_details", 1), ("_make_current", 1), ("drop_old", 2)])
def test_killed_at_any_step_readers_see_one_or_the_other(
    uri: str, store: ScoreStore, step: str, current: int
) -> None:
    publish(store)
    tables = count_tables(store)

    died = subprocess.run(
        [sys.executable, "-c", _DYING, uri, step], cwd=Path(models.__file__).parents[1], check=False
    )

    assert died.returncode == -9
    seen = store.list(CustomerQuery(limit=1000))
    assert seen.publication.number == current
    assert len(seen.customers) == seen.publication.customers
    assert publish(store, "3") == current + 1
    assert publish(store, "4") == current + 2
    assert count_tables(store) == tables + 3, "two publications and nothing that was left behind"


def test_whoever_reads_while_others_publish_sees_whole_publications(uri: str, store: ScoreStore) -> None:
    publish(store)
    done = threading.Event()

    def publish_some() -> None:
        try:
            with opened(uri) as other:
                for version in range(2, 7):
                    publish(other, str(version))
        finally:
            done.set()

    publisher = threading.Thread(target=publish_some)
    publisher.start()
    seen = set()
    while not done.is_set():
        page = store.list(CustomerQuery(limit=200, tier="B"))
        assert {row["model_version"] for row in page.customers} == {page.publication.model_version}
        assert {row["tier"] for row in page.customers} == {"B"}
        seen.add(page.publication.number)
    publisher.join()
    assert len(seen) > 1
    assert store.list(CustomerQuery()).publication.number == 6


def test_who_publishes_at_the_same_time_waits(uri: str) -> None:
    numbers: list[int] = []

    def publish_two() -> None:
        with opened(uri) as store:
            numbers.extend(publish(store, str(version), 50) for version in (1, 2))

    publishers = [threading.Thread(target=publish_two) for _ in range(3)]
    for each in publishers:
        each.start()
    for each in publishers:
        each.join()
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_who_waits_too_long_is_refused(uri: str, store: ScoreStore, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store)
    monkeypatch.setattr("models.score_store.sqlite.LOCK_WAIT_S", 1)
    monkeypatch.setattr("models.score_store.postgres.LOCK_WAIT_S", 1)
    with opened(uri) as other, store.database.writing():
        with pytest.raises(StoreError, match="another process is writing to it; try again when it is done"):
            publish(other)
        assert other.current() is not None, "who reads does not wait"
    with opened(uri) as other:
        assert publish(other) == 2


def test_a_full_disk_leaves_what_was_published(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'scores.sqlite'}") as store:
        publish(store)
        with store.database.reading() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
    with opened(f"sqlite:///{tmp_path / 'scores.sqlite'}") as store:
        limit = f"PRAGMA max_page_count = {pages + 20}"
        event.listen(store.database.engine, "connect", lambda connection, _: connection.execute(limit))
        with pytest.raises(StoreError, match="the disk is full; what was there is intact"):
            publish(store, "2", 5000)
        page = store.list(CustomerQuery())
        assert (page.publication.number, page.total) == (1, 300)
    with opened(f"sqlite:///{tmp_path / 'scores.sqlite'}") as store:
        assert publish(store, "2", 5000) == 2


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        opened(f"sqlite:///{tmp_path}/file/scores.sqlite") as store,
        pytest.raises(StoreError, match="its folder can't be made"),
    ):
        publish(store)


def test_a_server_that_dropped_its_connections_is_connected_to_anew(store: ScoreStore, uri: str) -> None:
    publish(store)
    if uri.startswith("sqlite"):
        return
    with psycopg.connect(uri, autocommit=True) as other:
        others = "pid <> pg_backend_pid() AND application_name = 'uptier'"
        other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}".encode())
    assert len(store.get("c00000001")) == 1
