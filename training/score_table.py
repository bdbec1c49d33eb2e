"""Scores into a table of a database: written beside the old one, then put in its place at once."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import polars as pl
from sqlalchemy import MetaData, Table
from sqlalchemy.schema import CreateTable, DropTable

from features.databases import hide_password
from features.errors import ConfigError
from models.score_store.database import Database
from models.score_store.schema import build_rows, build_table, find_kinds
from models.score_store.uris import open_database

DEFAULT_TABLE = "uptier_scores"
_NAME = re.compile(r"(?:(\w+)\.)?(\w{1,50})")
_ROWS = 25_000


def save_to_table(scores: pl.DataFrame, uri: str) -> str:
    """Write scores into a table, in one transaction; a table of this name is replaced.

    Parameters
    ----------
    scores : DataFrame
        Reasons are written as JSON.
    uri : str
        ``postgresql://user@host/database?table=name`` or ``sqlite:///file?table=name``; a name may be
        ``schema.name``, and is ``uptier_scores`` where none is given.

    Returns
    -------
    str
        What to call where they are, without a password.

    Raises
    ------
    ConfigError
        When the URI is no database's, or the table's name is none.
    StoreError
        When the database fails; the old table is intact then.
    """
    schema, name, bare = split_table(uri)
    database = open_database(bare)
    try:
        _replace(database, scores, schema, name)
    finally:
        database.engine.dispose()
    return f"{database.label}, table {name if schema is None else f'{schema}.{name}'}"


def _replace(database: Database, scores: pl.DataFrame, schema: str | None, name: str) -> None:
    table = build_table(f"{name}_new", find_kinds(scores), schema=schema)
    with database.writing() as connection:
        connection.execute(DropTable(table, if_exists=True))
        connection.execute(CreateTable(table))
        for rows in scores.iter_slices(_ROWS):
            database.load(connection, table, build_rows(rows))
        connection.execute(DropTable(Table(name, MetaData(), schema=schema), if_exists=True))
        quote = connection.dialect.identifier_preparer
        connection.exec_driver_sql(f"ALTER TABLE {quote.format_table(table)} RENAME TO {quote.quote(name)}")


def split_table(uri: str) -> tuple[str | None, str, str]:
    """Return schema and name of the table that a URI names, and the URI without them.

    Raises
    ------
    ConfigError
        When the URI is no database's, or the table's name is none.

    Examples
    --------
    >>> split_table("postgresql://me@host/crm?table=sales.scores")
    ('sales', 'scores', 'postgresql://me@host/crm')
    """
    parts = urlsplit(uri)
    options = parse_qsl(parts.query, keep_blank_values=True)
    name = dict(options).get("table", DEFAULT_TABLE)
    found = _NAME.fullmatch(name)
    if found is None:
        raise ConfigError(
            f"{hide_password(uri)}: table {name!r} is no name of a table; expected letters, digits and _"
        )
    rest = urlencode([(key, value) for key, value in options if key != "table"])
    bare = uri.partition("?")[0] + (f"?{rest}" if rest else "")
    open_database(bare).engine.dispose()
    return found[1], found[2], bare
