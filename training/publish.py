"""Publish: score the base and put it into the score store, where the service reads it."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from models.score_store.publication import Publication
from models.score_store.store import ScoreStore
from models.settings import Settings
from training.overview import build_details, build_overview
from training.reach import add_reach
from training.score import REASONS, check_output, score_source, write_scores
from training.source_history import SourceHistory


@dataclass(frozen=True)
class Delivered:
    """What was scored, and where it went.

    Attributes
    ----------
    customers : int
    expected_value : float
        Their sum, in money.
    output : str or None
        Where they were written.
    published : int or None
        Number of the publication.
    store : str or None
        Where it was published.
    grounds : tuple of str
        What the publication says to focus on, and why.
    """

    customers: int
    expected_value: float
    output: str | None = None
    published: int | None = None
    store: str | None = None
    grounds: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)

    def sentences(self, currency: str) -> list[str]:
        """Return it for people, a line each."""
        value = f"{currency} {self.expected_value:,.0f}"
        told = [f"{self.customers:,} customers, together worth {value} in the horizon"]
        if self.output is not None:
            told[0] += f": {self.output}"
        if self.published is not None:
            told += [f"published as number {self.published}: {self.store}", *self.grounds]
        return told


def score_and_deliver(
    settings: Settings,
    as_of: dt.datetime | None = None,
    *,
    output: str | None = None,
    publish: bool = False,
    reasons: int = REASONS,
) -> Delivered:
    """Score every customer that a table knows, and write or publish that, or both.

    Parameters
    ----------
    settings : Settings
    as_of : datetime, optional
        With a zone; by default the midnight after the newest line.
    output : str, optional
        As in `training.score.write_scores`; ``scores.parquet`` in the workspace where nothing is published.
    publish : bool
    reasons : int
        At most so many for each of value, churn and upgrade; 0 leaves them out, which takes a fraction of
        the time.

    Raises
    ------
    TrackingError
        When there is no model yet.
    StoreError
        When the store fails or another process is publishing; what was published before stays.
    """
    target = output or (None if publish else str(settings.project.workspace / "scores.parquet"))
    if target is not None:
        check_output(target)
    scores, source = score_source(settings, as_of, reasons=reasons)
    written = None if target is None else write_scores(scores, target)
    published = _publish(settings, scores, source) if publish else None
    return Delivered(
        len(scores),
        float(scores["expected_value"].sum()),
        written,
        None if published is None else published.number,
        None if published is None else ScoreStore.open(settings).label,
        () if published is None else published.summary.focus.sentences(),
    )


def publish_scores(settings: Settings, as_of: dt.datetime | None = None) -> Publication:
    """Score every customer that a table knows, with reasons, and publish that in one transaction.

    Parameters and errors are those of `score_and_deliver`.
    """
    scores, source = score_source(settings, as_of)
    return _publish(settings, scores, source)


def _publish(settings: Settings, scores: pl.DataFrame, source: SourceHistory) -> Publication:
    reached = add_reach(scores, source)
    store = ScoreStore.open(settings)
    try:
        return store.publish(
            reached,
            project=settings.project.name,
            currency=settings.project.currency,
            published_at=dt.datetime.now(dt.UTC),
            overview=build_overview(source, reached).model_dump(mode="json"),
            details=build_details(source),
        )
    finally:
        store.dispose()
