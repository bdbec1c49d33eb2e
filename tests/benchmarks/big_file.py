"""The big file: ten million lines of half a million customers, in the order of time."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import polars as pl

from training.synthetic import SyntheticConfig, write_tables


def find_big_file(customers: int) -> Path:
    """Return the transactions of a synthetic business of that size, kept in the temp folder."""
    folder = Path(tempfile.gettempdir()) / f"uptier-benchmark-{customers}"
    path = folder / "transactions.parquet"
    if not path.exists():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        written = write_tables(making, SyntheticConfig(customers=customers, orders_per_year=5.6))
        lines = pl.scan_parquet(written.transactions).sort("timestamp")
        lines.sink_parquet(making / "sorted.parquet", row_group_size=1_000_000)
        (making / "sorted.parquet").replace(written.transactions)
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
    return path


if __name__ == "__main__":
    print(f'"{find_big_file(int(sys.argv[1]))}"')
