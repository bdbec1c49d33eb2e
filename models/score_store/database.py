"""A database that scores are written to and read from: SQLite or PostgreSQL behind one face.

Every statement stands alone but for those inside `writing`, which are one transaction: all of it is seen or
nothing. Only one process writes at a time; another waits `LOCK_WAIT_S` and is then refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, Table, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from features.databases import hide_password
from models.errors import StoreError

LOCK_WAIT_S = 60
"""How long to wait for another process that writes, in seconds."""


class Database(ABC):
    """A database.

    Parameters
    ----------
    engine : Engine
        Its connections commit every statement by themselves.
    label : str
        What messages call it; never with a password.
    """

    def __init__(self, engine: Engine, label: str) -> None:
        self.engine = engine
        self.label = label
        self._seen: set[str] = set()

    @abstractmethod
    def exists(self) -> bool:
        """Return whether there is anything to read; False before the first write."""

    @abstractmethod
    def _begin(self, connection: Connection) -> None:
        """Begin a transaction, as the only one that writes."""

    @abstractmethod
    def load(self, connection: Connection, table: Table, rows: pl.DataFrame) -> None:
        """Add rows whose columns are the table's, in its order; as many at a time as memory should hold."""

    @abstractmethod
    def is_among(self, column: ColumnElement[int], numbers: Sequence[int]) -> ColumnElement[bool]:
        """Return the condition that a column is one of many numbers, which go in one parameter."""

    @abstractmethod
    def tidy(self) -> None:
        """Give room back after writing, where that does not come by itself."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to read with; what fails becomes a `StoreError`."""
        with self._explaining(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection to write with; what is done on it is seen when all of it is done.

        Raises
        ------
        StoreError
            When another process has been writing for `LOCK_WAIT_S`, or the database fails: nothing has
            changed then.
        """
        with self._explaining(), self.engine.connect() as connection:
            try:
                self._begin(connection)
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                with suppress(SQLAlchemyError):  # the connection may be what failed
                    connection.exec_driver_sql("ROLLBACK")
                connection.invalidate()
                raise

    def has_table(self, connection: Connection, name: str) -> bool:
        """Return whether there is such a table; once seen, it is not looked for again."""
        if name not in self._seen and inspect(connection).has_table(name):
            self._seen.add(name)
        return name in self._seen

    def list_tables(self, connection: Connection) -> list[str]:
        """Return the names of all tables."""
        return inspect(connection).get_table_names()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        dbapi = self.engine.dialect.dbapi
        failures = (SQLAlchemyError, dbapi.Error if dbapi else SQLAlchemyError)
        try:
            yield
        except failures as error:
            cause = getattr(error, "orig", None) or error
            text = hide_password(" ".join(str(cause).split()), str(self.engine.url.render_as_string(False)))
            raise StoreError(f"{self.label}: {_explain(text)}") from error


_CAUSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("disk is full", "No space left", "could not extend"), "the disk is full; what was there is intact"),
    (("database is locked", "lock timeout"), "another process is writing to it; try again when it is done"),
    (("does not exist", "no such table"), "what was asked for is no longer there; ask again"),
    (("password", "authentication"), "the database refuses user or password"),
    (
        ("unable to open", "readonly", "permission denied"),
        "it can't be opened or written to; check its rights",
    ),
    (("disk I/O error",), "reading or writing failed; is the disk full, or gone?"),
    (("not a database", "malformed"), "it is not a database, or is damaged; delete it and publish again"),
    (
        ("connect", "terminat", "server closed", "resolve", "timeout"),
        "the database can't be reached; is it up, and are host, port and name right?",
    ),
)


def _explain(text: str) -> str:
    """Return what a driver says, in one line with what to do."""
    for words, meaning in _CAUSES:
        if any(word in text for word in words):
            return f"{meaning} ({text[:200]})"
    return f"the database refuses ({text[:300]})"


def get_cursor(connection: Connection) -> Any:
    """Return a cursor of the driver itself, for what SQLAlchemy has no words for."""
    return connection.connection.cursor()
