"""A million published customers: the time of any list, page and look-up, and of publishing them."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from models.candidates import Wanted
from models.score_store.query import CustomerQuery
from models.score_store.store import ScoreStore
from tests.benchmarks.measure import peak_gib
from tests.models.score_store.bases import PUBLISHED, build_scores, postgres_schema

LISTS = {
    "by value": CustomerQuery(),
    "a thousand": CustomerQuery(limit=1000),
    "tier C, by value": CustomerQuery(tier="C"),
    "four filters, by upgrade": CustomerQuery(
        tier="C", segment="new", region="south", min_churn_probability=0.5, sort="upgrade_probability"
    ),
    "soonest next order": CustomerQuery(sort="next_order_date", descending=False),
    "a thousand of tier C": CustomerQuery(tier="C", limit=1000),
}
BUDGETS = {
    "budget for 1,000": Wanted(budget=2000, cost_per_contact=2),
    "budget for 1,000, three filters": Wanted(
        budget=2000, cost_per_contact=2, region="south", channel="phone", not_contacted_days=30
    ),
}


def main(customers: int) -> None:
    """Measure both databases, and print the figures as JSON."""
    scores = build_scores(customers)
    before = peak_gib()
    with tempfile.TemporaryDirectory() as folder, postgres_schema() as postgres:
        found = {}
        for name, uri in (("SQLite", f"sqlite:///{folder}/scores.sqlite"), ("PostgreSQL", postgres)):
            store = ScoreStore(uri)
            start = time.perf_counter()
            store.publish(scores, project="bench", currency="EUR", published_at=PUBLISHED)
            found[name] = {"publish_s": time.perf_counter() - start, **measure_reads(store, customers)}
            store.dispose()
        size = Path(folder, "scores.sqlite").stat().st_size / 2**30
    print(json.dumps({"stores": found, "before_gib": before, "peak_gib": peak_gib(), "sqlite_gib": size}))


def measure_reads(store: ScoreStore, customers: int) -> dict[str, float]:
    """Return the milliseconds of every reading, the first one after a publication apart."""
    first = next(iter(LISTS.values()))
    start = time.perf_counter()
    store.list(first)
    found = {"first list": (time.perf_counter() - start) * 1e3}
    found["get"] = best_of(lambda: store.get(f"c{customers // 3:08}"), 50)
    for name, query in LISTS.items():
        found[f"list: {name}"] = best_of(partial(store.list, query))
    second = CustomerQuery(tier="B", cursor=_middle(store))
    found["list: a page in the middle"] = best_of(lambda: store.list(second))
    for name, wanted in BUDGETS.items():
        found[name] = best_of(partial(store.candidates, wanted))
    found["best customers"] = best_of(lambda: store.best(None, 100))
    return found


def best_of(read: Callable[[], object], times: int = 7) -> float:
    """Return the milliseconds of the quickest of several readings."""
    read()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        read()
        taken.append(time.perf_counter() - start)
    return min(taken) * 1e3


def _middle(store: ScoreStore) -> str | None:
    cursor = None
    for _ in range(3):
        cursor = store.list(CustomerQuery(tier="B", limit=1000, cursor=cursor)).next_cursor
    return cursor


if __name__ == "__main__":
    main(int(sys.argv[1]))
