"""The published one-in-ten sample of CDNOW, as the papers of Fader and Hardie summarise it.

Its lines come with `lifetimes`, which is read as data, not imported. They equal the full file's lines of the
same customers; which customers they are follows no rule.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.likelihood import FloatArray

WEEK_DAYS = 7


def read_sample() -> tuple[FloatArray, FloatArray]:
    """Return frequency, recency, age in weeks at the end of 1997-09-30, and the mean value of repeat days."""
    found = find_spec("lifetimes")
    if found is None or found.origin is None:
        pytest.skip("the published CDNOW sample comes with the package lifetimes, which is not installed")
    text = (Path(found.origin).parent / "datasets" / "CDNOW_sample.txt").read_text(encoding="ascii")
    rows = [line.split() for line in text.splitlines() if line.strip()]
    lines = pl.DataFrame(
        {
            "id": [row[1] for row in rows],
            "day": [row[2] for row in rows],
            "amount": [float(row[4]) for row in rows],
        }
    ).with_columns(pl.col("day").str.to_date("%Y%m%d"))
    days = (
        lines.filter(pl.col("day") <= pl.date(1997, 9, 30))
        .group_by("id", "day")
        .agg(pl.col("amount").sum())
        .sort("id", "day")
    )
    first, last = pl.col("day").min(), pl.col("day").max()
    table = days.group_by("id", maintain_order=True).agg(
        frequency=pl.len() - 1.0,
        recency=(last - first).dt.total_days() / WEEK_DAYS,
        age=(pl.date(1997, 9, 30) - first).dt.total_days() / WEEK_DAYS,
        value=pl.col("amount").slice(1).mean().fill_null(0),
    )
    return table.select("frequency", "recency", "age").to_numpy(), np.asarray(table["value"])
