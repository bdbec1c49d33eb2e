"""The score store: publish scores, read them one by one, as lists, and as upgrade candidates."""

from __future__ import annotations

import builtins
import datetime as dt
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import polars as pl
from sqlalchemy import text

from features.errors import ConfigError
from models.candidates import Candidates, Wanted
from models.errors import StoreError
from models.score_store.chosen import Chosen, choose
from models.score_store.column_index import BEST
from models.score_store.cursor import Cursor, digest_query
from models.score_store.publication import Publication
from models.score_store.publishing import publish
from models.score_store.query import CustomerQuery, Page
from models.score_store.reader import PublicationReader, read_numbers
from models.score_store.rows import BATCH, Row
from models.score_store.uris import open_database
from models.settings import Settings


class ScoreStore:
    """Published scores in a database; one for a project, safe to share among threads.

    Parameters
    ----------
    uri : str or Path
        ``postgresql://…``, ``sqlite:///file``, or the path of an SQLite file. Nothing is opened or made
        before it is needed.

    Raises
    ------
    ConfigError
        When the URI is neither. All methods raise `StoreError` when the database fails.
    """

    def __init__(self, uri: str | Path) -> None:
        self.uri = uri
        self.database = open_database(uri)
        self._readers: dict[int, PublicationReader] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Return the store of a project: what `[serving] store` names, else SQLite in the workspace."""
        return cls(settings.serving.store or settings.project.workspace / "scores.sqlite")

    @property
    def label(self) -> str:
        """What messages call the store; never with a password."""
        return self.database.label

    def publish(
        self,
        scores: pl.DataFrame,
        *,
        project: str,
        currency: str,
        published_at: dt.datetime,
        starts: Mapping[str, float] | None = None,
        overview: Mapping[str, Any] | None = None,
        details: pl.DataFrame | None = None,
    ) -> Publication:
        """Put scores before all readers at once, in one transaction.

        Parameters
        ----------
        scores : DataFrame
            As `Scorer.score` makes them, one row a customer (and seller). For lists to filter by they may
            have `region`, `days_since_last_contact` and `consent` besides.
        project, currency : str
        published_at : datetime
            With a zone.
        starts : mapping of str to float, optional
            As `Scorer.starts` returns them.
        overview : mapping, optional
            JSON for the console.
        details : DataFrame, optional
            `customer_id`, and `detail`, a JSON text.

        Raises
        ------
        ConfigError
            When columns are missing, a customer stands twice, or the store is another project's.
        StoreError
            When another process is publishing, or the database fails; nothing has changed then.
        """
        return publish(
            self.database,
            scores,
            details,
            project=project,
            currency=currency,
            published_at=published_at,
            starts=dict(starts or {}),
            overview=dict(overview or {}),
        )

    def current(self) -> Publication | None:
        """Return the newest publication, None before the first; one small query."""
        reader = self._find_newest(0)
        return None if reader is None else reader.publication

    def previous(self) -> Publication | None:
        """Return the publication before the newest, None where there is none."""
        reader = self._find_newest(1)
        return None if reader is None else reader.publication

    def get(self, customer_id: str, publication: Publication | None = None) -> builtins.list[Row]:
        """Return a customer's rows: one, or with sellers one each; none when unknown.

        Parameters
        ----------
        customer_id : str
        publication : Publication, optional
            The current one by default.
        """
        reader = self._choose(publication)
        return reader.get(customer_id) if reader else []

    def detail(self, customer_id: str, publication: Publication | None = None) -> dict[str, Any] | None:
        """Return what was published of one customer beside the score; None when nothing was."""
        reader = self._choose(publication)
        return reader.detail(customer_id) if reader else None

    def list(self, query: CustomerQuery) -> Page:
        """Return a page of customers.

        Raises
        ------
        ConfigError
            When the cursor is another query's, or of a publication that is no longer kept.
        StoreError
            When nothing was published yet.
        """
        reader, start = self._follow(query)
        stretch = reader.index.find(query, start)
        number, digest = reader.publication.number, digest_query(query)
        cursor = None if stretch.next is None else Cursor(number, stretch.next, digest).encode()
        return Page(reader.fetch(stretch.places.tolist()), cursor, stretch.total, reader.publication)

    def stream(self, query: CustomerQuery, batch: int = BATCH) -> Iterator[builtins.list[Row]]:
        """Yield all customers of a query in batches, whatever its limit; of one publication throughout."""
        reader = self.reader()
        places = reader.index.find_all(query)
        for start in range(0, len(places), batch):
            yield reader.fetch(places[start : start + batch].tolist())

    def choose(self, wanted: Wanted) -> Chosen:
        """Choose upgrade candidates as `models.candidates.choose_candidates` does; rows are read on demand.

        Raises
        ------
        ConfigError
            When they are wanted by a column that was not published.
        """
        return choose(self.reader(), wanted)

    def candidates(self, wanted: Wanted) -> Candidates:
        """Return the upgrade candidates whole, as the frame that was published."""
        return self.choose(wanted).read_frame()

    def best(self, seller_id: str | None = None, limit: int = 100) -> builtins.list[Row]:
        """Return the customers to look after first: by best-customer score, then by expected value."""
        reader = self.reader()
        stretch = reader.index.find(CustomerQuery(seller_id=seller_id, limit=limit), order=BEST)
        return reader.fetch(stretch.places.tolist())

    def ping(self) -> None:
        """Ask the database whether it is there.

        Raises
        ------
        StoreError
            When it doesn't answer.
        """
        if self.database.exists():
            with self.database.reading() as connection:
                connection.execute(text("SELECT 1")).close()

    def is_ready(self) -> bool:
        """Return whether the store answers and holds a publication."""
        try:
            return self.current() is not None
        except StoreError:
            return False

    def dispose(self) -> None:
        """Close all connections."""
        self.database.engine.dispose()

    def _follow(self, query: CustomerQuery) -> tuple[PublicationReader, int]:
        """Return which publication a query reads, and from where on."""
        if query.cursor is None:
            return self.reader(), 0
        cursor = Cursor.decode(query.cursor)
        if cursor.query != digest_query(query):
            raise ConfigError("the cursor belongs to another query; repeat filters and order, or begin anew")
        return self._find_kept(cursor.number), cursor.start

    def _choose(self, publication: Publication | None) -> PublicationReader | None:
        return self._find_newest(0) if publication is None else self._find_kept(publication.number)

    def reader(self) -> PublicationReader:
        """Return what reads the newest publication, and goes on with it when a newer one comes.

        Raises
        ------
        StoreError
            When nothing was published yet.
        """
        reader = self._find_newest(0)
        if reader is None:
            raise StoreError(f"{self.label}: nothing is published yet; run: uptier score --publish")
        return reader

    def _find_newest(self, back: int) -> PublicationReader | None:
        numbers = self._read_numbers()
        return self._find(numbers[back], numbers) if len(numbers) > back else None

    def _find_kept(self, number: int) -> PublicationReader:
        numbers = self._read_numbers()
        if number not in numbers:
            raise ConfigError(f"publication {number} is no longer kept; begin without a cursor")
        return self._find(number, numbers)

    def _read_numbers(self) -> builtins.list[int]:
        if not self.database.exists():
            return []
        with self.database.reading() as connection:
            return read_numbers(self.database, connection)

    def _find(self, number: int, kept: builtins.list[int]) -> PublicationReader:
        """Return the reader of a publication; it stays for as long as the publication is kept."""
        reader = self._readers.get(number)
        if reader is None:
            reader = PublicationReader.find(self.database, number)
            with self._lock:
                self._readers = {each: found for each, found in self._readers.items() if each in kept}
                reader = self._readers.setdefault(number, reader)
        return reader
