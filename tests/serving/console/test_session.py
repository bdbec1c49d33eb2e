"""Signing in and out, and what a browser is forbidden."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from serving.app import create_app
from serving.console.session import COOKIE
from serving.keys import Scope, open_keys
from tests.serving.console.conftest import publish_with_overview, serve, visiting
from tests.serving.projects import Project, Shop, create_project

NOW = dt.datetime(2024, 6, 2, tzinfo=dt.UTC)
ORIGIN = {"origin": "http://testserver"}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Project:
    """A project with published scores and keys."""
    project = create_project(tmp_path_factory.mktemp("locked"), shop)
    publish_with_overview(project, nasty=False, before=False)
    return project


@pytest.fixture(scope="module")
def secrets(locked: Project) -> dict[str, str]:
    keys = open_keys(locked.settings)
    found = {scope.value: keys.create(scope.value, scope, NOW)[0] for scope in Scope}
    found["revoked"] = keys.create("revoked", Scope.READ, NOW)[0]
    keys.revoke("revoked", NOW)
    keys.dispose()
    return found


@pytest.fixture
def client(locked: Project, secrets: dict[str, str]) -> Iterator[TestClient]:
    with TestClient(create_app(locked.settings), follow_redirects=False) as client:
        yield client


def _sign_in(client: TestClient, key: str, to: str = "/") -> int:
    return client.post("/sign-in", data={"key": key, "next": to}, headers=ORIGIN).status_code


def test_signing_in_opens_the_page_that_was_asked_for_and_signing_out_closes_it(
    browser: Browser, locked: Project, secrets: dict[str, str]
) -> None:
    with serve(create_app(locked.settings)) as address, visiting(browser, address) as visit:
        page = visit.open("/candidates?segment=volume")
        assert page.locator("h1").inner_text() == "Sign in"
        assert Axe().run(page).response["violations"] == []
        page.get_by_label("API key").fill("uptier_wrong")
        page.get_by_role("button", name="Sign in").click()
        assert "unknown" in page.get_by_role("alert").inner_text()
        page.get_by_label("API key").fill(secrets["read"])
        page.get_by_role("button", name="Sign in").click()
        visit.wait()
        assert page.url.endswith("/candidates?segment=volume")
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (COOKIE, True, "Lax")
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Sign out").click()
        visit.wait()
        assert page.locator("h1").inner_text() == "Sign in"
        assert visit.open("/model").locator("h1").inner_text() == "Sign in"


@pytest.mark.parametrize(
    "path", ["/", "/candidates", "/candidates.csv", "/customer/x", "/customer?id=x", "/model"]
)
def test_no_page_is_shown_before_signing_in(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")
    part = client.get(path, headers={"hx-request": "true"})
    assert (part.status_code, part.content) == (204, b"")
    assert part.headers["hx-redirect"].startswith("/sign-in?next=")


def test_only_a_key_that_may_read_signs_in(client: TestClient, secrets: dict[str, str]) -> None:
    refused = [
        _sign_in(client, key)
        for key in ("", "x", secrets["predict"], secrets["revoked"], secrets["read"] + "x")
    ]
    assert refused == [403] * 5
    assert [_sign_in(client, secrets[scope]) for scope in ("read", "admin")] == [303, 303]


def test_a_session_ends_with_its_key_and_no_other_cookie_is_one(
    client: TestClient, locked: Project, secrets: dict[str, str]
) -> None:
    keys = open_keys(locked.settings)
    secret, key = keys.create("leaving", Scope.READ, NOW)
    client.app.state.keys.refresh()  # type: ignore[attr-defined]
    assert _sign_in(client, secret) == 303
    given = client.cookies[COOKIE]
    assert client.get("/model").status_code == 200
    altered = given[:-9] + ("A" if given[-9] != "A" else "B") + given[-8:]
    for forged in (altered, key.id, f"{key.id}:", "", "a:b:c"):
        client.cookies.clear()
        client.cookies.set(COOKIE, forged)
        assert client.get("/model").status_code == 303, forged
    client.cookies.clear()
    client.cookies.set(COOKIE, given)
    assert client.get("/model").status_code == 200
    keys.revoke("leaving", NOW)
    client.app.state.keys.refresh()  # type: ignore[attr-defined]
    assert client.get("/model").status_code == 303
    keys.dispose()


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
def test_a_form_of_another_site_is_refused(
    client: TestClient, secrets: dict[str, str], path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path, data={"key": secrets["read"]}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/\r\nx: y", "javascript:1"]
)
def test_signing_in_leads_nowhere_else(client: TestClient, secrets: dict[str, str], to: str) -> None:
    answer = client.post("/sign-in", data={"key": secrets["read"], "next": to}, headers=ORIGIN)
    assert answer.headers["location"] == "/"


def test_pages_allow_nothing_inline_nor_foreign(client: TestClient) -> None:
    answer = client.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not {"unsafe", "http:", "https:", "*", "data:"} & set(policy.replace("-", " ").split())
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert " onclick" not in answer.text


def test_without_keys_pages_are_shown_to_this_machine_alone(project: Project) -> None:
    with TestClient(create_app(project.settings), follow_redirects=False) as client:
        assert client.get("/model").status_code == 200
        assert client.get("/model", headers={"host": "evil.example"}).status_code == 401
        assert client.get("/sign-in?next=/model").headers["location"] == "/model"
