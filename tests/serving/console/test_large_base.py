"""A large base in a real browser: every page, every filter. `make bench` does the same with a million."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from models.candidates import Wanted, choose_candidates
from serving.app import create_app
from tests.benchmarks.pages import FILTERS, list_pages, publish
from tests.serving.console.conftest import serve, visiting
from tests.serving.projects import Shop, create_project

CUSTOMERS = 100_000


def test_every_page_and_filter_of_a_large_base_can_be_seen(
    browser: Browser, tmp_path: Path, shop: Shop
) -> None:
    project = create_project(tmp_path, shop)
    scores = publish(project, CUSTOMERS)
    pages = {name: path for name, path in list_pages(CUSTOMERS).items() if "/v1/" not in path}
    with serve(create_app(project.settings)) as address, visiting(browser, address) as visit:
        seen = {name: visit.open(path).locator("main").inner_text() for name, path in pages.items()}
    assert "100,000" in seen["overview"]
    assert "What happened" in seen["customer"]
    for name, asked in FILTERS.items():
        least = float(str(asked.get("min_percent", 0))) / 100
        others = {key: each for key, each in asked.items() if key in {"region", "segment", "channel"}}
        days = asked.get("not_contacted_days")
        wanted = Wanted(min_probability=least, not_contacted_days=days, **others)  # type: ignore[arg-type]
        fitting = choose_candidates(scores, wanted).summary.eligible
        assert f"of {fitting:,} customers who fit" in seen[f"candidates: {name}"], name
