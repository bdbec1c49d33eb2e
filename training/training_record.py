"""What is to be recorded of a training, kept whole in a folder until the store has taken it."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from features.databases import hide_password
from models.bundle import load_bundle
from models.errors import BundleError, TrackingError
from models.registry import BUNDLE_FOLDER
from models.request import Row

_RECORD = "record.json"
REHEARSAL_FOLDER = "rehearsal"
_REPORT = "report.html"


class DatasetRecord(BaseModel):
    """The data that a model was trained on.

    Attributes
    ----------
    source : str
        Where it was read from; a password in it is never recorded.
    digest : str
        Hash of its content.
    rows : int
    first, last : datetime, optional
        Its oldest and newest line.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    digest: str
    rows: int
    first: datetime | None = None
    last: datetime | None = None


class TrainingRecord(BaseModel):
    """Everything about a training but its bundle and its report.

    Attributes
    ----------
    config : mapping
        ``uptier.toml`` as it was, nested; becomes parameters. Passwords in it are not kept.
    figures : mapping
        All figures of the backtest, nested; numbers become metrics.
    headline : mapping of str to float
        The few figures that a list of versions shows.
    about : mapping of str to str
        What else a list of versions shows: moment, grade, rung.
    dataset : DatasetRecord
    features : tuple of str
    as_of : datetime
        Moment of the training, and of the examples.
    examples, outputs : tuple of dict
        A few customers as raw rows, and their scores.
    """

    model_config = ConfigDict(frozen=True)

    config: dict[str, Any]
    figures: dict[str, Any]
    headline: dict[str, float | None]
    about: dict[str, str]
    dataset: DatasetRecord
    features: tuple[str, ...]
    as_of: datetime
    examples: tuple[Row, ...]
    outputs: tuple[Row, ...]

    @field_validator("config")
    @classmethod
    def _hide(cls, config: dict[str, Any]) -> dict[str, Any]:
        return {key: hide_secrets(value) for key, value in config.items()}


class PendingRecord:
    """A record, its bundle, its rehearsal and its report in one folder that appears in one step.

    Parameters
    ----------
    folder : Path
        What `keep_pending` returned.

    Raises
    ------
    TrackingError
        When the folder was altered and can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundle = folder / BUNDLE_FOLDER
        self.rehearsal = folder / REHEARSAL_FOLDER
        self.report = folder / _REPORT
        try:
            self.record = TrainingRecord.model_validate_json((folder / _RECORD).read_bytes())
            self.checksum = load_bundle(self.bundle).manifest.checksum or ""
        except (OSError, ValidationError, BundleError) as error:
            reason = str(error).splitlines()[0]
            raise TrackingError(f"{folder}: is no kept training ({reason}); delete the folder") from error

    def discard(self) -> None:
        """Delete it: the store has it. One rename first, so that half of it is never taken for all of it."""
        gone = self.folder.with_name(f".{uuid.uuid4().hex}")
        self.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def keep_pending(
    place: Path,
    record: TrainingRecord,
    bundle: Path,
    report: Path | None,
    rehearsal: Path | None = None,
) -> PendingRecord:
    """Keep a training on disk until it is recorded.

    Parameters
    ----------
    place : Path
        The folder of all pending trainings.
    record : TrainingRecord
    bundle : Path
        Folder of the bundle; copied.
    report : Path, optional
        HTML file; copied.
    rehearsal : Path, optional
        Folder of the bundle that was judged in its stead, a horizon earlier; copied.

    Raises
    ------
    TrackingError
        When it can't be written; nothing is left behind.
    """
    aside = place / f".{uuid.uuid4().hex}"
    folder = place / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
    try:
        shutil.copytree(bundle, aside / BUNDLE_FOLDER)
        if rehearsal is not None:
            shutil.copytree(rehearsal, aside / REHEARSAL_FOLDER)
        if report is not None:
            shutil.copyfile(report, aside / _REPORT)
        (aside / _RECORD).write_text(record.model_dump_json(indent=1), encoding="utf-8")
        aside.rename(folder)
    except OSError as error:
        raise TrackingError(
            f"{place}: the model cannot be kept ({error.strerror or error}); make room and train again"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return PendingRecord(folder)


def list_pending(place: Path) -> list[Path]:
    """Return the folders of trainings that no store has taken yet, oldest first."""
    return sorted(each for each in place.glob("[0-9]*") if each.is_dir()) if place.is_dir() else []


def flatten_config(config: Mapping[str, Any]) -> dict[str, str]:
    """Return a nested config as parameters.

    Examples
    --------
    >>> flatten_config({"project": {"name": "shop"}, "target": {"tiers": {"A": 0.8}, "by_seller": False}})
    {'project.name': 'shop', 'target.tiers.A': '0.8', 'target.by_seller': 'false'}
    """
    return {
        _name(path, "."): leaf if isinstance(leaf, str) else json.dumps(leaf, default=str)
        for path, leaf in _walk(config)
    }


def hide_secrets(node: Any) -> Any:
    """Return nested data with no password left in any URI of it.

    Examples
    --------
    >>> hide_secrets({"serving": {"store": "postgresql://me:secret@host/db"}})
    {'serving': {'store': 'postgresql://me:***@host/db'}}
    """
    if isinstance(node, Mapping):
        return {key: hide_secrets(child) for key, child in node.items()}
    if isinstance(node, list | tuple):
        return [hide_secrets(child) for child in node]
    return hide_password(node) if isinstance(node, str) and "://" in node else node


def flatten_figures(figures: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of nested figures under names that MLflow allows; what isn't finite is left out.

    Two names that become equal are told apart by a hash of what they were.

    Examples
    --------
    >>> flatten_figures({"value": {"gini": 0.8, "by tier": {"A>": 1, "A<": 2, "note": "thin"}}})
    {'value/gini': 0.8, 'value/by tier/A_': 1.0, 'value/by tier/A_-78d9b9': 2.0}
    """
    flat: dict[str, float] = {}
    for path, leaf in _walk(figures):
        if isinstance(leaf, bool) or not isinstance(leaf, int | float) or not math.isfinite(leaf):
            continue
        name = _name(path, "/")
        if name in flat:
            name += "-" + hashlib.sha256("\0".join(path).encode()).hexdigest()[:6]
        flat[name] = float(leaf)
    return flat


def _walk(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, Mapping) and node:
        for key, child in node.items():
            yield from _walk(child, (*path, str(key)))
    elif isinstance(node, list | tuple) and any(isinstance(child, Mapping) for child in node):
        for number, child in enumerate(node):
            yield from _walk(child, (*path, str(number)))
    else:
        yield path, node


def _name(path: tuple[str, ...], separator: str) -> str:
    """Join with what MLflow allows in names: letters, digits, and ``_-. :/``; no path upwards."""
    parts = [re.sub(r"[^\w\-. :]", "_", part, flags=re.ASCII).strip(" .") or "_" for part in path]
    return separator.join(parts)[:240]
