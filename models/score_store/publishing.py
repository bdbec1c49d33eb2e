"""Publishing: from scores to a publication that readers see at once or not at all."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import polars as pl
from sqlalchemy import Connection, MetaData, Table, delete, insert
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from features.errors import ConfigError
from models.errors import StoreError
from models.score_store.column_index import build_index
from models.score_store.database import Database
from models.score_store.publication import Publication
from models.score_store.reader import PublicationReader, read_numbers
from models.score_store.schema import (
    DETAILS,
    INDEX,
    PLACE,
    PUBLICATIONS,
    SCORES,
    build_details_table,
    build_index_table,
    build_rows,
    build_scores_table,
    find_kinds,
)
from models.score_store.summarise import summarise
from models.score_store.summary import Summary

logger = logging.getLogger(__name__)

KEPT = 2
"""Publications that stay: the current one, and the one before for its readers and for comparing."""

_NEEDED = (
    "customer_id", "as_of", "horizon_days", "model_version", "expected_value", "churn_probability",
    "trailing_value", "upgrade_probability", "upgrade_value", "priority", "segment", "tier", "current_tier",
)  # fmt: skip
_ROWS = 25_000
_TABLE = re.compile(rf"(?:{SCORES}|{DETAILS}|{INDEX})(\d+)")


def publish(
    database: Database,
    scores: pl.DataFrame,
    details: pl.DataFrame | None,
    *,
    project: str,
    currency: str,
    published_at: dt.datetime,
    starts: dict[str, float],
    overview: dict[str, Any],
) -> Publication:
    """Write scores beside what is published, make them current, and drop what nobody reads any more.

    Parameters are those of `models.score_store.store.ScoreStore.publish`.
    """
    keys = _check_scores(scores)
    scores = _sort(scores, keys)
    narrow = build_rows(scores.drop(pl.selectors.nested()))
    with database.writing() as connection:
        connection.execute(CreateTable(PUBLICATIONS, if_not_exists=True))
        before = _read_newest(database, connection)
        _check_project(database, before, project)
        publication = Publication(
            number=before.publication.number + 1 if before else 1,
            published_at=published_at,
            project=project,
            currency=currency,
            **_read_constants(scores, published_at),
            customers=len(scores),
            by_seller="seller_id" in keys,
            columns=tuple(scores.columns),
            summary=_summarise(narrow, currency, before),
            starts=starts,
            overview=overview,
        )
        _load_scores(database, connection, publication.number, scores)
        _load_index(connection, publication.number, build_index(narrow, scores.clear()))
        _load_details(database, connection, publication.number, details)
        _make_current(connection, publication, find_kinds(scores))
    logger.info("published %d customers as %d to %s", len(scores), publication.number, database.label)
    drop_old(database)
    return publication


def drop_old(database: Database) -> None:
    """Drop the tables of publications that are no longer listed; what somebody reads stays for later."""
    with suppress(StoreError), database.writing() as connection:
        listed = set(read_numbers(database, connection))
        for name in database.list_tables(connection):
            found = _TABLE.fullmatch(name)
            if found and int(found[1]) not in listed:
                connection.execute(DropTable(Table(name, MetaData())))
    database.tidy()


def _check_scores(scores: pl.DataFrame) -> list[str]:
    """Return the columns that tell rows apart, once everything needed is there."""
    missing = [repr(name) for name in _NEEDED if name not in scores.columns]
    if missing:
        raise ConfigError(f"the scores to publish have no column {', '.join(missing)}")
    keys = [name for name in scores.columns if name in {"customer_id", "seller_id"}]
    twice = scores.select(keys).filter(pl.struct(keys).is_duplicated())
    if len(twice):
        raise ConfigError(f"the scores to publish hold {' at '.join(map(repr, twice.row(0)))} more than once")
    if scores["customer_id"].null_count():
        raise ConfigError("the scores to publish hold a customer without customer_id")
    return keys


def _sort(scores: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Return scores by customer and seller; those that are in order already, as most are, are not copied."""
    order = scores.select(keys).with_row_index(PLACE).sort(keys)[PLACE]
    return scores if order.is_sorted() else scores[order]


def _check_project(database: Database, before: PublicationReader | None, project: str) -> None:
    if before and before.publication.project != project:
        raise ConfigError(
            f"{database.label} holds the scores of project {before.publication.project!r}; give {project!r} a"
            " store of its own: another file or database, or ?options=-csearch_path%3D<schema>"
        )


def _read_newest(database: Database, connection: Connection) -> PublicationReader | None:
    numbers = read_numbers(database, connection)
    return PublicationReader.find(database, numbers[0], connection) if numbers else None


def _read_constants(scores: pl.DataFrame, published_at: dt.datetime) -> dict[str, Any]:
    """Return what is the same in every row."""
    if scores.is_empty():
        return {"as_of": published_at, "horizon_days": 0, "model_version": ""}
    constants = scores.select("as_of", "horizon_days", "model_version").unique()
    if len(constants) > 1:
        raise ConfigError("the scores to publish are of several models or moments; publish those of one run")
    return constants.row(0, named=True)


def _summarise(narrow: pl.DataFrame, currency: str, before: PublicationReader | None) -> Summary:
    if before is None:
        return summarise(narrow, currency)
    return summarise(narrow, currency, before.publication.summary, before.index.load_standing())


def _load_scores(database: Database, connection: Connection, number: int, scores: pl.DataFrame) -> None:
    table = build_scores_table(number, find_kinds(scores))
    connection.execute(CreateTable(table))
    for start in range(0, len(scores), _ROWS):
        rows = build_rows(scores.slice(start, _ROWS))
        database.load(connection, table, rows.with_row_index(PLACE, offset=start))
    for index in table.indexes:
        connection.execute(CreateIndex(index))


def _load_index(connection: Connection, number: int, parts: Iterable[tuple[str, bytes]]) -> None:
    table = build_index_table(number)
    connection.execute(CreateTable(table))
    for name, content in parts:
        connection.execute(insert(table), {"name": name, "content": content})


def _load_details(
    database: Database, connection: Connection, number: int, details: pl.DataFrame | None
) -> None:
    table = build_details_table(number)
    connection.execute(CreateTable(table))
    if details is not None:
        told = details.select("customer_id", "detail").drop_nulls().unique("customer_id", keep="last")
        for rows in told.iter_slices(_ROWS):
            database.load(connection, table, rows)


def _make_current(connection: Connection, publication: Publication, kinds: Mapping[str, str]) -> None:
    """List a publication, and no longer list those before the one before."""
    connection.execute(
        insert(PUBLICATIONS),
        {
            "number": publication.number,
            "published": publication.model_dump_json(),
            "kinds": json.dumps(kinds),
        },
    )
    connection.execute(delete(PUBLICATIONS).where(PUBLICATIONS.c.number <= publication.number - KEPT))
