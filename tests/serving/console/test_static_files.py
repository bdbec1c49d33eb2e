from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.console.assets import FOLDER, link_asset, load_assets
from serving.console.pages import SCRIPTS
from tests.serving.projects import Project


@pytest.fixture(scope="module")
def client(console_project: Project) -> TestClient:
    return TestClient(create_app(console_project.settings))


def test_vendored_files_are_those_that_their_readme_names() -> None:
    readme = (FOLDER / "vendor" / "README.md").read_text()
    named = dict(re.findall(r"`(\S+\.min\.js)`.*`([0-9a-f]{64})`", readme))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("vendor/*.js")}
    assert named == found
    assert {Path(script).name for script in SCRIPTS} - {"console.js"} == found.keys()
    for name in re.findall(r"`(LICENSE-\S+)`", readme):
        assert (FOLDER / "vendor" / name).is_file()


def test_our_own_files_name_no_other_server() -> None:
    for name in ("console.js", "console.css"):
        assert not re.search(r"https?://|//[a-z]+\.[a-z]", (FOLDER / name).read_text())


def test_files_are_sent_packed_and_once(client: TestClient) -> None:
    address = link_asset("console.js")
    first = client.get(address, headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert first.content == load_assets()["console.js"].content
    again = client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/static/console.css").headers["content-type"].startswith("text/css")


def test_nothing_but_these_files_is_sent(client: TestClient) -> None:
    for name in ("../pages.py", "%2e%2e/pages.py", "vendor/README.md", "", "nothing.js", "vendor"):
        assert client.get(f"/static/{name}").status_code == 404
