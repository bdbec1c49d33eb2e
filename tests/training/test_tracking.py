from __future__ import annotations

import json
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from models.bundle import load_bundle
from models.errors import BundleError, TrackingError
from models.model_index import ModelVersion
from models.registry import Registry, download_with_mlflow
from tests.models.small_model import AS_OF, save_small_bundle, score_small
from tests.training.conftest import MlflowServer, find_free_port
from training.listing import say_promoted
from training.tracking import Tracking
from training.training_record import DatasetRecord, TrainingRecord, flatten_figures, list_pending

CONFIG = {
    "project": {"name": "shop"},
    "training": {"seed": 7, "snapshots": "auto"},
    "tables": {"transactions": {"source": "postgresql://me:s3cret@db/shop", "columns": {"amount": "q * p"}}},
}
FIGURES = {"value": {"gini": 0.8, "by evidence": {"few_orders (2-4)": {"bias": -0.02}}}, "grade": "B"}


def _record(about: dict[str, str], headline: float = 0.8) -> TrainingRecord:
    source = "postgresql://me:s3cret@db/shop"
    return TrainingRecord(
        config=CONFIG,
        figures=FIGURES,
        headline={"gini": headline},
        about={"as_of": AS_OF, "grade": "B", **about},
        dataset=DatasetRecord(
            source=source, digest="d" * 64, rows=1000, last=datetime(2026, 1, 30, tzinfo=UTC)
        ),
        features=("spend", "recency"),
        as_of=datetime.fromisoformat(AS_OF),
        examples=(
            {"customer_id": "c1", "transactions": [{"timestamp": "2026-01-01T00:00:00Z", "amount": 5.0}]},
        ),
        outputs=({"customer_id": "c1", "expected_value": 10.0, "reasons": {}},),
    )


def _train(tracking: Tracking, folder: Path, price: float, **about: str) -> ModelVersion:
    save_small_bundle(folder / f"bundle-{price}", price)
    (folder / "report.html").write_text("<h1>report</h1>")
    return tracking.record(_record(about), folder / f"bundle-{price}", folder / "report.html")


def _price(registry: Registry) -> Any:
    champion = registry.read().champion
    return champion and load_bundle(registry.fetch(champion)).documents["price"]


@pytest.fixture(scope="module")
def started(request: pytest.FixtureRequest) -> None:
    """Start the server while the tests of the embedded store run."""
    with suppress(pytest.skip.Exception):
        request.getfixturevalue("mlflow_server")


@pytest.fixture(scope="module")
def embedded(started: None, tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    """An embedded store with two versions, of which the first serves."""
    folder = tmp_path_factory.mktemp("embedded")
    tracking = Tracking(Registry(folder / "workspace", "", "my shop"))
    _train(tracking, folder, 1.0)
    tracking.promote("challenger")
    _train(tracking, folder, 2.0)
    return tracking


def _client(tracking: Tracking) -> Any:
    from mlflow import MlflowClient

    uri = tracking.registry.uri or f"sqlite:///{tracking.registry.workspace}/mlflow/mlflow.db"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _check_record(tracking: Tracking, version: ModelVersion) -> None:
    """Everything of a training is in the store, and no password."""
    client = _client(tracking)
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["training.seed"] == "7"
    assert run.data.params["tables.transactions.source"] == "postgresql://me:***@db/shop"
    assert run.data.metrics == {"value/gini": 0.8, "value/by evidence/few_orders _2-4_/bias": -0.02}
    (dataset,) = (each.dataset for each in run.inputs.dataset_inputs)
    assert json.loads(dataset.profile)["rows"] == 1000
    assert "s3cret" not in dataset.source
    names = {each.path for each in client.list_artifacts(version.run_id)}
    assert names == {"report.html", "features.json", "figures.json"}
    (output,) = run.outputs.model_outputs
    registered = client.get_model_version(tracking.registry.model, str(version.version))
    assert output.model_id in registered.source


def test_a_training_is_recorded_whole(embedded: Tracking) -> None:
    index = embedded.registry.read()
    assert [each.version for each in index.versions] == [1, 2]
    assert index.aliases == {"champion": 1, "challenger": 2}
    challenger = index.find("challenger")
    assert challenger.figures == {"gini": 0.8}
    assert challenger.about["grade"] == "B"
    _check_record(embedded, challenger)
    assert list_pending(embedded.pending) == []


def test_what_the_gate_refused_is_promoted_by_force(tmp_path: Path) -> None:
    tracking = Tracking(Registry(tmp_path / "workspace", "", "shop"))
    reasons = "The Gini of value fell.; It knows the future."
    _train(tracking, tmp_path, 1.0, gate="refused", refused=reasons)
    promoted = tracking.promote("challenger")
    assert (promoted.forced, promoted.about["refused"]) == (True, reasons)
    assert say_promoted(promoted) == (
        "version 1 is the champion by force, which is recorded: "
        "the gate had refused it: The Gini of value fell (and 1 more)"
    )


def test_promotion_and_rollback_move_the_champion(
    embedded: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = embedded.registry
    assert _price(registry) == 1.0
    _check_mlflow_loads_the_champion(embedded, 1.0, monkeypatch)
    promoted = embedded.promote(2)
    assert (promoted.replaces, promoted.forced) == (1, False)
    assert registry.read().aliases == {"champion": 2}
    assert _price(registry) == 2.0
    assert embedded.rollback().version == 1
    assert _price(registry) == 1.0
    with pytest.raises(TrackingError, match="nothing to go back to"):
        embedded.rollback()
    with pytest.raises(TrackingError, match="no version '7' is registered, there are 1, 2, champion"):
        embedded.promote(7)


def test_reading_follows_the_record_when_the_index_is_lost(embedded: Tracking) -> None:
    before = embedded.registry.read()
    embedded.registry.index_path.unlink()
    assert embedded.registry.read().versions == ()
    assert embedded.sync() == before == embedded.registry.read()


def test_a_bundle_that_the_store_altered_is_never_promoted(embedded: Tracking, tmp_path: Path) -> None:
    version = _train(embedded, tmp_path, 9.0)
    embedded.registry.fetch(version).rename(tmp_path / "cache lost")
    stored = embedded.registry.workspace / version.source / "bundle" / "trees.txt"
    stored.write_text("tree, altered")
    champion = embedded.registry.read().champion
    with pytest.raises(BundleError, match=r"trees\.txt altered"):
        embedded.promote(version.version)
    assert embedded.sync().champion == champion


def test_mlflow_fetches_what_lies_in_an_object_store(embedded: Tracking, tmp_path: Path) -> None:
    registry = embedded.registry
    stored = registry.workspace / registry.read().versions[0].source / "bundle"
    download_with_mlflow(stored.as_uri(), tmp_path / "fetched", registry)
    assert load_bundle(tmp_path / "fetched").documents == {"price": 1.0}


def test_recording_the_same_bundle_again_registers_nothing_twice(embedded: Tracking, tmp_path: Path) -> None:
    first = _train(embedded, tmp_path, 3.0)
    assert embedded.record(_record({}), tmp_path / "bundle-3.0").version == first.version


def test_a_rehearsal_is_kept_with_its_run(embedded: Tracking, tmp_path: Path) -> None:
    checksum = save_small_bundle(tmp_path / "rehearsal", 4.5)
    save_small_bundle(tmp_path / "bundle", 4.0)
    record = _record({})
    record = record.model_copy(update={"about": {**record.about, "rehearsal": checksum}})

    version = embedded.record(record, tmp_path / "bundle", rehearsal=tmp_path / "rehearsal")

    for _ in range(2):
        kept = embedded.load_rehearsal(version)
        assert kept is not None
        assert kept.documents["price"] == 4.5
        shutil.rmtree(embedded.registry.folder / "bundles" / str(checksum))  # the run has it, too
    assert embedded.load_rehearsal(embedded.registry.read().versions[0]) is None


class Killed(BaseException):
    """The end of a process: nothing that comes after it runs, the closing of the run neither."""


def test_interrupted_anywhere_the_next_push_goes_on(
    embedded: Tracking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking = Tracking(Registry(embedded.registry.workspace, "", "killed shop"))
    with monkeypatch.context() as killed:
        for step in ("finalize_logged_model", "set_terminated"):
            killed.setattr(type(_client(tracking)), step, Mock(side_effect=Killed))
        with pytest.raises(Killed):
            _train(tracking, tmp_path, 1.0)
    assert tracking.sync().versions == ()

    with monkeypatch.context() as interrupted:
        interrupted.setattr(
            type(_client(tracking)), "set_registered_model_alias", Mock(side_effect=KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            tracking.push_pending()
    assert [each.version for each in tracking.sync().versions] == [1]
    assert tracking.registry.read().aliases == {}

    assert [each.version for each in tracking.push_pending()] == [1]
    assert tracking.registry.read().aliases == {"challenger": 1}
    assert list_pending(tracking.pending) == []
    experiment = _client(tracking).get_experiment_by_name("killed shop").experiment_id
    runs = _client(tracking).search_runs([experiment])
    assert sorted(run.info.status for run in runs) == ["FINISHED", "KILLED"]


def test_a_server_that_is_down_leaves_the_model_on_disk(
    tmp_path: Path, started: None, mlflow_server: MlflowServer
) -> None:
    down = Tracking(
        Registry(tmp_path / "workspace", f"http://me:s3cret@127.0.0.1:{find_free_port()}", "late shop")
    )
    start = time.monotonic()
    with pytest.raises(TrackingError, match="can be reached") as caught:
        _train(down, tmp_path, 1.0)
    assert time.monotonic() - start < 10
    assert "uptier models push" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert len(list_pending(down.pending)) == 1

    up = Tracking(Registry(tmp_path / "workspace", mlflow_server.uri, "late shop"))
    assert [each.version for each in up.push_pending()] == [1]
    assert list_pending(up.pending) == []


def _check_mlflow_loads_the_champion(tracking: Tracking, price: float, patch: pytest.MonkeyPatch) -> None:
    """Whoever uses MLflow itself gets the champion's figures by its alias."""
    patch.setattr("models.pyfunc.score_rows", score_small)
    import mlflow

    uri = tracking.registry.uri or f"sqlite:///{tracking.registry.workspace}/mlflow/mlflow.db"
    mlflow.set_tracking_uri(uri)
    loaded = mlflow.pyfunc.load_model(f"models:/{tracking.registry.model}@champion")
    example = loaded.metadata.load_input_example(f"models:/{tracking.registry.model}@champion")
    assert loaded.predict(example, params={"as_of": AS_OF})[0]["expected_value"] == 5 * price


def test_a_server_with_postgresql_does_it_all(
    tmp_path: Path, mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking = Tracking(Registry(tmp_path / "trainer", mlflow_server.uri, "shop's best"))
    assert tracking.registry.read().versions == ()
    first, second = (_train(tracking, tmp_path, price) for price in (1.0, 2.0))
    _check_record(tracking, second)
    tracking.promote(first.version)
    tracking.promote(second.version)

    # Another machine, with a workspace of its own, reads over HTTP.
    reader = Registry(tmp_path / "reader", mlflow_server.uri, "shop's best")
    assert reader.read() == tracking.registry.read()
    assert _price(reader) == 2.0
    _check_mlflow_loads_the_champion(tracking, 2.0, monkeypatch)
    tracking.rollback()
    assert _price(reader) == 1.0
    offline = reader.read_cached()
    assert offline.find().version == 1
    assert load_bundle(reader.fetch(offline.find())).documents["price"] == 1.0


def test_a_broken_embedded_store_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db").write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(TrackingError, match=r"mlflow\.db: the store of runs and models cannot be written"):
        Tracking(Registry(tmp_path, "", "shop")).sync()


def test_a_store_that_another_process_holds_is_one_clear_error(
    embedded: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.tracking.BUSY_S", 0.1)
    with closing(sqlite3.connect(embedded.registry.workspace / "mlflow" / "mlflow.db")) as held:
        held.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TrackingError, match="locked"):
            embedded.sync()


def test_metric_names_are_allowed_and_distinct() -> None:
    flat = flatten_figures(
        {"tier": {"A>": 1, "A<": 2, "../..": 3, "": float("nan")}, "rows": [{"n": 1}], "on": True}
    )
    assert len(flat) == 4
    assert flat["rows/0/n"] == 1
    assert not any(".." in name.split("/") for name in flat)
