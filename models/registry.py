"""The registry: which version of a model serves, and its bundle in a local folder.

MLflow is the record, the workspace is the cache. ``models/<model>/index.json`` repeats what the record says,
``models/bundles/<checksum>`` holds bundles under the name of their content, and each appears by one rename.
So whoever reads needs no MLflow, which takes seconds to import: the embedded store is written by uptier,
which brings the index up to date with every change; a server is asked over HTTP, and the index is what was
last heard from it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from pydantic import ValidationError

from features.databases import hide_password
from models.bundle import Bundle, load_bundle
from models.errors import BundleError, TrackingError
from models.model_index import ModelIndex, ModelVersion
from models.registry_server import RegistryServer

if TYPE_CHECKING:
    from models.settings import Settings

BUNDLE_FOLDER = "bundle"
"""Where, inside a registered model, the bundle lies."""


class Registry:
    """Reads which versions there are and brings a version's bundle into the workspace.

    Parameters
    ----------
    workspace : Path
    uri : str
        Empty: the embedded store in the workspace; else an MLflow server, ``http(s)://…``.
    model : str
        Registered model name.

    Raises
    ------
    TrackingError
        When the URI is not a server's.
    """

    def __init__(self, workspace: Path, uri: str, model: str) -> None:
        if uri and urlsplit(uri).scheme not in {"http", "https"}:
            raise TrackingError(
                f"tracking.uri {hide_password(uri)!r}: expected the address of an MLflow server, such as "
                '"http://mlflow:5000", or "" for the store in the workspace'
            )
        self.workspace = workspace.absolute()
        self.uri = uri.rstrip("/")
        self.model = model
        self.folder = self.workspace / "models"
        self.index_path = self.folder / quote(model, safe="") / "index.json"

    @classmethod
    def open(cls, settings: Settings) -> Registry:
        """Return the registry of a project's models."""
        return cls(
            settings.project.workspace,
            settings.tracking.uri,
            settings.tracking.model or settings.project.name,
        )

    @property
    def label(self) -> str:
        """What messages call the store; never with a password."""
        return hide_password(self.uri) if self.uri else str(self.workspace / "mlflow")

    @property
    def server(self) -> RegistryServer | None:
        """The server, or None for the embedded store."""
        return RegistryServer(self.uri) if self.uri else None

    def read(self) -> ModelIndex:
        """Return what is registered now; a server's answer is kept for when it is gone.

        Raises
        ------
        TrackingError
            When the server can't be reached within seconds, or the index can't be read.
        """
        if self.server is None:
            return self.read_cached()
        with self.locked():
            index = self.server.read_index(self.model)
            self.keep_index(index)
        return index

    def read_cached(self) -> ModelIndex:
        """Return what was registered when last heard; never asks a server.

        Raises
        ------
        TrackingError
            When the index is there and can't be read.
        """
        store = hide_password(self.uri)
        empty = ModelIndex(store=store, model=self.model)
        try:
            index = ModelIndex.model_validate_json(self.index_path.read_bytes())
        except FileNotFoundError:
            return empty
        except (OSError, ValidationError) as error:
            raise TrackingError(
                f"{self.index_path}: cannot be read; delete it, and `uptier models` writes it anew"
            ) from error
        return index if index.store == store else empty

    def load(self, version: ModelVersion) -> Bundle:
        """Return a version's bundle; a cached copy that was harmed is fetched anew.

        Raises
        ------
        TrackingError
            When the store doesn't give it.
        BundleError
            When what the store gave is not the bundle that was registered, or is newer than this release.
        """
        try:
            return self._check(self.fetch(version), version.bundle)
        except BundleError:
            self._discard(version)
            return self._check(self.fetch(version), version.bundle)

    def fetch(self, version: ModelVersion) -> Path:
        """Return the folder of a version's bundle; brings it into the workspace where it is not there yet.

        What is brought is checked, what was there is not: whoever loads it checks it, as `load` does.

        Raises
        ------
        TrackingError
            When the store doesn't give it.
        BundleError
            When what it gave is not the bundle that was registered; nothing of it is kept.
        """
        kept = self._bundle_folder(version.bundle)
        if kept.is_dir():
            return kept
        with self._aside() as aside:
            self._download(version, aside)
            called = f"{self.label}: the bundle of version {version.version} of model {self.model!r}"
            return self._put_in_place(aside, version.bundle, called)

    def keep_bundle(self, folder: Path) -> Path:
        """Copy a bundle into the cache, so that it can be served without asking the store for it.

        Raises
        ------
        BundleError
            When the folder is no sound bundle.
        """
        with self._aside() as aside:
            shutil.copytree(folder, aside)
            return self._put_in_place(aside, None, str(folder))

    def keep_index(self, index: ModelIndex) -> None:
        """Write the index in one step; the caller holds the lock."""
        content = index.model_dump_json(indent=1).encode()
        aside = self.index_path.with_name(f".index.{uuid.uuid4().hex}")
        try:
            if self.index_path.is_file() and self.index_path.read_bytes() == content:
                return
            self.index_path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(content)
            aside.replace(self.index_path)
        except OSError as error:
            raise TrackingError(f"{self.index_path}: cannot be written ({error.strerror})") from error
        finally:
            aside.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time bring the index up to date, so that an older answer never wins."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / ".lock").open("ab")
        except OSError as error:
            raise TrackingError(f"{self.folder}: cannot be written ({error.strerror})") from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _bundle_folder(self, checksum: str) -> Path:
        return self.folder / "bundles" / checksum

    @contextmanager
    def _aside(self) -> Iterator[Path]:
        aside = self.folder / "bundles" / f".{uuid.uuid4().hex}"
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            yield aside
        except OSError as error:
            raise TrackingError(f"{error.filename or aside}: {error.strerror or error}") from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _discard(self, version: ModelVersion) -> None:
        with self._aside() as aside, suppress(FileNotFoundError):
            self._bundle_folder(version.bundle).rename(aside)

    def _check(self, folder: Path, expected: str | None, called: str = "") -> Bundle:
        bundle = load_bundle(folder, called)
        if expected not in {None, bundle.manifest.checksum}:
            raise BundleError(
                f"model {self.model!r} in {self.label}: holds another bundle than was registered; train again"
            )
        return bundle

    def _put_in_place(self, aside: Path, expected: str | None, called: str) -> Path:
        checksum = self._check(aside, expected, called).manifest.checksum or ""
        place = self._bundle_folder(checksum)
        try:
            aside.rename(place)
        except OSError:
            if not place.is_dir():  # else another process was faster, with the same content
                raise
        return place

    def _download(self, version: ModelVersion, folder: Path) -> None:
        if self.server is None:
            _copy(self.workspace / version.source / BUNDLE_FOLDER, folder, self)
            return
        artifacts = f"{self.server.get_artifact_uri(self.model, version.version)}/{BUNDLE_FOLDER}"
        scheme = urlsplit(artifacts).scheme
        if scheme == "mlflow-artifacts":
            self.server.download(artifacts, folder)
        elif scheme in {"", "file"}:
            _copy(Path(url2pathname(urlsplit(artifacts).path)), folder, self)
        else:
            download_with_mlflow(artifacts, folder, self)


def _copy(source: Path, folder: Path, registry: Registry) -> None:
    if not source.is_dir():
        raise TrackingError(
            f"{registry.label}: {source} is gone, expected the bundle of model {registry.model!r}"
        )
    shutil.copytree(source, folder)


def download_with_mlflow(uri: str, folder: Path, registry: Registry) -> None:
    """Let MLflow fetch what its server doesn't hand on itself: it knows the object stores and their keys."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    around = folder.with_name(f"{folder.name}.mlflow")
    try:
        around.mkdir()
        found = download_artifacts(artifact_uri=uri, dst_path=str(around), tracking_uri=registry.uri or None)
        Path(found).rename(folder)
    except (MlflowException, ImportError) as error:
        raise TrackingError(f"{registry.label}: {uri} cannot be fetched ({error})") from error
    finally:
        shutil.rmtree(around, ignore_errors=True)
