"""The record in MLflow: writes runs, versions and aliases, and keeps the registry's cache true to it.

What must not break half-way: a training is kept on disk before the store hears of it and deleted after; a
version is registered after all its files arrived; and it becomes champion by setting one alias. Running again
after any interruption goes on where it stopped, and registers nothing twice.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from features.databases import hide_password
from features.errors import UptierError
from models.bundle import Bundle, load_bundle
from models.errors import TrackingError
from models.model_index import CHALLENGER, CHAMPION, ModelIndex, ModelVersion
from models.registry import Registry
from models.registry_server import TAG, parse_version, sort_versions
from training.mlflow_model import write_mlflow_model
from training.training_record import (
    REHEARSAL_FOLDER,
    PendingRecord,
    TrainingRecord,
    flatten_config,
    flatten_figures,
    hide_secrets,
    keep_pending,
    list_pending,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow reads these when it is imported; what the user has set stays.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "GIT_PYTHON_REFRESH": "quiet",  # a machine without git is fine
}
BUSY_S = 5
"""Time after which an embedded store that another process writes to counts as locked, in seconds."""

_LONGEST_TEXT = 6000
_LONGEST_DIGEST = 36
_BATCH = 100


class Tracking:
    """Writes to the store that a registry reads.

    Parameters
    ----------
    registry : Registry

    Examples
    --------
    >>> tracking = Tracking(Registry(Path("workspace"), uri="", model="shop"))
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.pending = registry.workspace / "pending"

    def record(
        self,
        record: TrainingRecord,
        bundle: Path,
        report: Path | None = None,
        rehearsal: Path | None = None,
    ) -> ModelVersion:
        """Record a training as a run, register its bundle, and make it the challenger.

        Parameters
        ----------
        record : TrainingRecord
        bundle : Path
        report : Path, optional
        rehearsal : Path, optional
            The bundle that was judged in its stead, which later models are compared with.

        Raises
        ------
        TrackingError
            When the store is down or refuses; the training is kept on disk then, for `push_pending`.
        """
        kept = keep_pending(self.pending, record, bundle, report, rehearsal)
        try:
            return self._push(kept)
        except TrackingError as error:
            raise TrackingError(
                f"{error}; the model is kept in {kept.folder}, `uptier models push` sends it later"
            ) from error

    def push_pending(self) -> list[ModelVersion]:
        """Record the trainings that were kept on disk, oldest first; each one that arrived is deleted there.

        Raises
        ------
        TrackingError
            At the first one that the store doesn't take; it and what comes after it stay.
        """
        return [self._push(PendingRecord(folder)) for folder in list_pending(self.pending)]

    def load_rehearsal(self, version: ModelVersion) -> Bundle | None:
        """Return the bundle that was judged in a version's stead; None where none was kept.

        Raises
        ------
        TrackingError
            When the store doesn't give it.
        BundleError
            When what it gave is no sound bundle.
        """
        checksum = version.about.get(REHEARSAL_FOLDER)
        if not checksum:
            return None
        kept = self.registry.folder / "bundles" / checksum
        if not kept.is_dir():
            with self._open() as client, tempfile.TemporaryDirectory() as folder:
                found = client.download_artifacts(version.run_id, REHEARSAL_FOLDER, folder)
                self.registry.keep_bundle(Path(found))
        return load_bundle(kept)

    def promote(self, version: str | int) -> ModelVersion:
        """Make a version the champion; where the gate had refused it, that is recorded as forced.

        Parameters
        ----------
        version : str or int
            Number or alias.

        Raises
        ------
        TrackingError
            When there is no such version, or the store is down.
        BundleError
            When its bundle is not what was registered; the champion stays.
        """
        with self._open() as client:
            index = self.sync(client)
            chosen = index.find(version)
            self.registry.load(chosen)  # what can't be fetched and checked must not serve
            tags = {"forced": str(chosen.was_refused).lower()}
            replaced = index.aliases.get(CHAMPION)
            if replaced not in {None, chosen.version}:
                tags["replaces"] = str(replaced)
            for key, text in tags.items():
                client.set_model_version_tag(self.registry.model, str(chosen.version), TAG + key, text)
            return self._set_champion(client, index, chosen)

    def rollback(self) -> ModelVersion:
        """Make the version champion that the present one took over from.

        Raises
        ------
        TrackingError
            When there is none.
        """
        with self._open() as client:
            index = self.sync(client)
            champion = index.find(CHAMPION)
            if champion.replaces is None:
                raise TrackingError(
                    f"model {self.registry.model!r}: version {champion.version} replaced none, so there is "
                    "nothing to go back to; `uptier models` lists what can be promoted"
                )
            chosen = index.find(champion.replaces)
            self.registry.load(chosen)
            return self._set_champion(client, index, chosen)

    def sync(self, client: MlflowClient | None = None) -> ModelIndex:
        """Bring the registry's index up to date with the record, and return it."""
        if client is None:
            with self._open() as opened:
                return self.sync(opened)
        with self.registry.locked():
            index = _read_index(client, self.registry)
            self.registry.keep_index(index)
        return index

    def _set_champion(self, client: MlflowClient, index: ModelIndex, chosen: ModelVersion) -> ModelVersion:
        client.set_registered_model_alias(self.registry.model, CHAMPION, str(chosen.version))
        if index.aliases.get(CHALLENGER) == chosen.version:
            client.delete_registered_model_alias(self.registry.model, CHALLENGER)
        return self.sync(client).find(chosen.version)

    def _push(self, kept: PendingRecord) -> ModelVersion:
        with self._open() as client:
            known = [each for each in self.sync(client).versions if each.bundle == kept.checksum]
            number = known[-1].version if known else _register(client, self.registry, kept)
            client.set_registered_model_alias(self.registry.model, CHALLENGER, str(number))
            self.registry.keep_bundle(kept.bundle)
            if kept.rehearsal.is_dir():
                self.registry.keep_bundle(kept.rehearsal)
            version = self.sync(client).find(number)
        kept.discard()
        return version

    @contextmanager
    def _open(self) -> Iterator[MlflowClient]:
        """Yield a client of a store that answers; whatever MLflow raises leaves as one clear line."""
        uri = self.registry.uri
        if self.registry.server is not None:
            self.registry.server.ping()  # before MLflow, which takes seconds to load and tries again for long
        else:
            uri = _prepare_embedded(self.registry)
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        import requests
        import sqlalchemy.exc
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        for chatty in ("mlflow", "alembic"):  # set here too: whoever imported MLflow first made it talk
            logging.getLogger(chatty).setLevel(logging.WARNING)
        try:
            yield MlflowClient(tracking_uri=uri, registry_uri=uri)
        except UptierError:
            raise
        except (MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException, OSError) as error:
            reason = hide_password(" ".join(str(error).split()), uri)[:300]
            raise TrackingError(f"{self.registry.label}: {reason}") from error


def _prepare_embedded(registry: Registry) -> str:
    """Return the URI of the embedded store; MLflow would try a broken one again for a minute."""
    path = registry.workspace / "mlflow" / "mlflow.db"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=BUSY_S)) as database:
            database.execute("PRAGMA user_version").fetchone()
            database.execute("BEGIN IMMEDIATE")
    except (OSError, sqlite3.Error) as error:
        raise TrackingError(
            f"{path}: the store of runs and models cannot be written ({error}); free it, restore it, "
            "or move it away"
        ) from error
    return f"sqlite:///{path}"


def _read_index(client: MlflowClient, registry: Registry) -> ModelIndex:
    found = _find_model(client, registry.model)
    entries = _iter_versions(client, registry.model) if found else iter(())
    return ModelIndex(
        store=hide_password(registry.uri),
        model=registry.model,
        aliases={alias: int(number) for alias, number in found.aliases.items()} if found else {},
        versions=sort_versions(parse_version(each) for each in entries),
    )


def _iter_versions(client: MlflowClient, model: str) -> Iterator[dict[str, Any]]:
    mark = '"' if "'" in model else "'"
    token = None
    while True:
        page = client.search_model_versions(f"name={mark}{model}{mark}", 1000, page_token=token)
        for each in page:
            tags = [{"key": key, "value": value} for key, value in each.tags.items()]
            yield {**dict(each), "tags": tags}
        token = page.token
        if not token:
            return


def _find_model(client: MlflowClient, model: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_registered_model(model)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise


def _register(client: MlflowClient, registry: Registry, kept: PendingRecord) -> int:
    """Write run, model and version, in this order; return the version's number."""
    experiment = _find_experiment(client, registry)
    _end_interrupted_runs(client, experiment, kept.checksum)
    tags = {TAG + "bundle": kept.checksum, **{TAG + key: text for key, text in kept.record.about.items()}}
    run_id = client.create_run(experiment, tags=tags).info.run_id
    try:
        _log_run(client, run_id, kept)
        model = _log_model(client, experiment, run_id, kept)
    except BaseException:
        # An interrupted run shows as such, unless the store is what is gone; the next push closes it then.
        with suppress(Exception):
            client.set_terminated(run_id, "KILLED")
        raise
    client.set_terminated(run_id)
    if _find_model(client, registry.model) is None:
        client.create_registered_model(registry.model)
    tags[TAG + "figures"] = json.dumps(kept.record.headline)
    source = f"models:/{model.model_id}"
    if not registry.uri:
        source = (
            model.artifact_location
        )  # the embedded store looks the other form up in MLflow's default store
        place = Path(url2pathname(urlsplit(source).path))
        tags[TAG + "folder"] = os.path.relpath(place, registry.workspace)  # the workspace may be moved
    version = client.create_model_version(registry.model, source, run_id, tags=tags, model_id=model.model_id)
    return int(version.version)


def _find_experiment(client: MlflowClient, registry: Registry) -> str:
    found = client.get_experiment_by_name(registry.model)
    if found is not None:
        return str(found.experiment_id)
    artifacts = None if registry.uri else (registry.workspace / "mlflow" / "artifacts").as_uri()
    return client.create_experiment(registry.model, artifact_location=artifacts)


def _end_interrupted_runs(client: MlflowClient, experiment: str, checksum: str) -> None:
    """Close what an earlier attempt to record the same bundle left running."""
    query = f"attributes.status = 'RUNNING' and tags.`{TAG}bundle` = '{checksum}'"
    for run in client.search_runs([experiment], query):
        client.set_terminated(run.info.run_id, "KILLED")


def _log_run(client: MlflowClient, run_id: str, kept: PendingRecord) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param

    record, now = kept.record, int(time() * 1000)
    params = [Param(key, text[:_LONGEST_TEXT]) for key, text in flatten_config(record.config).items()]
    metrics = [Metric(key, value, now, 0) for key, value in flatten_figures(record.figures).items()]
    for start in range(0, len(params), _BATCH):
        client.log_batch(run_id, params=params[start : start + _BATCH])
    for start in range(0, len(metrics), _BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + _BATCH])
    data = record.dataset
    profile = data.model_dump_json(include={"rows", "first", "last"})
    source = json.dumps({"uri": hide_secrets(data.source)})
    dataset = Dataset("transactions", data.digest[:_LONGEST_DIGEST], "local", source, profile=profile)
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    client.log_dict(run_id, {"features": list(record.features)}, "features.json")
    client.log_dict(run_id, record.model_dump(mode="json", include={"figures"}), "figures.json")
    if kept.rehearsal.is_dir():
        client.log_artifacts(run_id, str(kept.rehearsal), REHEARSAL_FOLDER)
    if kept.report.is_file():
        client.log_artifact(run_id, str(kept.report))


def _log_model(client: MlflowClient, experiment: str, run_id: str, kept: PendingRecord) -> Any:
    from mlflow.entities import LoggedModelOutput

    record = kept.record
    model = client.create_logged_model(experiment, name="model", source_run_id=run_id)
    ids = {"model_id": model.model_id, "run_id": run_id, "artifact_path": model.artifact_location}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        write_mlflow_model(folder, kept.bundle, record.examples, record.outputs, as_of=record.as_of, ids=ids)
        client.log_model_artifacts(model.model_id, str(folder))
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    return model
