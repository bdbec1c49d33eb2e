"""Keys: made once, stored as hashes, refused when they are wrong, revoked or of another scope."""

from __future__ import annotations

import datetime as dt
import sqlite3
import statistics
import time

import pytest
from starlette.testclient import TestClient

from features.errors import ConfigError
from serving.app import create_app
from serving.keys import Keys, Scope, open_keys
from tests.serving.projects import Project

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
BODY = {"customers": [{"customer_id": "a"}]}


@pytest.fixture
def keys(project: Project) -> Keys:
    return open_keys(project.settings)


def make(keys: Keys, name: str, scope: Scope) -> str:
    secret, _ = keys.create(name, scope, NOW)
    keys.refresh()
    return secret


def test_only_a_hash_is_stored(keys: Keys, project: Project) -> None:
    secret = make(keys, "crm", Scope.PREDICT)
    stored = sqlite3.connect(project.settings.project.workspace / "scores.sqlite").iterdump()
    text = "\n".join(stored)
    _, key_id, hidden = secret.split("_", 2)
    assert key_id in text
    assert hidden not in text


def test_a_key_is_found_until_it_is_revoked(keys: Keys) -> None:
    secret = make(keys, "crm", Scope.PREDICT)
    assert keys.check(secret, Scope.PREDICT)
    assert keys.check(secret, Scope.READ) is None
    keys.revoke("crm", NOW)
    keys.refresh()
    assert keys.check(secret, Scope.PREDICT) is None
    assert keys.configured  # a service whose keys were all revoked is not open


def test_admin_is_every_scope(keys: Keys) -> None:
    secret = make(keys, "boss", Scope.ADMIN)
    assert all(keys.check(secret, scope) for scope in Scope)


@pytest.mark.parametrize("wrong", ["", "uptier_", "x" * 10_000, "uptier_000000000000_" + "a" * 43, "\x00é"])
def test_a_wrong_key_is_none(keys: Keys, wrong: str) -> None:
    secret = make(keys, "crm", Scope.PREDICT)
    for tried in (wrong, secret[:-1], secret + "a", secret.upper()):
        assert keys.find(tried) is None


def test_names_are_unique_and_plain(keys: Keys) -> None:
    make(keys, "crm", Scope.PREDICT)
    with pytest.raises(ConfigError, match="already"):
        keys.create("crm", Scope.READ, NOW)
    with pytest.raises(ConfigError, match="control characters"):
        keys.create("a\nb", Scope.READ, NOW)
    with pytest.raises(ConfigError, match="no valid key 'nobody'"):
        keys.revoke("nobody", NOW)


def test_the_name_of_a_revoked_key_is_free_again(keys: Keys) -> None:
    longest = "x" * 100
    secrets = []
    for _ in range(3):
        secrets.append(make(keys, longest, Scope.PREDICT))
        keys.revoke(longest, NOW)
    secrets.append(make(keys, longest, Scope.READ))
    assert [keys.find(secret) is not None for secret in secrets] == [False, False, False, True]
    assert len({key.name for key in keys.list()}) == 4
    assert [key.name for key in keys.list() if key.revoked is None] == [longest]


def test_the_time_of_a_wrong_key_does_not_tell_whether_its_id_is_known(keys: Keys) -> None:
    secret = make(keys, "crm", Scope.PREDICT)
    known, unknown = secret[:-8] + "A" * 8, "uptier_" + "0" * 12 + secret[19:]
    times: dict[str, list[float]] = {known: [], unknown: []}
    for _ in range(300):
        for tried, found in times.items():
            start = time.perf_counter()
            for _ in range(20):
                keys.find(tried)
            found.append(time.perf_counter() - start)
    fastest = [statistics.quantiles(found, n=10)[0] for found in times.values()]
    assert max(fastest) / min(fastest) < 2


@pytest.fixture
def guarded(project: Project, keys: Keys) -> tuple[TestClient, dict[str, str]]:
    secrets = {scope.value: make(keys, scope.value, scope) for scope in Scope}
    return TestClient(create_app(project.settings)), secrets


def test_routes_ask_for_their_scope(guarded: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = guarded
    with client:
        for scope, predicted, read in [("predict", 200, 403), ("read", 403, 200), ("admin", 200, 200)]:
            headers = {"Authorization": f"Bearer {secrets[scope]}"}
            assert client.post("/predict", json=BODY, headers=headers).status_code == predicted
            assert client.get("/v1/models/current", headers=headers).status_code == read
            assert client.get("/metrics", headers={"X-API-Key": secrets[scope]}).status_code == read


def test_without_the_right_key_nothing_is_answered(guarded: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = guarded
    right = secrets["admin"]
    with client:
        for headers in (
            {},
            {"Authorization": right},
            {"Authorization": f"Basic {right}"},
            {"Authorization": f"Bearer {right[:-1]}"},
            {"Authorization": "Bearer "},
            {"X-API-Key": right[:-1]},
        ):
            answer = client.post("/predict", json=BODY, headers=headers)
            assert answer.status_code == 401, headers
            assert answer.headers["www-authenticate"] == "Bearer"
            assert right not in answer.text
        for query in (f"key={right}", f"x={right}", "api_key=1", "access_token="):
            answer = client.get(f"/v1/summary?{query}", headers={"Authorization": f"Bearer {right}"})
            assert answer.status_code == 400
            assert "ends up in logs" in answer.json()["detail"]
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


def test_a_revoked_key_is_refused_by_a_running_service_within_two_seconds(
    guarded: tuple[TestClient, dict[str, str]], keys: Keys
) -> None:
    client, secrets = guarded
    headers = {"Authorization": f"Bearer {secrets['predict']}"}
    with client:
        assert client.post("/predict", json=BODY, headers=headers).status_code == 200
        keys.revoke("predict", NOW)
        until = time.monotonic() + 2
        while client.post("/predict", json=BODY, headers=headers).status_code == 200:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_without_keys_only_names_of_this_machine_are_answered(client: TestClient) -> None:
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert client.post("/predict", json=BODY, headers={"host": host}).status_code == 200
    assert client.post("/predict", json=BODY, headers={"host": "evil.example"}).status_code == 401
