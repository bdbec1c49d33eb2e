"""Following the registry: a new champion takes over whole, and what is broken changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from models.bundle import load_bundle, save_bundle
from models.errors import BundleError
from models.registry import BUNDLE_FOLDER, Registry
from models.self_test import EXAMPLES, check_examples
from serving.app import create_app
from serving.followed_model import FollowedModel
from tests.serving.projects import Project, build_customer

BODY = {"as_of": "2024-06-01T00:00:00Z", "customers": [build_customer("a", 9)]}


@pytest.fixture
def followed(project: Project) -> FollowedModel:
    model = FollowedModel(project.registry)
    assert model.refresh()
    return model


def name(model: FollowedModel) -> str:
    assert model.current is not None
    return model.current.name


def test_the_champion_serves_and_the_next_one_takes_over(project: Project, followed: FollowedModel) -> None:
    assert name(followed) == "1"
    assert not followed.refresh()
    for version in (2, 1, 2):
        project.promote(version)
        assert followed.refresh()
        assert name(followed) == str(version)


def test_without_a_champion_the_challenger_serves(project: Project) -> None:
    registry = project.registry
    with registry.locked():
        registry.keep_index(registry.read().model_copy(update={"aliases": {"challenger": 2}}))
    model = FollowedModel(registry)
    model.refresh()
    assert name(model) == "2"


def test_without_any_model_it_says_what_to_run(tmp_path: Path) -> None:
    model = FollowedModel(Registry(tmp_path, "", "shop"))
    assert not model.refresh()
    assert model.current is None
    assert "uptier train" in (model.trouble or "")


def break_version(project: Project, version: int, alter: Callable[[Path], None]) -> None:
    folder = project.registry.workspace / "mlflow" / str(version) / BUNDLE_FOLDER
    alter(folder)


def flip_a_byte(folder: Path) -> None:
    path = folder / "predictor.json"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("alter", [flip_a_byte, lambda folder: (folder / "manifest.json").unlink()])
def test_a_bundle_that_was_altered_is_refused_and_the_old_model_stays(
    project: Project, followed: FollowedModel, alter: Callable[[Path], None]
) -> None:
    break_version(project, 2, alter)
    refused: list[bool] = []
    followed.refused = lambda: refused.append(True)
    project.promote(2)
    for _ in range(3):
        assert not followed.refresh()
    assert name(followed) == "1"
    assert "predictor.json altered" in (followed.trouble or "") or "manifest" in (followed.trouble or "")
    assert len(refused) == 1  # not tried again and again
    project.promote(1)
    followed.refresh()
    assert followed.trouble is None


def test_a_model_that_predicts_otherwise_than_at_training_is_refused(
    project: Project, followed: FollowedModel, tmp_path: Path
) -> None:
    registry = project.registry
    bundle = load_bundle(registry.workspace / "mlflow" / "2" / BUNDLE_FOLDER)
    bundle.documents[EXAMPLES]["scores"][1]["expected_value"] *= 1.01
    manifest = save_bundle(registry.workspace / "mlflow" / "9" / BUNDLE_FOLDER, bundle)
    index = registry.read()
    wrong = index.versions[1].model_copy(
        update={"bundle": manifest.checksum, "source": "mlflow/9", "version": 3}
    )
    with registry.locked():
        registry.keep_index(index.model_copy(update={"versions": (*index.versions, wrong)}))
    project.promote(3)
    assert not followed.refresh()
    assert name(followed) == "1"
    assert "the self-test gave expected_value" in (followed.trouble or "")


def test_examples_hold_no_name_of_a_customer(project: Project) -> None:
    bundle = load_bundle(project.registry.workspace / "mlflow" / "1" / BUNDLE_FOLDER)
    assert check_examples(project.shop.scorers[0], bundle) == 3
    assert [row["customer_id"] for row in bundle.documents[EXAMPLES]["customers"]] == [
        "example 1", "example 2", "example 3"
    ]  # fmt: skip
    with pytest.raises(BundleError, match="self-test"):
        check_examples(project.shop.scorers[1], bundle)


def test_an_index_that_cannot_be_read_changes_nothing(project: Project, followed: FollowedModel) -> None:
    project.registry.index_path.write_text("{")
    assert not followed.refresh()
    assert name(followed) == "1"
    assert "cannot be read" in (followed.trouble or "")


def test_a_registry_that_is_gone_changes_nothing(project: Project) -> None:
    """A server that was heard before, and is away when the service starts and while it runs."""
    server = Registry(project.settings.project.workspace, "http://127.0.0.1:9", "shop")
    index = project.registry.read().model_copy(update={"store": "http://127.0.0.1:9"})
    for version in index.versions:
        project.registry.fetch(version)
    with server.locked():
        server.keep_index(index)
    model = FollowedModel(server)
    assert model.refresh()
    assert name(model) == "1"
    assert not model.refresh()
    assert "can be reached" in (model.trouble or "")


def test_a_running_service_swaps_and_says_so(project: Project) -> None:
    with TestClient(create_app(project.settings)) as client:
        first = client.post("/predict", json=BODY).json()
        project.promote(2)
        until = time.monotonic() + 10
        while client.get("/readyz").json()["model_version"] != "2":
            assert time.monotonic() < until
            time.sleep(0.02)
        second = client.post("/predict", json=BODY).json()
        metrics = client.get("/metrics").text
    assert [first["model_version"], second["model_version"]] == ["1", "2"]
    value = first["predictions"][0]["expected_value"]
    assert second["predictions"][0]["expected_value"] == pytest.approx(2 * value, rel=0.2)
    assert "uptier_model_swaps_total 1.0" in metrics
    assert "uptier_model_version 2.0" in metrics


def test_a_running_service_with_a_broken_champion_is_ready_and_says_so(project: Project) -> None:
    with TestClient(create_app(project.settings)) as client:
        break_version(project, 2, flip_a_byte)
        project.promote(2)
        until = time.monotonic() + 10
        while client.get("/readyz").json()["model_trouble"] is None:
            assert time.monotonic() < until
            time.sleep(0.02)
        ready = client.get("/readyz")
        metrics = client.get("/metrics").text
        assert client.post("/predict", json=BODY).json()["model_version"] == "1"
    assert ready.status_code == 200
    assert ready.json()["model_version"] == "1"
    assert "uptier_registry_trouble 1.0" in metrics
    assert "uptier_model_refusals_total 1.0" in metrics


def test_no_pickle_is_imported_to_load_a_model(project: Project) -> None:
    """Bundles are text, JSON and Parquet; what isn't one of these is refused before it is read."""
    folder = project.registry.workspace / "mlflow" / "2" / BUNDLE_FOLDER
    (folder / "model.pkl").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    project.promote(2)
    model = FollowedModel(project.registry)
    assert not model.refresh()
    assert "model.pkl" in (model.trouble or "")
