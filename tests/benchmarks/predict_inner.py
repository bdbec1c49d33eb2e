"""The inside of `/predict`: processor time from raw rows to scores, and of a whole base."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from features.clock import to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from features.timeline import IntArray
from models.request import Row, score_request, warm_up
from models.scorer import Scorer, fit_scorer
from models.target import TargetConfig
from training.fit import fit_predictor
from training.fitting import Fitting
from training.synthetic import SyntheticConfig, build_tables

LINES = 20
AS_OF = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
COPIES = 20
"""How often the base is scored in one history: what a call costs by itself is then nothing."""


def main() -> None:
    """Measure, and print the figures as JSON: microseconds of processor time a customer."""
    made = build_tables(SyntheticConfig(customers=3_000))
    tables = Tables(made.transactions.lazy(), made.customers.lazy())
    dialect, target = learn_dialect(tables), TargetConfig(horizon_days=90)
    fitting = Fitting(build_history(tables, dialect), dialect, target, to_microseconds(AS_OF))
    scorer = fit_scorer(fit_predictor(fitting), fitting.history, target, {})
    warm_up(scorer)
    customers = _customers(made.transactions)
    figures = {"features": len(scorer.predictor.catalogue.features), "served_by": scorer.predictor.served_by}
    for count in (1, 100):
        for reasons in (0, 5):
            figures[f"{count}_{reasons}"] = _request_us(scorer, customers[:count], reasons)
    every = np.repeat(np.arange(len(fitting.history)), COPIES)
    for reasons, some in ((0, every), (5, every[::COPIES])):
        seconds = _least(partial(_score, scorer, fitting, some, reasons), 3)
        figures[f"batch_{reasons}"] = seconds / len(some) * 1e6
    print(json.dumps(figures))


def _customers(lines: pl.DataFrame) -> list[Row]:
    """Return a hundred customers with their latest 20 lines."""
    busy = lines.group_by("customer_id").len().filter(pl.col("len") >= LINES).sort("customer_id").head(100)
    parts = (lines.filter(customer_id=one).sort("timestamp").tail(LINES) for one in busy["customer_id"])
    return [
        {"customer_id": part["customer_id"][0], "transactions": part.drop("customer_id").to_dicts()}
        for part in parts
    ]


def _request_us(scorer: Scorer, customers: list[Row], reasons: int) -> float:
    times = 200 // len(customers) + 1

    def answer() -> None:
        for _ in range(times):
            score_request(scorer, customers, AS_OF, reasons=reasons, currency="EUR")

    return _least(answer, 7) / times / len(customers) * 1e6


def _score(scorer: Scorer, fitting: Fitting, customers: IntArray, reasons: int) -> None:
    scorer.score(fitting.history, to_microseconds(AS_OF), customers, reasons=reasons)


def _least(task: Callable[[], object], runs: int) -> float:
    """Return the least processor time of several runs: others on a machine disturb it less than a clock."""
    found = []
    for _ in range(runs):
        start = time.process_time()
        task()
        found.append(time.process_time() - start)
    return min(found)


if __name__ == "__main__":
    main()
