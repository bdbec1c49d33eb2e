"""Settings of all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A worker has one core, where the threads of a small matrix only wait for each other.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

# The same examples on every run and machine, and no time limit on any of them: a shared CI can stall.
settings.register_profile("uptier", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("uptier")

_FIRST = (
    # While one worker compiles all loops, the other runs tests that need hardly any of them.
    "models/test_request.py", "models/test_columns.py", "test_uptier.py", "models/score_store/test_store.py",
    "models/score_store/test_interruptions.py", "training/starter/test_guess.py",
    "models/test_purchase_process.py", "models/test_gamma_gamma.py",
    # Then the longest ones, so that no worker is alone at the end.
    "serving/console/test_pages.py", "test_readme.py", "training/test_judging.py", "training/test_train.py",
    "training/test_backtest.py", "serving/test_service.py", "serving/console/test_candidates.py",
    "training/test_tracking.py", "training/test_fit.py", "serving/console/test_session.py",
    "training/test_newcomers.py",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that decide how long the whole takes first."""
    places = {f"tests/{name}": place for place, name in enumerate(_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))
