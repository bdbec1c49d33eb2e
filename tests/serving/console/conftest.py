"""The console of a small shop, served by a real server to a real browser."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode
from urllib.request import urlopen

import polars as pl
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from features.clock import to_microseconds
from features.dialect import Dialect
from features.tables import Tables
from models.bundle import save_bundle
from models.registry import BUNDLE_FOLDER
from models.score_store.store import ScoreStore
from serving.app import create_app
from tests.serving.projects import AS_OF, Project, Shop, create_project
from tests.training.evaluation.scenes import build_backtest
from tests.training.test_fit import zoned
from training.evaluation.report import build_content
from training.evaluation.results import measure_backtest
from training.overview import build_details, build_overview
from training.source_history import SourceHistory, cut_tables

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
NASTY = (
    '<script>alert("x")</script>',
    'it\'s "quoted" & a/b?c#d%20',
    "\u05d0\u05d1\u05d2 \u202eright to left",
    "😀 emoji",
    "..",
    "x" * 500,
)
"""Ids that a page has to show as text."""


def publish_with_overview(*projects: Project, nasty: bool = True, before: bool = True) -> None:
    """Publish a shop's scores as `uptier score --publish` does; some of its customers have odd ids."""
    shop, moment = projects[0].shop, to_microseconds(AS_OF)
    scores = shop.scorers[0].score(shop.history, moment, model_version="1", reasons=3, currency="EUR")
    tables = Tables(
        *(zoned(getattr(shop.tables, n)) for n in ("transactions", "customers", "events", "contacts"))
    )
    source = SourceHistory(cut_tables(tables, AS_OF), Dialect(), shop.history, AS_OF)
    odd = dict(zip(_find_best(scores), NASTY if nasty else (), strict=False))
    regions = ["north", "<south>", None]
    scores = scores.with_columns(
        pl.Series("region", [regions[place % 3] for place in range(len(scores))]),
        days_since_last_contact=pl.int_range(pl.len()).cast(pl.Float64),
        consent=pl.lit(None, pl.Boolean),
    )
    overview = build_overview(source, scores).model_dump(mode="json")
    details = build_details(source)
    earlier = scores.with_columns(
        as_of=pl.col("as_of") - dt.timedelta(days=30), expected_value=pl.col("expected_value") * 0.5
    )
    for project in projects:
        store = ScoreStore.open(project.settings)
        for rows in (earlier, scores) if before else (scores,):
            store.publish(
                rows.with_columns(pl.col("customer_id").replace(odd)),
                project="shop",
                currency="EUR",
                published_at=AS_OF,
                starts=shop.scorers[0].starts(moment),
                overview=overview,
                details=details.with_columns(pl.col("customer_id").replace(odd)),
            )
        store.dispose()


def _find_best(scores: pl.DataFrame) -> list[str]:
    """Return the first candidates, so that odd ids stand on top of the list."""
    known = scores.filter(pl.col("upgrade_probability") > 0)
    best = known.sort("priority", descending=True)["customer_id"]
    return list(best.head(len(NASTY)))


def keep_report(project: Project, report: dict[str, object]) -> None:
    """Put a report into the champion's bundle, as a training leaves it."""
    registry = project.registry
    index = registry.read_cached()
    champion = index.champion
    assert champion is not None
    bundle = registry.load(champion)
    folder = registry.workspace / champion.source / BUNDLE_FOLDER
    shutil.rmtree(folder)
    manifest = save_bundle(folder, replace(bundle, documents={**bundle.documents, "report": report}))
    changed = champion.model_copy(update={"bundle": manifest.checksum})
    with registry.locked():
        others = tuple(each for each in index.versions if each.version != champion.version)
        registry.keep_index(index.model_copy(update={"versions": (changed, *others)}))


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Run a service in a thread; yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def read(address: str, path: str, **query: object) -> bytes:
    """Return what a service answers."""
    asked = f"?{urlencode(query)}" if query else ""
    with urlopen(f"{address}{path}{asked}", timeout=30) as answer:
        content: bytes = answer.read()
        return content


@pytest.fixture(scope="session")
def console_project(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Project:
    """A project with everything that pages show."""
    project = create_project(tmp_path_factory.mktemp("console"), shop)
    backtest = build_backtest()
    keep_report(project, build_content(backtest, measure_backtest(backtest, draws=10)))
    publish_with_overview(project)
    return project


@pytest.fixture(scope="session")
def address(console_project: Project) -> Iterator[str]:
    with serve(create_app(console_project.settings)) as address:
        yield address


@dataclass
class Visit:
    """A page of a browser that notes what must never happen.

    Attributes
    ----------
    page : Page
    faults : list of str
        Messages of the console, errors of scripts, requests outside the server.
    """

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._check(request.url))

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.wait()

    def check(self, path: str) -> Page:
        """Open a page, and look whether it is whole, and can be used by everybody."""
        page = self.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is cut off"
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == [], path
        return page

    def wait(self) -> Page:
        """Wait until parts have come and charts are drawn."""
        for unfinished in (".htmx-request", ".plot[data-spec]:not([data-drawn])"):
            expect(self.page.locator(unfinished)).to_have_count(0, timeout=15_000)
        return self.page

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "status of 4" not in text:
            self.faults.append(f"{kind}: {text}")

    def _check(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.faults.append(f"outside: {url}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium to look at pages with")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's session that many pages share, and with it what it has fetched already."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, address: str) -> Iterator[Visit]:
    with visiting_in(context, address) as visit:
        yield visit


@contextmanager
def visiting(browser: Browser, address: str, *, width: int = 1280, dark: bool = False) -> Iterator[Visit]:
    """Open a browser's page in a session of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    try:
        with visiting_in(context, address) as visit:
            yield visit
    finally:
        context.close()


@contextmanager
def visiting_in(context: BrowserContext, address: str) -> Iterator[Visit]:
    """Open a page, and look at the end whether anything went wrong on it."""
    page = context.new_page()
    try:
        visit = Visit(page, address)
        yield visit
        assert visit.faults == []
    finally:
        page.close()
