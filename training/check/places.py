"""Where in a source of several files a row is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from features.errors import SourceError
from features.sources import list_pieces, reading, scan_source


@dataclass(frozen=True)
class Places:
    """The files of a source, in the order in which they are read.

    Parameters
    ----------
    files
        At least one.
    count_rows
        Returns the rows of a file; asked only when a row has to be found.
    """

    files: Sequence[Path]
    count_rows: Callable[[Path], int]

    @cached_property
    def _starts(self) -> pl.DataFrame:
        """The first row of every file, counted through the source."""
        rows = pl.Series([0, *(self.count_rows(file) for file in self.files[:-1])], dtype=pl.UInt64)
        return pl.DataFrame(
            {"start": rows.cum_sum() + 1, "file": [str(file) for file in self.files]},
            schema={"start": pl.UInt64, "file": pl.String},
        )

    def locate(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with their `file`, and `row` counted from 1 in it instead of through the source."""
        # A file without rows starts where the next one does; the later one holds the row.
        starts = self._starts.unique("start", keep="last", maintain_order=True)
        found = rows.drop("file").sort("row").join_asof(starts, left_on="row", right_on="start")
        return found.with_columns(row=pl.col("row") - pl.col("start") + 1).drop("start")


def find_places(source: str) -> Places | None:
    """Return where the rows of a source are; None for one that is not several files."""
    with reading(source):
        files = list_pieces(source)
    return Places(files, _count_rows) if len(files) > 1 else None


def _count_rows(file: Path) -> int:
    try:
        return int(scan_source(str(file)).select(pl.len()).collect().item())
    except SourceError:  # a file without rows, which the whole source passes over
        return 0
