from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import create_engine, make_url, text

from features.errors import ConfigError
from models.errors import StoreError
from tests.models.score_store.bases import build_scores, postgres_schema
from training.score_table import save_to_table

SCORES = build_scores(300)


@pytest.fixture(params=["sqlite", "postgresql"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'crm.sqlite'}?"
        return
    with postgres_schema() as uri:
        yield f"{uri}&"


def ask(uri: str, query: str) -> list[tuple[object, ...]]:
    plain = uri.rstrip("?&").replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(make_url(plain), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            found = connection.execute(text(query))
            return [tuple(row) for row in found] if found.returns_rows else []
    finally:
        engine.dispose()


def test_every_score_is_a_row(uri: str) -> None:
    where = save_to_table(SCORES, f"{uri}table=scores")
    assert where.endswith(", table scores")
    found = ask(uri, "SELECT customer_id, expected_value, upgrade_probability FROM scores ORDER BY 1")
    assert found == SCORES.select("customer_id", "expected_value", "upgrade_probability").rows()
    assert ask(uri, "SELECT count(*) FROM scores WHERE reasons LIKE '{%'") == [(300,)]


def test_a_table_that_is_there_is_replaced(uri: str) -> None:
    save_to_table(SCORES, f"{uri}table=scores")
    save_to_table(SCORES.head(7).drop("region"), f"{uri}table=scores")
    assert ask(uri, "SELECT count(*) FROM scores") == [(7,)]


def test_without_a_name_the_table_is_ours(uri: str) -> None:
    save_to_table(SCORES.head(0), uri.rstrip("?&"))
    assert ask(uri, "SELECT count(*) FROM uptier_scores") == [(0,)]


def test_what_fails_leaves_the_old_table(uri: str) -> None:
    save_to_table(SCORES, f"{uri}table=scores")
    twice = SCORES.with_columns(pl.lit(1.0).alias("Expected_Value"))  # SQLite tells no case apart
    if uri.startswith("postgresql"):
        ask(uri, "CREATE VIEW needed AS SELECT * FROM scores")
    with pytest.raises(StoreError, match=r"duplicate column|other objects depend on it"):
        save_to_table(twice, f"{uri}table=scores")
    assert ask(uri, "SELECT count(*) FROM scores") == [(300,)]


def test_a_schema_may_be_named() -> None:
    with postgres_schema() as uri:
        schema = uri.rpartition("%3D")[2]
        save_to_table(SCORES, f"postgresql://postgres@127.0.0.1:5432/test?table={schema}.scores")
        assert ask(uri, "SELECT count(*) FROM scores") == [(300,)]


@pytest.mark.parametrize("name", ["", "a;b", 'a"b', "a.b.c", "a b", "x" * 60])
def test_what_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no name of a table; expected letters, digits and _"):
        save_to_table(SCORES, f"sqlite:///{tmp_path}/a.sqlite?table={name.replace(';', '%3B')}")


def test_another_database_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError, match="is no database") as caught:
        save_to_table(SCORES, "mysql://me:secret@host/db?table=scores")
    assert "secret" not in str(caught.value)
