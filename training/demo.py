"""The demonstration: real groceries from raw tables to published scores, with a tour of what was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

from models.registry import Registry
from models.score_store.store import ScoreStore
from models.settings import Settings, load_settings
from models.trust import Trust
from training.check.tables import check_and_save
from training.complete_journey import save_complete_journey
from training.publish import publish_scores
from training.tour import tell_tour
from training.train import train

CONFIG = "uptier.toml"
STEPS = 4
"""How often `prepare_demo` says what it does."""

Say = Callable[[str], None]


def prepare_demo(folder: Path, say: Say = lambda _: None) -> Settings:
    """Write the data, check it, train on it and publish the scores; what a run before did is kept.

    Parameters
    ----------
    folder : Path
        Is made; holds the tables, `uptier.toml` and the workspace.
    say : callable
        Is told each step.

    Raises
    ------
    SourceError
        When the package with the data is not installed.
    """
    say("preparing the data")
    if not (folder / CONFIG).exists():
        save_complete_journey(folder)
    settings = load_settings(folder / CONFIG)
    if ScoreStore.open(settings).is_ready():
        return settings
    say("checking it")
    check_and_save(settings, dt.datetime.now(dt.UTC))
    say("training, and judging the model on the past")
    train(settings)
    say("publishing the scores")
    publish_scores(settings)
    return settings


def tell_demo(settings: Settings) -> Iterator[str]:
    """Yield the tour, and where more is to be found."""
    registry = Registry.open(settings)
    version = registry.read().find_serving()
    yield from tell_tour(ScoreStore.open(settings), version, Trust.of(registry.load(version)))
    reports = settings.project.workspace / "reports"
    yield ""
    yield "What else is there?"
    for page in sorted(reports.glob("*.html")):
        yield f"  {page}"
