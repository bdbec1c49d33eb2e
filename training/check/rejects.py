"""The file of rejected rows: table, row number, reason, and what the row said."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

_SCHEMA = pa.schema(
    [("table", pa.string()), ("row", pa.uint64()), ("reason", pa.string()), ("values", pa.string())]
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
    ...     rejects.add("events", pl.DataFrame({"row": [3], "reason": ["customer_id is null"]}))
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

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Append rejected rows.

        Parameters
        ----------
        table
            Name of the table they are of.
        rows
            `row` (1-based), `reason`, and any further columns, kept together as JSON text in `values`.
        """
        if rows.is_empty():
            return
        others = [name for name in rows.columns if name not in {"row", "reason"}]
        values = pl.struct(others).struct.json_encode() if others else pl.lit(None, pl.String)
        piece = rows.select(
            pl.lit(table).alias("table"),
            pl.col("row").cast(pl.UInt64),
            pl.col("reason"),
            values.alias("values"),
        )
        self._writer.write_table(piece.to_arrow().cast(_SCHEMA))
        self.rows += len(rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if kind is None:
            self._aside.replace(self.path)
        else:
            self._aside.unlink(missing_ok=True)
