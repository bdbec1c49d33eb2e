from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from features.errors import ConfigError
from features.tables import REASON, SCHEMAS, TableConfig, TablesConfig, scan_rows, scan_table, scan_tables
from tests.features.table_files import HEADER, write

BENCH = Path(os.environ.get("UPTIER_BENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'Mars/Olympus' is not an IANA time zone"):
        scan_table("transactions", write(tmp_path, HEADER, "a,2011-12-01,1"), "Mars/Olympus")


def test_configs_are_frozen_and_refuse_unknown_keys() -> None:
    with pytest.raises(ValidationError):
        TableConfig.model_validate({"source": "a.csv", "colums": {}})
    with pytest.raises(ValidationError):
        TableConfig(source="a.csv").source = "b.csv"  # type: ignore[misc]


def test_relative_paths_start_at_the_config_file(tmp_path: Path) -> None:
    config = TablesConfig(
        transactions=TableConfig(source="data/t.csv"),
        events=TableConfig(source="s3://bucket/e.parquet"),
        contacts=TableConfig(source="/elsewhere/c.csv"),
    ).resolved(tmp_path)

    assert config.transactions.source == str(tmp_path / "data" / "t.csv")
    assert [table.source for _, table in config.present()][1:] == [
        "s3://bucket/e.parquet",
        "/elsewhere/c.csv",
    ]


def test_tables_come_together(tmp_path: Path) -> None:
    transactions = write(tmp_path, HEADER, "1.0,2011-12-01,1")
    customers = write(tmp_path, "customer_id,age", "1,33", name="c.csv")
    tables = scan_tables(TablesConfig(transactions=transactions, customers=customers))

    assert tables.customers is not None
    assert tables.events is None
    assert tables.transactions.join(tables.customers, on="customer_id").collect()["age"].to_list() == [33.0]


def test_every_column_says_what_it_is() -> None:
    assert set(SCHEMAS) == {"transactions", "customers", "events", "contacts"}
    assert all(column.words for schema in SCHEMAS.values() for column in schema.columns)


@pytest.mark.parametrize(
    ("name", "lines", "total"),
    [("online_retail_ii", 809_560, 16_343_651.04), ("cdnow", 69_659, 2_500_315.63)],
)
def test_real_data_is_read_whole(name: str, lines: int, total: float, tmp_path: Path) -> None:
    source = BENCH / name / "transactions.parquet"
    if not source.exists():
        pytest.skip("no benchmark data; set UPTIER_BENCH_DATA to its folder")
    typed = scan_rows("transactions", TableConfig(source=str(source), columns={"timestamp": "ts"})).collect()

    assert typed.height == lines
    assert typed[REASON].null_count() == lines
    assert typed["amount"].sum() == pytest.approx(total, abs=0.01)

    pl.read_parquet(source).head(20_000).write_csv(tmp_path / "t.csv")
    text = TableConfig(source=str(tmp_path / "t.csv"), columns={"timestamp": "ts"})
    assert scan_rows("transactions", text).collect().equals(typed.head(20_000))
