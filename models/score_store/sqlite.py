"""SQLite: one file, in write-ahead mode, so that nobody who reads waits for one who writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import URL, Connection, Table, column, create_engine, event, func, select
from sqlalchemy.sql.elements import ColumnElement

from models.errors import StoreError
from models.score_store.database import LOCK_WAIT_S, Database, get_cursor


class Sqlite(Database):
    """An SQLite file.

    Parameters
    ----------
    path : Path
        Made, with its folder, by the first write.
    """

    def __init__(self, path: Path) -> None:
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            isolation_level="AUTOCOMMIT",
            connect_args={"timeout": LOCK_WAIT_S, "check_same_thread": False},
        )
        event.listen(engine, "connect", _set_up)
        super().__init__(engine, str(path))
        self._path = path

    def exists(self) -> bool:
        """Return whether there is a file."""
        return self._path.exists()

    def load(self, connection: Connection, table: Table, rows: pl.DataFrame) -> None:
        """Add rows by one prepared statement."""
        quote = self.engine.dialect.identifier_preparer
        names = ", ".join(quote.quote(name) for name in rows.columns)
        marks = ", ".join("?" * rows.width)
        texts = rows.with_columns(
            pl.selectors.date().dt.to_string(),
            pl.selectors.datetime().dt.strftime("%Y-%m-%d %H:%M:%S.%6f"),
        )
        get_cursor(connection).executemany(
            f"INSERT INTO {quote.format_table(table)} ({names}) VALUES ({marks})",
            texts.iter_rows(buffer_size=5_000),
        )

    def is_among(self, column_: ColumnElement[int], numbers: Sequence[int]) -> ColumnElement[bool]:
        """Return the condition; the numbers travel as JSON."""
        listed = func.json_each(json.dumps(list(numbers))).table_valued(column("value"))
        return column_.in_(select(listed.c.value))

    def tidy(self) -> None:
        """Move what was written from the log into the file, unless somebody reads just now."""
        with suppress(StoreError), self.reading() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 1000")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
            connection.invalidate()  # the next connection waits as long as it should

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection to write with; see `Database.writing`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.label}: its folder can't be made ({error.strerror})") from error
        with super().writing() as connection:
            yield connection

    def _begin(self, connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL").close()
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
