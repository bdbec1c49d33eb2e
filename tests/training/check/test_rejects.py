from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from features.tables import REASON, ROW
from training.check.rejects import RejectWriter

ROWS = pl.DataFrame({ROW: [3, 9], REASON: ["a", "b"], "amount": [1.5, None]})


def test_rows_of_all_tables_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rejected.parquet"

    with RejectWriter(path) as rejects:
        rejects.add("transactions", ROWS)
        rejects.add("events", ROWS.head(1).drop("amount"))
        rejects.add("contacts", ROWS.clear())

    written = pl.read_parquet(path)
    assert written.columns == ["table", "file", "row", "reason", "values"]
    assert written["table"].to_list() == ["transactions", "transactions", "events"]
    assert json.loads(written["values"][0]) == {"amount": 1.5}
    assert rejects.rows == 3


def test_a_run_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rejected.parquet"
    with RejectWriter(path) as rejects:
        rejects.add("transactions", ROWS)

    with pytest.raises(KeyError), RejectWriter(path):
        raise KeyError

    assert len(pl.read_parquet(path)) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["rejected.parquet"]
