"""A million published customers: the time of every page of the console, over HTTP and in a browser."""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
from playwright.sync_api import sync_playwright

from features.clock import to_microseconds
from features.dialect import Dialect
from features.tables import Tables
from models.score_store.store import ScoreStore
from tests.benchmarks.lists import best_of
from tests.models.score_store.bases import PUBLISHED, build_scores
from tests.serving.console.conftest import CHROMIUM, visiting
from tests.serving.projects import AS_OF, Project, create_project, fit_shop
from tests.serving.running import run_service
from tests.training.test_fit import zoned
from training.overview import build_details, build_overview
from training.source_history import SourceHistory, cut_tables

WARM_S = 6.0
"""After so long a service has warmed up, in seconds."""

TOLD = 100
"""What happened with a customer is published of every hundredth: of all it would be ten gigabytes."""

READ_TIMES = """() => {
    const found = performance.getEntriesByType("navigation")[0];
    return [found.responseEnd, found.loadEventEnd, performance.now()];
}"""
"""Says when a page had come, was loaded, and had its charts drawn, in milliseconds after it was asked for."""

FILTERS: dict[str, dict[str, object]] = {
    "region": {"region": "north"},
    "segment": {"segment": "volume"},
    "channel": {"channel": "phone"},
    "chance": {"min_percent": 10},
    "days": {"not_contacted_days": 30},
    "budget": {"budget": 5_000},
    "every filter": {
        "region": "south",
        "segment": "new",
        "channel": "phone",
        "min_percent": 5,
        "budget": 900,
    },
    "500 rows": {"budget": 5_000, "cost_per_contact": 2, "rows": 500},
}


def list_pages(customers: int) -> dict[str, str]:
    """Return the address of every page of a base by name."""
    customer_id = f"c{customers // 3 // TOLD * TOLD:08}"
    filtered = {f"candidates: {name}": f"/candidates?{urlencode(asked)}" for name, asked in FILTERS.items()}
    return {
        "overview": "/",
        "candidates": "/candidates",
        **filtered,
        "customer": f"/customer/{customer_id}",
        "model": "/model",
        "a thousand candidates": "/v1/upgrade-candidates?limit=1000",
        "a thousand customers": "/v1/customers?limit=1000",
    }


def main(customers: int) -> None:
    """Publish a base, measure its pages, and print the milliseconds as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        project = create_project(Path(folder), fit_shop())
        publish(project, customers)
        pages = list_pages(customers)
        at_start = {name: measure_start(project, pages[name]) for name in ("overview", "candidates")}
        with run_service(project.config) as service:
            time.sleep(WARM_S)
            first = {name: ask(service.port, path) for name, path in pages.items()}
            again = {name: best_of(partial(ask, service.port, path)) for name, path in pages.items()}
            seen = look(service.port, {name: path for name, path in pages.items() if "/v1/" not in path})
    print(json.dumps({"at_start": at_start, "first": first, "again": again, "seen": seen}))


def publish(project: Project, customers: int) -> pl.DataFrame:
    """Publish made-up scores with what pages show beside them, that of the shop; return the scores."""
    names = ("transactions", "customers", "events", "contacts")
    tables = Tables(*(zoned(getattr(project.shop.tables, name)) for name in names))
    source = SourceHistory(cut_tables(tables, AS_OF), Dialect(), project.shop.history, AS_OF)
    told = project.shop.scorers[0].score(project.shop.history, to_microseconds(AS_OF), model_version="1")
    scores = build_scores(customers)
    detail = max(build_details(source)["detail"], key=len)
    store = ScoreStore.open(project.settings)
    store.publish(
        scores,
        project="shop",
        currency="EUR",
        published_at=PUBLISHED,
        overview=build_overview(source, told).model_dump(mode="json"),
        details=scores.gather_every(TOLD).select("customer_id", detail=pl.lit(detail)),
    )
    store.dispose()
    return scores


def measure_start(project: Project, path: str) -> float:
    """Return how long a page takes that is asked for as soon as a service is ready, in milliseconds."""
    with run_service(project.config) as service:
        return ask(service.port, path)


def look(port: int, pages: dict[str, str]) -> dict[str, list[float]]:
    """Open every page in a browser; return what `READ_TIMES` says of each. Without a browser there is none.

    Raises
    ------
    AssertionError
        When a page says an error on the browser's console, or asks another server for anything.
    """
    if CHROMIUM is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with visiting(browser, f"http://127.0.0.1:{port}") as visit:
            visit.open("/model")  # script and style are fetched once
            seen: dict[str, list[float]] = {
                name: visit.open(path).evaluate(READ_TIMES) for name, path in pages.items()
            }
        browser.close()
    return seen


def ask(port: int, path: str) -> float:
    """Return how long a page takes, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == 200, content[:500]
    return (time.perf_counter() - started) * 1e3


if __name__ == "__main__":
    main(int(sys.argv[1]))
