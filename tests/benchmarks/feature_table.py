"""The feature table of a big business against DuckDB's plainest summary of the same file."""

from __future__ import annotations

import json
import sys
import time

import duckdb
import polars as pl

from features.catalogue import Catalogue
from features.clock import DAY_US
from features.dialect import learn_dialect
from features.families import create_catalogue
from features.history import History
from features.table_history import build_history
from features.tables import TableConfig, TablesConfig, scan_tables
from tests.benchmarks.measure import best_seconds, hand_out_memory, peak_gib
from training.synthetic import SyntheticConfig, build_tables

SNAPSHOTS = 12
HORIZON_DAYS = 90
STEP_DAYS = 30
GIB = 4


def summarise(path: str) -> object:
    """Count, sum and largest amount of each customer: the reference."""
    query = f"select customer_id, count(*), sum(amount), max(amount) from '{path}' group by customer_id"
    answer = duckdb.sql(query)
    return answer.to_arrow_table() if answer else None


def read_snapshots(path: str, snapshots: int) -> tuple[History, Catalogue]:
    """Read every feature at several moments, from the file to the last table."""
    tables = scan_tables(TablesConfig(transactions=TableConfig(source=path)))
    dialect = learn_dialect(tables)
    history, catalogue = build_history(tables, dialect), create_catalogue(dialect)
    newest = int(history.purchases.timeline.time.max())
    for i in range(snapshots):
        catalogue.read(history, newest - i * STEP_DAYS * DAY_US, HORIZON_DAYS)
    return history, catalogue


def warm_up(folder: str) -> None:
    """Load what is compiled, once, on a small file."""
    path = f"{folder}/small.parquet"
    build_tables(SyntheticConfig(customers=200)).transactions.write_parquet(path)
    read_snapshots(path, 1)


def main(path: str, folder: str) -> None:
    """Measure, and print the figures as JSON."""
    warm_up(folder)
    times: dict[int, float] = {}
    hand_out_memory(GIB)
    reference = best_seconds(lambda: summarise(path), 3)
    for snapshots in (SNAPSHOTS, 1, SNAPSHOTS, 1, SNAPSHOTS, 1):
        hand_out_memory(GIB)
        start = time.perf_counter()
        history, catalogue = read_snapshots(path, snapshots)
        times[snapshots] = min(times.get(snapshots, 1e9), time.perf_counter() - start)
        customers, features = len(history), len(catalogue.features)
        del history
    hand_out_memory(GIB)
    reference = min(reference, best_seconds(lambda: summarise(path), 3))
    print(
        json.dumps(
            {
                "reference_s": reference,
                "all_s": times[SNAPSHOTS],
                "first_s": times[1],
                "customers": customers,
                "lines": pl.scan_parquet(path).select(pl.len()).collect().item(),
                "features": features,
                "peak_gib": peak_gib(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
