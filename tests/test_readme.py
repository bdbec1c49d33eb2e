"""The README's commands do what it says, on data as a user would bring it."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import polars as pl
import pytest

from tests.training.bench_data import find_data
from training.synthetic import SyntheticConfig, build_tables

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def read_commands(heading: str) -> list[list[str]]:
    """Return the commands of the first block below a heading, without comments."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None, heading
    return [words for line in block[1].splitlines() if (words := shlex.split(line, comments=True))]


def run(command: list[str], folder: Path) -> str:
    """Run one of the README's commands; return what it printed."""
    assert command[0] == ".venv/bin/uptier"
    done = subprocess.run(
        [sys.executable, "-m", "uptier", *command[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def write_own_data(folder: Path) -> None:
    """Write the files that the tour begins with: a shop's orders, and what it knows of its customers."""
    tables = build_tables(SyntheticConfig(customers=1200, days=600, seed=3))
    assert tables.customers is not None
    known = tables.transactions["customer_id"].value_counts(sort=True)["customer_id"][100]
    named = pl.when(pl.col("customer_id") == known).then(pl.lit("17850")).otherwise("customer_id")
    tables.transactions.with_columns(customer_id=named).write_csv(folder / "orders.csv")
    tables.customers.with_columns(customer_id=named).write_parquet(folder / "customers.parquet")


def test_the_tour_on_own_data_works_as_it_stands(tmp_path: Path) -> None:
    write_own_data(tmp_path)
    *steps, serve = read_commands("On your own data")
    said = [run(command, tmp_path) for command in steps]
    assert [command[1] for command in steps] == [
        "init", "check", "train", "score", "candidates", "explain",
    ]  # fmt: skip
    assert "17850" in said[-1]
    assert (tmp_path / "workspace" / "candidates.csv").exists()
    assert serve[1] == "serve"
    answer_once(serve, tmp_path)


def answer_once(command: list[str], folder: Path) -> None:
    """Start the service on a free port, ask it for a customer, and stop it."""
    service = subprocess.Popen(
        [sys.executable, "-m", "uptier", *command[1:], "--port", "0"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert service.stderr is not None
        address = next(found[0] for line in service.stderr if (found := re.search(r"http://\S+", line)))
        with urlopen(f"{address}/v1/customers/17850", timeout=60) as answer:
            assert json.load(answer)["scores"][0]["customer_id"] == "17850"
        service.send_signal(signal.SIGTERM)
        service.stderr.read()
        assert service.wait(timeout=60) == 0
    finally:
        service.kill()
        service.communicate()


def write_online_retail(folder: Path) -> pl.DataFrame:
    """Write Online Retail II as its publisher has it, a file for each year; return the lines."""
    lines = pl.read_parquet(find_data("online_retail_ii"))
    theirs = lines.select(
        Invoice="order_id",
        StockCode="product_id",
        Quantity="quantity",
        InvoiceDate=pl.col("ts").dt.strftime("%Y-%m-%d %H:%M:%S"),
        Price="unit_price",
        **{"Customer ID": "customer_id", "Country": "country"},
    )
    folder.mkdir()
    first = theirs["InvoiceDate"] < "2010-12-01"
    theirs.filter(first).write_csv(folder / "Year 2009-2010.csv")
    theirs.filter(~first).write_csv(folder / "Year 2010-2011.csv")
    return lines


def test_online_retail_ii_comes_out_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = write_online_retail(tmp_path / "online-retail-ii")
    heading = "A worked example: Online Retail II"
    for command in read_commands(heading):
        if command[0] == "export":
            for setting in command[1:]:
                monkeypatch.setenv(*setting.split("=", 1))
        else:
            run(command, tmp_path)
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    expected, contacted, upgrades = (
        read_figure(section, name) for name in ("expected of all", "contacted", "upgrades expected")
    )
    scores = pl.read_parquet(tmp_path / "scores.parquet")
    chosen = pl.read_csv(tmp_path / "candidates.csv", schema_overrides={"customer_id": pl.String})

    assert scores["expected_value"].sum() == pytest.approx(expected, rel=0.01)
    assert len(chosen) == contacted
    assert chosen["upgrade_probability"].sum() == pytest.approx(upgrades, rel=0.03)

    as_of = dt.datetime(2011, 9, 9)
    future = lines.filter(pl.col("ts").is_between(as_of, as_of + dt.timedelta(days=91), closed="left"))
    value = future.group_by("customer_id").agg(pl.col("amount").sum())
    came = scores.select("customer_id", "threshold").join(value, on="customer_id", how="left").fill_null(0.0)
    upgraded = came.filter(
        pl.col("amount") >= pl.col("threshold"), pl.col("customer_id").is_in(chosen["customer_id"])
    )

    assert came["amount"].sum() == pytest.approx(read_figure(section, "what they brought"), rel=0.001)
    assert len(upgraded) == pytest.approx(read_figure(section, "upgrades that came"), abs=6)


def read_figure(section: str, name: str) -> float:
    """Return the figure that stands in the section's table beside a name."""
    found = re.search(rf"\| {re.escape(name)}[^|]*\|[^|0-9]*([0-9][0-9,.]*)", section)
    assert found is not None, name
    return float(found[1].replace(",", ""))
