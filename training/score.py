"""Score: every customer of a project with its model, to a file."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import polars as pl

from features.errors import ConfigError
from models.errors import TrackingError
from models.model_index import ModelVersion
from models.playbook import load_playbook
from models.registry import Registry
from models.scorer import Scorer
from models.settings import Settings
from training.source_history import read_history
from training.train import open_registry


def score_base(settings: Settings, as_of: dt.datetime | None = None) -> pl.DataFrame:
    """Score every customer that a table knows.

    Parameters
    ----------
    settings : Settings
    as_of : datetime, optional
        With a zone; by default the midnight after the newest line.

    Raises
    ------
    TrackingError
        When there is no model yet.
    """
    registry = open_registry(settings)
    version = find_serving(registry)
    playbook = Path(settings.serving.playbook) if settings.serving.playbook else None
    scorer = Scorer.from_bundle(registry.load(version), load_playbook(playbook))
    source = read_history(settings, as_of, scorer.predictor.dialect)
    return scorer.score(source.history, source.moment, model_version=str(version.version))


def find_serving(registry: Registry) -> ModelVersion:
    """Return the champion, or the newest model where none was promoted yet.

    Raises
    ------
    TrackingError
        When there is no model.
    """
    index = registry.read()
    version = index.champion or index.challenger
    if version is None:
        raise TrackingError(f"{registry.model}: there is no model yet; run: uptier train")
    return version


def save_scores(scores: pl.DataFrame, path: Path) -> Path:
    """Write scores as Parquet or CSV, aside and then renamed, so that nobody reads half a file.

    Raises
    ------
    ConfigError
        When the file's ending is neither, or the file can't be written.
    """
    if path.suffix not in {".parquet", ".csv"}:
        raise ConfigError(f"{path}: expected a file that ends in .parquet or .csv")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=path.suffix, delete=False) as aside:
            if path.suffix == ".csv":
                scores.write_csv(aside)
            else:
                scores.write_parquet(aside)
        Path(aside.name).chmod(0o644)
        Path(aside.name).replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
    return path
