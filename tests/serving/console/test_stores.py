"""Pages are the same whichever database holds the scores, and whatever was published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import polars as pl
import pytest

from models.score_store.store import ScoreStore
from serving.app import create_app
from tests.models.score_store.bases import PUBLISHED, build_scores, postgres_schema
from tests.serving.console.conftest import NASTY, publish_with_overview, read, serve
from tests.serving.projects import AS_OF, Project, Shop, create_project

SELLERS = ('<i>"a"</i>', "b & c")


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[tuple[Project, Project]]:
    """Two projects, whose scores lie in SQLite and in PostgreSQL."""
    with postgres_schema() as uri:
        here, there = (create_project(tmp_path_factory.mktemp(name), shop) for name in ("sqlite", "postgres"))
        with there.config.open("a") as config:
            config.write(f'store = "{uri}"\n')
        yield here, there


def _read_all(projects: tuple[Project, Project], paths: list[str]) -> tuple[list[bytes], list[bytes]]:
    with ExitStack() as stack:
        here, there = (stack.enter_context(serve(create_app(each.settings))) for each in projects)
        return [read(here, path) for path in paths], [read(there, path) for path in paths]


def test_pages_lists_and_files_are_those_of_sqlite(projects: tuple[Project, Project]) -> None:
    publish_with_overview(*projects)
    customers = [f"/customer/{quote(name, safe='')}" for name in NASTY if name != ".."]
    filters = ["region=%3Csouth%3E", "segment=volume&budget=20", "not_contacted_days=90", "min_percent=5"]
    ours, theirs = _read_all(
        projects,
        ["/", "/model", "/customer?id=..", *customers]
        + [f"/candidates{kind}?{each}" for kind in ("", ".csv") for each in filters]
        + [
            "/v1/upgrade-candidates?limit=1000",
            "/v1/customers?limit=100&sort=churn_probability",
            "/v1/summary",
        ],
    )
    assert ours == theirs


def test_pages_with_sellers_are_those_of_sqlite(projects: tuple[Project, Project]) -> None:
    scores = build_scores(60)
    at_sellers = [
        scores.with_columns(seller_id=pl.lit(name), expected_value=pl.col("expected_value") * factor)
        for factor, name in enumerate(SELLERS, 1)
    ]
    for project in projects:
        store = ScoreStore.open(project.settings)
        store.publish(pl.concat(at_sellers), project="shop", currency="EUR", published_at=PUBLISHED)
        store.dispose()
    customer = "/customer/c00000007"
    paths = ["/", customer, "/candidates?budget=9", "/candidates.csv", "/v1/customers/c00000007"]
    chosen = [
        f"{path}?seller{key}={quote(SELLERS[0])}"
        for path, key in ((customer, ""), ("/candidates.csv", "_id"))
    ]
    ours, theirs = _read_all(projects, [*paths, *chosen])
    assert ours == theirs
    assert b"<i>" not in ours[0] + ours[1] + ours[2] + ours[5]
    assert ours[1] != ours[5]
    assert ours[3].count(b"\r\n") == 2 * ours[6].count(b"\r\n") - 1


def test_a_publication_of_nobody_has_every_page(projects: tuple[Project, Project]) -> None:
    for project in projects:
        store = ScoreStore.open(project.settings)
        store.publish(build_scores(9).clear(), project="shop", currency="EUR", published_at=AS_OF)
        store.dispose()
    ours, theirs = _read_all(projects, ["/", "/candidates", "/model", "/candidates.csv"])
    assert ours == theirs
    assert b"no customer is scored" in ours[0]
    assert b"Nobody fits" in ours[1]
    assert ours[3].count(b"\r\n") == 1
