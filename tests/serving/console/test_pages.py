"""Every page in a real browser."""

from __future__ import annotations

import polars as pl
import pytest
from playwright.sync_api import Browser, expect

from models.overview import CustomerDetail, Favourite, Overview, Timeline
from models.overview.detail import Kind
from models.score_store.store import ScoreStore
from serving.app import create_app
from serving.console.wording import sentence
from tests.models.score_store.bases import build_scores
from tests.serving.console.conftest import (
    NASTY,
    Visit,
    publish_with_overview,
    read,
    serve,
    visiting,
)
from tests.serving.projects import AS_OF, Project

HEADLINES = {
    "/": "of your customers brought",
    "/candidates?budget=8": "Whom to contact",
    "/customer?id=..": "..",
    "/model": "Grade",
    "/customer/nobody": "Nobody has this id",
}


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_every_page_is_whole_accessible_and_asks_nobody_else(
    browser: Browser, address: str, width: int, dark: bool
) -> None:
    with visiting(browser, address, width=width, dark=dark) as visit:
        for path, headline in HEADLINES.items():
            assert headline in visit.check(path).locator("h1").inner_text(), path


def test_charts_are_drawn_and_drawn_anew_when_the_appearance_changes(visit: Visit) -> None:
    page = visit.open("/")
    charts = page.locator(".plot[data-spec]")
    assert charts.count() >= 6
    assert page.locator(".plot svg").count() == charts.count()
    line = page.locator("#chart-months .plot path[role='graphics-symbol']").first
    light = line.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    expect(line).not_to_have_attribute("fill", light or "")
    assert page.locator(".plot svg").count() == charts.count()


def test_a_chart_has_its_figures_as_a_table_too(visit: Visit) -> None:
    page = visit.open("/")
    page.locator("#chart-concentration summary").click()
    assert page.locator("#chart-concentration tbody tr").count() == 7


def test_what_moved_between_tiers_and_segments_is_told(visit: Visit, console_project: Project) -> None:
    page = visit.open("/")
    store = ScoreStore.open(console_project.settings)
    published = store.current()
    assert published is not None
    for between, groups in (("tiers", published.summary.tiers), ("segments", published.summary.segments)):
        rows = page.get_by_label(f"Moves between {between}").locator("tbody tr")
        assert rows.count() == len(groups) + 1
        for place, group in enumerate(groups):  # nobody moved: the same scores were published twice
            assert rows.nth(place).locator("td").nth(place).inner_text() == f"{group.customers:,}"
    store.dispose()


def test_odd_ids_are_shown_as_text_and_lead_to_their_customer(visit: Visit) -> None:
    links = visit.open("/candidates").locator("table.candidates th a")
    found = dict(zip(links.all_inner_texts(), links.all(), strict=True))
    addresses = {name: found[name].get_attribute("href") or "" for name in NASTY}
    for name, address in addresses.items():
        page = visit.open(address)
        assert page.locator("h1").inner_text() == name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_search_finds_a_customer_whatever_the_id(visit: Visit) -> None:
    page = visit.open("/")
    page.get_by_label("Customer's id").fill(NASTY[1])
    page.get_by_role("button", name="Find").click()
    visit.wait()
    assert page.locator("h1").inner_text() == NASTY[1]


def test_a_customer_is_explained(visit: Visit, console_project: Project) -> None:
    page = visit.open("/customer?id=..")
    store = ScoreStore.open(console_project.settings)
    row = store.get("..")[0]
    text = page.locator("main").inner_text()
    assert f"€{row['expected_value']:,.2f}" in text
    for target in ("value", "churn", "upgrade"):
        told = [sentence(reason["text"], "EUR") for reason in row["reasons"][target]]
        if target == "value":  # the amount stands beside the bar
            told = [words.rpartition(": ")[0] for words in told]
        assert [words for words in told if words not in text] == []
    assert row["action"] in text
    assert page.locator(".dimensions li").count() == 7
    assert "Expected value" in page.locator("section", has_text="What changed").last.inner_text()
    assert page.locator("#chart-timeline svg").count() == 1
    store.dispose()


def test_a_customer_without_orders_has_a_page(visit: Visit, console_project: Project) -> None:
    history = console_project.shop.history
    counts = history.purchases.timeline.offsets
    who = next(name for place, name in enumerate(history.ids) if counts[place] == counts[place + 1])
    page = visit.open(f"/customer/{who}")
    assert page.locator("h1").inner_text() == who
    assert "NaN" not in page.locator("main").inner_text()


def test_the_model_page_tells_how_far_to_trust_it(visit: Visit) -> None:
    page = visit.open("/model")
    text = page.locator("main").inner_text()
    assert "Version 1" in text
    assert "run-1" in text
    assert page.locator("#chart-churn svg").count() == 1
    assert page.locator("tr.served").count() == 1


def test_the_model_page_says_when_it_has_not_scored_the_base_yet(browser: Browser, project: Project) -> None:
    publish_with_overview(project, nasty=False, before=False)
    project.promote(2)
    with serve(create_app(project.settings)) as address, visiting(browser, address) as visit:
        text = visit.open("/model").locator("main").inner_text()
        assert "Version 2" in text
        assert "published scores are those of version 1" in text


def test_a_model_that_cannot_be_loaded_is_told_from_none(browser: Browser, project: Project) -> None:
    champion = project.registry.read_cached().champion
    assert champion is not None
    files = (project.registry.workspace / champion.source).rglob("*.json")
    next(path for path in files if path.name != "manifest.json").write_text("{}")
    with serve(create_app(project.settings)) as address, visiting(browser, address) as visit:
        text = visit.open("/model").locator("main").inner_text()
        assert "No model can serve" in text
        assert "altered" in text


def test_pages_can_be_used_by_keyboard(visit: Visit) -> None:
    page = visit.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_a_page_prints_without_what_cannot_be_used_on_paper(visit: Visit) -> None:
    page = visit.open("/candidates?segment=volume")
    page.emulate_media(media="print")
    assert not page.locator("form.filters").is_visible()
    assert page.get_by_text("Asked for: segment volume; cost of a contact, EUR 1.").is_visible()
    assert page.locator("h1").is_visible()


def test_an_empty_base_says_what_to_do(browser: Browser, project: Project) -> None:
    with serve(create_app(project.settings)) as address, visiting(browser, address) as visit:
        for path in ("/", "/candidates", "/customer/any", "/candidates.csv"):
            assert "uptier score --publish" in visit.open(path).locator("main").inner_text()
        assert "not kept with it" in visit.open("/model").locator("main").inner_text()


def test_a_first_publication_has_nothing_to_compare_with(browser: Browser, project: Project) -> None:
    publish_with_overview(project, nasty=False, before=False)
    with serve(create_app(project.settings)) as address, visiting(browser, address) as visit:
        assert "first publication" in visit.open("/").locator("main").inner_text()
        who = project.shop.history.ids[0]
        assert "first publication" in visit.open(f"/customer/{who}").locator("main").inner_text()


def test_what_is_printed_from_the_dark_is_light(browser: Browser, address: str) -> None:
    with visiting(browser, address, dark=True) as visit:
        page = visit.open("/")
        read_colours = (
            "[...document.querySelectorAll('.plot path')].map((each) => each.getAttribute('fill')).join()"
        )
        dark = page.evaluate(read_colours)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert "#2563ab" in page.evaluate(read_colours)
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(read_colours) == dark


@pytest.mark.parametrize("path", ["/", "/candidates", "/customer?id=.."])
def test_old_data_is_said_to_be_old(address: str, path: str) -> None:
    text = read(address, path).decode()
    assert "The data behind these scores ends before 1 Jun 2024" in text
    assert "the 30 days that they foresee are over" in text


def test_names_of_all_kinds_are_shown_as_text(browser: Browser, project: Project) -> None:
    store = ScoreStore.open(project.settings)
    publish_with_overview(project, before=False)
    published = store.current()
    assert published is not None
    told = Overview.model_validate(published.overview)
    part, campaign = told.channels[0], told.campaigns[0]
    odd = told.model_copy(
        update={
            "regions": tuple(part.model_copy(update={"name": name}) for name in NASTY),
            "campaigns": tuple(
                campaign.model_copy(update={"campaign_id": name, "offer": name}) for name in NASTY
            ),
        }
    )
    rows = len(NASTY)
    event: Kind = "event"
    happened = Timeline(
        day=(AS_OF.date(),) * rows,
        kind=(event,) * rows,
        words=NASTY,
        money=(None,) * rows,
        count=(1,) * rows,
    )
    detail = CustomerDetail(
        happenings=rows,
        timeline=happened,
        favourites=tuple(Favourite(category=name, value=1.0) for name in NASTY),
        attributes=dict(zip(NASTY, NASTY, strict=True)),
    ).model_dump_json()
    scores = build_scores(6).with_columns(region=pl.Series(NASTY), action=pl.Series(NASTY))
    store.publish(
        scores, project="shop", currency="EUR", published_at=AS_OF, overview=odd.model_dump(mode="json"),
        details=scores.select("customer_id", detail=pl.lit(detail)),
    )  # fmt: skip
    store.dispose()
    with serve(create_app(project.settings)) as address, visiting(browser, address, width=360) as visit:
        for path in ("/", "/customer/c00000001"):
            page = visit.open(path)
            text = page.locator("main").text_content() or ""
            assert [name for name in NASTY if name not in text] == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is cut off"
