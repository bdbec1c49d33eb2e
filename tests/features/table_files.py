"""Tables as files, for the tests of how they are read."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from features.tables import REASON, TableConfig, scan_rows

HEADER = "customer_id,timestamp,amount"


def write(folder: Path, *lines: str, name: str = "t.csv") -> TableConfig:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return TableConfig(source=str(path))


def write_frame(folder: Path, **columns: object) -> TableConfig:
    path = folder / "t.parquet"
    pl.DataFrame(columns, strict=False).write_parquet(path)
    return TableConfig(source=str(path))


def find_reasons(config: TableConfig, name: str = "transactions") -> list[str | None]:
    return scan_rows(name, config).collect()[REASON].to_list()
