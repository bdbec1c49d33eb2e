"""The list of models: what is registered, which one serves, and what waits to be sent to the store."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.model_index import ModelIndex, ModelVersion
from models.registry import Registry
from models.settings import Settings
from training.tracking import Tracking
from training.training_record import list_pending
from training.wording import count

_FIGURES = {"value.norm_gini": "value Gini", "churn.auc": "churn AUC", "upgrade.auc": "upgrade AUC"}


def read_models(settings: Settings) -> tuple[ModelIndex, list[str]]:
    """Return what is registered, and the folders of models that were kept while the store was down.

    A server is asked, and its answer kept. The embedded store is asked only where its index was lost.
    """
    tracking = Tracking(Registry.open(settings))
    registry = tracking.registry
    lost = registry.server is None and not registry.index_path.exists()
    recorded = (registry.workspace / "mlflow" / "mlflow.db").exists()
    index = tracking.sync() if lost and recorded else registry.read()
    return index, [str(folder) for folder in list_pending(tracking.pending)]


def say_promoted(version: ModelVersion) -> str:
    """Return that a version is the champion, and what the gate had against it: its first reason."""
    said = f"version {version.version} is the champion"
    if not version.was_refused:
        return said
    first, *further = version.about.get("refused", "").rstrip(".").split(".; ")
    more = f" (and {len(further)} more)" if further else ""
    return f"{said} by force, which is recorded: the gate had refused it: {first}{more}"


def list_models(index: ModelIndex, waiting: list[str], console: Console) -> None:
    """Print the models with their figures, the oldest first."""
    if index.versions:
        table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
        for name in ("", "alias", "as of", "serves", "grade", "gate"):
            table.add_column(name, no_wrap=name != "serves")
        for name in _FIGURES.values():
            table.add_column(name, justify="right")
        for version in index.versions:
            table.add_row(*_describe(index, version))
        console.print(table)
    else:
        console.print("there is no model yet; run: uptier train", highlight=False)
    if waiting:
        kept = count(len(waiting), "model waits", "models wait")
        console.print(f"{kept} to be sent to the store; run: uptier models push", highlight=False)


def _describe(index: ModelIndex, version: ModelVersion) -> Iterator[str]:
    yield str(version.version)
    yield ", ".join(name for name, number in index.aliases.items() if number == version.version)
    about = version.about
    yield about.get("as_of", "")[:10]
    yield from (about.get(name, "") for name in ("served_by", "grade"))
    yield "forced" if version.forced else about.get("gate", "")
    for name in _FIGURES:
        figure = version.figures.get(name)
        yield "" if figure is None else f"{figure:.3f}"
