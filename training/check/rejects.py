"""The file of rejected rows: table, file, row number, reason, and what could be read of the row."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from features.tables import REASON, ROW
from training.check.places import Places

_SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("file", pa.string()),
        ("row", pa.uint64()),
        ("reason", pa.string()),
        ("values", pa.string()),
    ]
)


class RejectWriter:
    """Writes `rejected.parquet` piece by piece beside its place, and puts it there when all went well.

    Parameters
    ----------
    path
        Where the file belongs. A run that fails leaves what was there before.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "rejected.parquet"
    >>> with RejectWriter(path) as rejects:
    ...     rejects.add("events", pl.DataFrame({ROW: [3], REASON: ["customer_id is missing"]}))
    >>> rejects.rows
    1
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._aside = path.with_name(f".{path.name}.{os.getpid()}")

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self._aside, _SCHEMA, compression="zstd")
        return self

    def add(self, table: str, rows: pl.DataFrame, places: Places | None = None) -> None:
        """Append rejected rows.

        Parameters
        ----------
        table
            Name of the table they are of.
        rows
            `ROW` (1-based), `REASON`, and any further columns: what was read of the row, kept together as
            JSON text in `values`. What can't be read is null there; the reason quotes it.
        places
            Of which file of the source a row is; `row` then counts from 1 in each file.
        """
        if rows.is_empty():
            return
        others = [name for name in rows.columns if name not in {ROW, REASON}]
        values = pl.struct(others).struct.json_encode() if others else pl.lit(None, pl.String)
        piece = rows.select(
            pl.lit(table).alias("table"),
            pl.lit(None, pl.String).alias("file"),
            pl.col(ROW).cast(pl.UInt64).alias("row"),
            pl.col(REASON).alias("reason"),
            values.alias("values"),
        )
        if places:
            piece = places.locate(piece)
        self._writer.write_table(piece.select(_SCHEMA.names).to_arrow().cast(_SCHEMA))
        self.rows += len(rows)

    def finish(self) -> None:
        """Write the end of the file, which is still beside its place."""
        self._writer.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()
        if kind is None:
            self._aside.replace(self.path)
        else:
            self._aside.unlink(missing_ok=True)
