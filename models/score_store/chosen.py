"""The upgrade candidates of a publication: who they are, and their rows when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from models.candidates import Candidates, Summary, Wanted, choose_ranked
from models.score_store.reader import PublicationReader
from models.score_store.rows import BATCH, Row


@dataclass(frozen=True)
class Chosen:
    """Candidates of a publication, by falling priority.

    Attributes
    ----------
    reader : PublicationReader
    ranked : DataFrame
        `priority`, and as `customer_id` the place of their row.
    summary : Summary
    """

    reader: PublicationReader
    ranked: pl.DataFrame
    summary: Summary

    def read(self) -> Iterator[list[Row]]:
        """Yield their rows in batches."""
        for part in self.ranked.iter_slices(BATCH):
            rows = self.reader.fetch(part["customer_id"].to_list())
            yield [{**row, "priority": each} for row, each in zip(rows, part["priority"], strict=True)]

    def read_frame(self) -> Candidates:
        """Return them as they were published."""
        parts = [
            self.reader.fetch_frame(part["customer_id"].to_list()) for part in self.ranked.iter_slices(BATCH)
        ]
        customers = pl.concat(parts) if parts else self.reader.fetch_frame([])
        return Candidates(customers.with_columns(self.ranked["priority"]), self.summary)


def choose(reader: PublicationReader, wanted: Wanted) -> Chosen:
    """Choose the candidates of a publication.

    Raises
    ------
    ConfigError
        When they are wanted by a column that was not published.
    """
    chosen = choose_ranked(reader.index.load_candidates(wanted), wanted)
    return Chosen(reader, chosen.customers, chosen.summary)
