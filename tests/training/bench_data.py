"""Where the optional benchmark data lies: UPTIER_BENCH_DATA, or `shared/data` beside the checkout."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(os.environ.get("UPTIER_BENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))


def find_data(name: str) -> Path:
    """Return a data set's transactions, or skip the test."""
    path = FOLDER / name / "transactions.parquet"
    if not path.exists():
        pytest.skip(f"benchmark data {name} is not there: set UPTIER_BENCH_DATA to the folder that holds it")
    return path


def load_judge() -> ModuleType:
    """Return the judge, an independent statement of the labels, or skip the test."""
    path = FOLDER.parent / "bench" / "judge.py"
    if not path.exists():
        pytest.skip(f"the judge is not there: expected bench/{path.name} beside the benchmark data")
    spec = importlib.util.spec_from_file_location("judge", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
