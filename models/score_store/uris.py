"""Which database a URI means."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import ArgumentError

from features.databases import hide_password
from features.errors import ConfigError
from models.score_store.database import Database
from models.score_store.postgres import Postgres
from models.score_store.sqlite import Sqlite


def open_database(uri: str | Path) -> Database:
    """Return the database of a URI, or of the path of an SQLite file; it is not connected to yet.

    Raises
    ------
    ConfigError
        When the URI is neither SQLite's nor PostgreSQL's.

    Examples
    --------
    >>> open_database("postgresql://me:secret@db/crm").label
    'postgresql://me:***@db/crm'
    """
    if isinstance(uri, Path):
        return Sqlite(uri)
    scheme, separator, rest = uri.partition("://")
    kind = scheme.lower().partition("+")[0]
    if separator and kind == "sqlite" and rest.strip("/"):
        return Sqlite(Path(rest.removeprefix("/")))
    if separator and kind in {"postgresql", "postgres"}:
        try:
            return Postgres(f"postgresql://{rest}")
        except (ArgumentError, ValueError):
            uri = f"{scheme}://…"  # where the password stands in it can't be told
    raise ConfigError(
        f"{hide_password(uri)!r} is no database that scores can be kept in; expected"
        " postgresql://user@host/database or sqlite:///file"
    )
