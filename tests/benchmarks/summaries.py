"""The summary that people use today - frequency, recency, age, mean value - beside all of our features."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import sys
import warnings
from collections.abc import Callable
from functools import partial

import pandas as pd
import polars as pl

from tests.benchmarks.feature_table import read_snapshots, warm_up
from tests.benchmarks.measure import best_seconds

RUNS = 2
Summarise = Callable[[pd.DataFrame, dt.datetime], object]


def summarise_with_pandas(lines: pd.DataFrame, until: dt.datetime) -> pd.DataFrame:
    """Return the RFM summary in the steps of PyMC-Marketing's `rfm_summary`, on whole days."""
    days = lines.assign(day=lines["timestamp"].dt.floor("D")).groupby(["customer_id", "day"], as_index=False)
    orders = days["amount"].sum()
    first = orders.groupby("customer_id")["day"].transform("min")
    repeats = orders[orders["day"] > first].groupby("customer_id")["amount"].mean()
    summary = orders.groupby("customer_id")["day"].agg(["min", "max", "count"])
    age, recency = (until - summary["min"]).dt.days, (summary["max"] - summary["min"]).dt.days
    return pd.DataFrame(
        {"frequency": summary["count"] - 1, "recency": recency, "T": age, "monetary_value": repeats}
    )


def summarise_with_lifetimes(lines: pd.DataFrame, until: dt.datetime) -> object:
    """Return the RFM summary of the package lifetimes."""
    from lifetimes.utils import summary_data_from_transaction_data  # an optional package

    return summary_data_from_transaction_data(
        lines, "customer_id", "timestamp", monetary_value_col="amount", observation_period_end=until
    )


def _read_and_summarise(summarise: Summarise, path: str, until: dt.datetime) -> object:
    return summarise(pd.read_parquet(path, columns=["customer_id", "timestamp", "amount"]), until)


PEERS: dict[str, tuple[Summarise, str | None]] = {
    "pandas steps of PyMC-Marketing's summary": (summarise_with_pandas, None),
    "lifetimes' summary": (summarise_with_lifetimes, "lifetimes"),
}


def main(path: str, folder: str) -> None:
    """Measure each peer and ourselves on the same slice, and print the seconds as JSON."""
    warnings.simplefilter("ignore")  # theirs, of pandas' changes
    warm_up(folder)
    customers = (
        pl.scan_parquet(path).select("customer_id").unique().sort("customer_id").head(20_000).collect()
    )
    lines = pl.scan_parquet(path).join(customers.lazy(), on="customer_id", how="semi").collect()
    slice_path = f"{folder}/slice.parquet"
    lines.write_parquet(slice_path)
    until: dt.datetime = lines["timestamp"].dt.max()  # type: ignore[assignment]
    seconds = {"uptier, all features": best_seconds(lambda: read_snapshots(slice_path, 1), RUNS)}
    for name, (summarise, package) in PEERS.items():
        if package and importlib.util.find_spec(package) is None:
            continue
        task = partial(_read_and_summarise, summarise, slice_path, until)
        seconds[name] = best_seconds(task, RUNS)
    print(json.dumps({"lines": len(lines), "customers": len(customers), "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
