"""Reading one publication: rows by customer or by place, and its index."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import polars as pl
from pydantic_core import from_json
from sqlalchemy import Connection, Row, select

from models.errors import StoreError
from models.score_store import rows as of_store
from models.score_store.column_index import SCHEMA, ColumnIndex
from models.score_store.database import Database
from models.score_store.publication import Publication
from models.score_store.schema import (
    PUBLICATIONS,
    build_details_table,
    build_index_table,
    build_scores_table,
)


def read_numbers(database: Database, connection: Connection) -> list[int]:
    """Return the numbers of the publications that are kept, the newest first."""
    if not database.has_table(connection, PUBLICATIONS.name):
        return []
    return list(connection.scalars(select(PUBLICATIONS.c.number).order_by(PUBLICATIONS.c.number.desc())))


class PublicationReader:
    """Reads a publication; what it has loaded of the index it keeps.

    Parameters
    ----------
    database : Database
    publication : Publication
    kinds : dict of str to str
        What kind of value each column holds.
    """

    def __init__(self, database: Database, publication: Publication, kinds: dict[str, str]) -> None:
        self._database = database
        self._kinds = kinds
        self._scores = build_scores_table(publication.number, kinds)
        self._details = build_details_table(publication.number)
        self._index = build_index_table(publication.number)
        self.publication = publication
        self.index = ColumnIndex(publication.customers, self._read_index)

    @classmethod
    def find(cls, database: Database, number: int, connection: Connection | None = None) -> PublicationReader:
        """Return the reader of a publication.

        Parameters
        ----------
        database : Database
        number : int
        connection : Connection, optional
            To look for it on; one of its own by default.

        Raises
        ------
        StoreError
            When it was dropped just now.
        """
        if connection is None:
            with database.reading() as own:
                return cls.find(database, number, own)
        row = connection.execute(select(PUBLICATIONS).where(PUBLICATIONS.c.number == number)).one_or_none()
        if row is None:
            raise StoreError(f"{database.label}: publication {number} was dropped just now; ask again")
        return cls(database, Publication.model_validate_json(row.published), from_json(row.kinds))

    def get(self, customer_id: str) -> list[of_store.Row]:
        """Return a customer's rows in the order of sellers; none when unknown."""
        if not _is_storable(customer_id):
            return []
        table = self._scores
        wanted = select(table).where(table.c.customer_id == customer_id).order_by(table.c.place)
        with self._database.reading() as connection:
            found = connection.execute(wanted).all()
        return of_store.build_dicts((row[1:] for row in found), self._kinds)

    def detail(self, customer_id: str) -> dict[str, Any] | None:
        """Return what was published of a customer beside the score; None when nothing was."""
        if not _is_storable(customer_id):
            return None
        table = self._details
        with self._database.reading() as connection:
            found = connection.scalar(select(table.c.detail).where(table.c.customer_id == customer_id))
        return None if found is None else from_json(found)

    def fetch(self, places: Sequence[int]) -> list[of_store.Row]:
        """Return the rows at places, in their order."""
        return of_store.build_dicts(self._fetch(places), self._kinds)

    def fetch_frame(self, places: Sequence[int]) -> pl.DataFrame:
        """Return the rows at places, in their order, as the frame that was published."""
        return of_store.build_frame(self._fetch(places), self._schema)

    @cached_property
    def _schema(self) -> dict[str, pl.DataType]:
        empty = self.index.load(SCHEMA)
        return {} if empty is None else dict(empty.schema)

    def _fetch(self, places: Sequence[int]) -> list[Sequence[Any]]:
        """Return the values at places in their order, without the places."""
        if not places:
            return []
        wanted = select(self._scores).where(self._database.is_among(self._scores.c.place, places))
        with self._database.reading() as connection:
            found: dict[int, Row[Any]] = {row[0]: row for row in connection.execute(wanted).all()}
        return [found[place][1:] for place in places]

    def _read_index(self, name: str) -> bytes | None:
        table = self._index
        with self._database.reading() as connection:
            content = connection.scalar(select(table.c.content).where(table.c.name == name))
        return content


def _is_storable(text: str) -> bool:
    """Return whether a database's text can hold this; if not, nobody has it for an id."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
