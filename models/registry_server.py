"""What an MLflow server says of a model, asked over its REST API, so that reading needs no MLflow."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlencode, urlsplit
from urllib.request import Request, urlopen

from pydantic import ValidationError

from features.databases import hide_password
from models.errors import TrackingError
from models.model_index import ModelIndex, ModelVersion

TIMEOUT_S = 5
"""Silence after which a server counts as gone, in seconds."""

TAG = "uptier."
"""What the tags of ours begin with, on runs and versions."""


class RegistryServer:
    """Reads an MLflow server's registry and its artifacts.

    Parameters
    ----------
    uri : str
        Address of the server. Credentials are taken from it, or from MLflow's own environment variables
        (``MLFLOW_TRACKING_TOKEN``, ``MLFLOW_TRACKING_USERNAME``, ``MLFLOW_TRACKING_PASSWORD``).
    """

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._label = hide_password(uri)
        self._base = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._headers = _authorize(parts.username, parts.password)

    def read_index(self, model: str) -> ModelIndex:
        """Return all versions and aliases of a model; none where the server doesn't know it.

        Raises
        ------
        TrackingError
            When the server can't be reached, refuses, or answers what MLflow wouldn't.
        """
        known = self._get_json("mlflow/registered-models/get", {"name": model}, missing={})
        aliases = known.get("registered_model", {}).get("aliases", [])
        try:
            return ModelIndex(
                store=self._label,
                model=model,
                aliases={each["alias"]: int(each["version"]) for each in aliases},
                versions=sort_versions(parse_version(each) for each in self._iter_versions(model) if known),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise TrackingError(
                f"{self._label}: answers what an MLflow server would not ({error!r})"
            ) from error

    def get_artifact_uri(self, model: str, version: int) -> str:
        """Return where the server keeps the files of a version."""
        asked = {"name": model, "version": str(version)}
        return str(self._get_json("mlflow/model-versions/get-download-uri", asked).get("artifact_uri", ""))

    def download(self, uri: str, folder: Path) -> None:
        """Fetch the files right below ``mlflow-artifacts:/…`` into a new folder."""
        path = unquote(urlsplit(uri).path).strip("/")
        listed = self._get_json("mlflow-artifacts/artifacts", {"path": path}).get("files", [])
        folder.mkdir(parents=True)
        for name in (Path(each["path"]).name for each in listed if not each.get("is_dir")):
            try:
                with self._get(f"mlflow-artifacts/artifacts/{quote(f'{path}/{name}')}") as answer:
                    content = answer.read()
            except (OSError, HTTPException) as error:
                raise self._explain(error) from error
            (folder / name).write_bytes(content)

    def ping(self) -> None:
        """Do nothing, or raise TrackingError when no MLflow server answers there."""
        self._get_json("mlflow/registered-models/search", {"max_results": "1"})

    def _iter_versions(self, model: str) -> Iterator[Mapping[str, Any]]:
        mark = '"' if "'" in model else "'"
        asked = {"filter": f"name={mark}{model}{mark}", "max_results": "1000"}
        while True:
            page = self._get_json("mlflow/model-versions/search", asked)
            yield from page.get("model_versions", [])
            if not page.get("next_page_token"):
                return
            asked["page_token"] = page["next_page_token"]

    def _get_json(
        self, path: str, asked: Mapping[str, str], missing: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            with self._get(f"{path}?{urlencode(asked)}") as answer:
                document = json.load(answer)
        except HTTPError as error:
            if error.code == 404 and missing is not None and b"RESOURCE_DOES_NOT_EXIST" in error.read():
                return missing
            raise self._explain(error) from error
        except (OSError, HTTPException, ValueError) as error:
            raise self._explain(error) from error
        if not isinstance(document, dict):
            raise TrackingError(f"{self._label}: answers what an MLflow server would not")
        return document

    def _get(self, path: str) -> HTTPResponse:
        request = Request(f"{self._base}/api/2.0/{path}", headers=self._headers)
        answer: HTTPResponse = urlopen(request, timeout=TIMEOUT_S)
        return answer

    def _explain(self, error: Exception) -> TrackingError:
        where = f"tracking.uri {self._label}"
        if isinstance(error, HTTPError):
            with error:
                if error.code in {401, 403}:
                    return TrackingError(
                        f"{where}: refuses access; set MLFLOW_TRACKING_TOKEN, or "
                        "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
                    )
                return TrackingError(f"{where}: answers {error.code} {error.reason}; is it an MLflow server?")
        if isinstance(error, json.JSONDecodeError):
            return TrackingError(f"{where}: answers something else than JSON; is it an MLflow server?")
        reason = getattr(error, "reason", None) or error
        return TrackingError(
            f"{where}: no MLflow server can be reached ({reason}); start it, or correct the URI"
        )


def parse_version(entry: Mapping[str, Any]) -> ModelVersion | None:
    """Return a version from MLflow's entry; None where it isn't complete or not uptier's."""
    tags = {each["key"]: each.get("value", "") for each in entry.get("tags", [])}
    if entry.get("status") != "READY":
        return None
    ours = {key.removeprefix(TAG): text for key, text in tags.items() if key.startswith(TAG) and text}
    own = {key: ours.pop(key, "") for key in ("bundle", "figures", "folder", "forced", "replaces")}
    try:
        return ModelVersion(
            version=int(entry["version"]),
            bundle=own["bundle"],
            created=datetime.fromtimestamp(int(entry["creation_timestamp"]) / 1000, UTC),
            run_id=entry.get("run_id", ""),
            source=own["folder"] or entry.get("source", ""),
            forced=own["forced"] == "true",
            replaces=int(own["replaces"]) if own["replaces"] else None,
            figures=json.loads(own["figures"] or "{}"),
            about=ours,
        )
    except ValidationError:
        return None


def sort_versions(versions: Iterator[ModelVersion | None]) -> tuple[ModelVersion, ...]:
    """Return the versions that are ours, oldest first."""
    return tuple(sorted((each for each in versions if each is not None), key=lambda each: each.version))


def _authorize(user: str | None, password: str | None) -> dict[str, str]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    user = unquote(user or "") or os.environ.get("MLFLOW_TRACKING_USERNAME", "")
    password = unquote(password or "") or os.environ.get("MLFLOW_TRACKING_PASSWORD", "")
    if user:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    return {"Authorization": f"Bearer {token}"} if token else {}
