"""PostgreSQL: rows are loaded by COPY, in the transaction that makes their table."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Connection, Table, any_, create_engine, literal, make_url
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.sql.elements import ColumnElement

from features.databases import hide_password
from models.score_store.database import LOCK_WAIT_S, Database, get_cursor

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('uptier'), hashtext(current_schema()))"


class Postgres(Database):
    """A PostgreSQL database.

    Parameters
    ----------
    uri : str
        ``postgresql://…``; for a schema of its own with ``?options=-csearch_path%3Dname``.
    """

    def __init__(self, uri: str) -> None:
        engine = create_engine(
            make_url(uri).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "application_name": "uptier"},
        )
        super().__init__(engine, hide_password(uri))

    def exists(self) -> bool:
        """Return true: whether the database is there, reading tells."""
        return True

    def load(self, connection: Connection, table: Table, rows: pl.DataFrame) -> None:
        """Add rows by COPY; what PostgreSQL's text can't hold, the character NUL, is left out."""
        texts = rows.with_columns(pl.selectors.string().str.replace_all("\0", "", literal=True))
        quote = self.engine.dialect.identifier_preparer
        names = ", ".join(quote.quote(name) for name in rows.columns)
        # The table was made in this transaction, so that its rows need no second look later: FREEZE.
        statement = f"COPY {quote.format_table(table)} ({names}) FROM STDIN (FORMAT csv, FREEZE)"
        with get_cursor(connection) as cursor, cursor.copy(statement) as copy:
            copy.write(texts.write_csv(include_header=False, quote_style="non_numeric").encode())

    def is_among(self, column: ColumnElement[int], numbers: Sequence[int]) -> ColumnElement[bool]:
        """Return the condition; the numbers travel as an array."""
        return column == any_(literal(list(numbers), ARRAY(BIGINT)))

    def tidy(self) -> None:
        """Do nothing: the server tidies up by itself."""

    def _begin(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
        connection.exec_driver_sql(_LOCK)
