from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.clock import to_microseconds
from models.settings import load_settings
from tests.training.bases import write_config
from training.places import read_places
from training.reach import add_reach
from training.source_history import read_history

AS_OF = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
LINES = pl.DataFrame({
    "customer_id": ["a", "a", "a", "a", "b"],
    "timestamp": [dt.datetime(2024, month, 1) for month in (1, 2, 2, 4, 1)],
    "amount": [1.0] * 5,
    "region": ["north", "south", None, "later", "east"],
})  # fmt: skip
SCORES = pl.DataFrame({"customer_id": ["c", "a", "b", "a"], "seller_id": ["s", "s", "s", "t"]})


def reach(folder: Path, **tables: pl.DataFrame) -> dict[str, list[Any]]:
    sources = {}
    for name, table in {"transactions": LINES, **tables}.items():
        table.write_parquet(folder / f"{name}.parquet")
        sources[name] = folder / f"{name}.parquet"
    source = read_history(load_settings(write_config(folder, sources)), AS_OF)
    added = add_reach(SCORES, source)
    assert added.select(SCORES.columns).equals(SCORES)
    return added.drop(SCORES.columns).to_dict(as_series=False)


def test_without_tables_nothing_is_known(tmp_path: Path) -> None:
    found = reach(tmp_path, transactions=LINES.drop("region"))
    assert found == {name: [None] * 4 for name in ("region", "days_since_last_contact", "consent")}


def test_the_region_is_that_of_the_newest_line_before_the_moment_that_names_one(tmp_path: Path) -> None:
    assert reach(tmp_path)["region"] == [None, "south", "east", "south"]


def test_the_attribute_region_comes_first(tmp_path: Path) -> None:
    customers = pl.DataFrame({"customer_id": ["a", "b", "c"], "region": ["west", None, "home"]})
    assert reach(tmp_path, customers=customers)["region"] == ["home", "west", "east", "west"]


def test_days_since_the_last_contact_leave_out_who_was_held_out(tmp_path: Path) -> None:
    contacts = pl.DataFrame({
        "customer_id": ["a", "a", "a", "b"],
        "timestamp": [dt.datetime(2024, *day) for day in ((2, 10), (2, 28), (3, 9), (2, 28))],
        "campaign_id": ["x"] * 4,
        "treated": [None, False, True, False],
    })  # fmt: skip
    assert reach(tmp_path, contacts=contacts)["days_since_last_contact"] == [None, 20.0, None, 20.0]
    everybody = contacts.drop("treated")
    assert reach(tmp_path, contacts=everybody)["days_since_last_contact"] == [None, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(("column", "values"), [("consent", ["no", "yes"]), ("opt_out", [True, False])])
def test_consent_is_read_off_the_attributes(tmp_path: Path, column: str, values: list[Any]) -> None:
    customers = pl.DataFrame({"customer_id": ["a", "b"], column: values})
    assert reach(tmp_path, customers=customers)["consent"] == [None, False, True, False]


def test_a_backtest_knows_the_region_as_it_was(tmp_path: Path) -> None:
    LINES.with_columns(seller_id=pl.lit("s")).write_parquet(tmp_path / "transactions.parquet")
    pl.DataFrame({"customer_id": ["b"], "region": ["home"]}).write_parquet(tmp_path / "customers.parquet")
    sources = {name: tmp_path / f"{name}.parquet" for name in ("transactions", "customers")}
    source = read_history(load_settings(write_config(tmp_path, sources)), AS_OF)
    then = to_microseconds(dt.datetime(2024, 1, 15, tzinfo=dt.UTC))
    everybody = np.arange(len(source.history))
    assert {name: found.tolist() for name, found in read_places(source, everybody, then).items()} == {
        "region": ["north", "home"],
        "seller": ["s", "s"],
    }
    assert read_places(source, everybody, source.moment)["region"].tolist() == ["south", "home"]
