"""Small businesses and configs for the tests of the check and of what it reads."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from models.settings import load_settings
from training.check.findings import Finding
from training.check.result import CheckResult
from training.check.tables import check_tables

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
FIRST = dt.datetime(2022, 1, 1, 9)
Row = tuple[object, ...]


def find_bench_data(*parts: str) -> Path:
    """Return a file of the optional benchmark data, or skip."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    path = Path(os.environ.get("UPTIER_BENCH_DATA") or beside).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no benchmark data: {'/'.join(parts)} is not in UPTIER_BENCH_DATA or ../shared/data")
    return path


def build_lines(customers: int = 40, days: int = 700) -> pl.DataFrame:
    """Return a line for each customer every (10 + customer) days, amounts from 1 to 20."""
    rows = [
        (f"c{who:04d}", FIRST + dt.timedelta(days=day, hours=who % 8), 1.0 + (who * 7 + day) % 20)
        for who in range(customers)
        for day in range(who % 10, days, 10 + who)
    ]
    return pl.DataFrame(rows, schema=["customer_id", "timestamp", "amount"], orient="row").sort("timestamp")


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ","
) -> Path:
    """Write rows as text."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def write_config(
    folder: Path, sources: Mapping[str, object], columns: Mapping[str, str] | None = None, more: str = ""
) -> Path:
    """Write an `uptier.toml`; `columns` are those of transactions."""
    lines = [more]
    for name, source in sources.items():
        lines += [f"[tables.{name}]", f"source = {json.dumps(str(source))}"]
        if columns and name == "transactions":
            lines += [
                "[tables.transactions.columns]",
                *(f"{key} = {json.dumps(text)}" for key, text in columns.items()),
            ]
    path = folder / "uptier.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def check(
    folder: Path, columns: Mapping[str, str] | None = None, more: str = "", **sources: object
) -> CheckResult:
    """Check sources, files or frames, by table."""
    paths: dict[str, object] = {}
    for name, source in sources.items():
        if isinstance(source, pl.DataFrame):
            source.write_parquet(folder / f"{name}.parquet")
            paths[name] = folder / f"{name}.parquet"
        else:
            paths[name] = source
    return check_tables(load_settings(write_config(folder, paths, columns, more)), NOW)


def find(result: CheckResult, code: str) -> Finding:
    """Return the only finding of a kind."""
    found = [finding for finding in result.findings if finding.code == code]
    assert len(found) == 1, f"{code}: {[finding.sentence() for finding in result.findings]}"
    return found[0]


def codes(result: CheckResult) -> set[str]:
    """Return the kinds of everything found."""
    return {finding.code for finding in result.findings}
