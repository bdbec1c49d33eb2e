"""The candidates' page: filters, the budget, the file."""

from __future__ import annotations

import re

import polars as pl
import pytest
from playwright.sync_api import expect

from models.candidates import Wanted
from models.score_store.store import ScoreStore
from serving.console.candidate_list import show_candidates
from tests.serving.console.conftest import Visit, read
from tests.serving.projects import Project


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"region": "<south>"},
        {"segment": "volume", "cost_per_contact": 2, "budget": 21},
        {"not_contacted_days": 100},
    ],
    ids=str,
)
def test_the_file_is_the_same_as_the_services(address: str, query: dict[str, object]) -> None:
    budget = {"cost_per_contact": 1, **query}
    ours = read(address, "/candidates.csv", **budget)
    theirs = read(
        address,
        "/v1/upgrade-candidates",
        **budget,
        **({} if "budget" in query else {"limit": 1000}),
        format="csv",
    )
    assert ours == theirs
    assert ours.count(b"\r\n") > 2


def test_the_page_shows_what_the_store_chooses(console_project: Project) -> None:
    store = ScoreStore.open(console_project.settings)
    for wanted in (
        Wanted(),
        Wanted(limit=7),
        Wanted(budget=10.5, cost_per_contact=0.5, min_probability=0.05),
        Wanted(region="nowhere"),
        Wanted(region="north", segment="volume", not_contacted_days=50),
    ):
        whole, shown = store.candidates(wanted), show_candidates(store, wanted, 5)
        assert shown.summary.eligible == whole.summary.eligible
        assert shown.summary.contacts == whole.summary.contacts
        assert shown.summary.cost == (whole.summary.cost if wanted.cost_per_contact else None)
        assert shown.summary.expected_value == pytest.approx(whole.summary.expected_value)
        assert shown.summary.in_vain == pytest.approx(whole.summary.in_vain)
        assert shown.rows == whole.customers.head(5).to_dicts()
    store.dispose()


@pytest.mark.parametrize(
    ("field", "value", "column"), [("region", "<south>", "region"), ("segment", "volume", "segment")]
)
def test_a_chosen_filter_changes_the_list_at_once(
    visit: Visit, console_project: Project, field: str, value: str, column: str
) -> None:
    page = visit.open("/candidates")
    page.locator("#budget").fill("1000000")
    with page.expect_response(re.compile(r"/candidates\?")):
        page.select_option(f"#{field}", value)
    visit.wait()
    store = ScoreStore.open(console_project.settings)
    chosen = store.candidates(Wanted(**{column: value})).customers  # type: ignore[arg-type]
    rows = page.locator("table.candidates tbody tr th a").all_inner_texts()
    assert rows == chosen["customer_id"].head(50).to_list()
    assert f"{len(chosen)} customers who fit" in page.locator("#found").inner_text()
    store.dispose()


def test_channel_chance_days_and_cost_are_filters_too(visit: Visit, console_project: Project) -> None:
    page = visit.open("/candidates")
    page.fill("#budget", "500")
    page.fill("#cost_per_contact", "2,5")
    page.fill("#not_contacted_days", "20")
    page.fill("#min_percent", "1")
    with page.expect_response(re.compile(r"min_percent=1")):
        page.select_option("#channel", "e-mail")
    visit.wait()
    store = ScoreStore.open(console_project.settings)
    wanted = Wanted(
        min_probability=0.01, channel="e-mail", not_contacted_days=20, budget=500, cost_per_contact=2.5
    )
    contacts = store.candidates(wanted).summary.contacts
    expect(page.locator("table.candidates tbody tr")).to_have_count(min(50, contacts))
    store.dispose()


def test_the_slider_shows_what_a_budget_buys(visit: Visit) -> None:
    page = visit.open("/candidates")
    page.locator("#slider").focus()
    with page.expect_response(re.compile(r"budget=")):
        page.keyboard.press("Home")
    page.get_by_text("This budget pays for no contact").wait_for()
    assert page.locator("#budget").input_value() == "0"
    with page.expect_response(re.compile(r"budget=")):
        page.keyboard.press("End")
    page.get_by_text("The budget is enough for everyone who fits.").wait_for()
    assert "can be expected, contacted or not" in page.locator("#bought").inner_text()
    assert page.evaluate("document.activeElement.id") == "slider"
    visit.wait()


def test_more_rows_are_a_click_away(visit: Visit) -> None:
    page = visit.open("/candidates?budget=1000000")
    assert page.locator("table.candidates tbody tr").count() == 50
    page.get_by_text("Show more").click()
    expect(page.locator("table.candidates tbody tr")).to_have_count(100)


def test_a_wrong_number_is_told_and_nothing_breaks(visit: Visit, address: str) -> None:
    page = visit.open("/candidates?cost_per_contact=free")
    assert "expected a number" in page.get_by_role("alert").inner_text()
    wrong = ({"budget": -1}, {"min_percent": 101}, {"segment": "gold"}, {"cost_per_contact": 0})
    for query in (*wrong, {"cost_per_contact": "", "budget": 5}, {"budget": "1e999"}):
        assert b'role="alert"' in read(address, "/candidates", **query), query


def test_the_file_carries_reasons_in_words(address: str) -> None:
    rows = pl.read_csv(read(address, "/candidates.csv", cost_per_contact=1, budget=5))
    assert len(rows) == 5
    assert {"customer_id", "upgrade_probability", "action", "channel"} <= set(rows.columns)
