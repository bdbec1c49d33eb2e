"""Publish: score the base and put it into the score store, where the service reads it."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from models.settings import Settings
from training.customer_base import CustomerBase
from training.reach import add_reach
from training.score import REASONS, check_output, write_scores
from training.wording import count

if TYPE_CHECKING:
    from models.score_store.publication import Publication


@dataclass(frozen=True)
class Delivered:
    """What was scored, and where it went.

    Attributes
    ----------
    customers : int
    expected_value : float
        Their sum, in money.
    expected_range : tuple of float
        Between what the sum comes in 8 of 10 cases.
    horizon_days : int
        Within how many days.
    output : str or None
        Where they were written.
    published : int or None
        Number of the publication.
    store : str or None
        Where it was published.
    grounds : tuple of str
        What the publication says to focus on, and why.
    caution : str
        What the model's grade says of the sum; empty where it may be used as it is.
    doubts : tuple of str
        Why the age of model or data casts doubt on the scores.
    """

    customers: int
    expected_value: float
    expected_range: tuple[float, float]
    horizon_days: int
    output: str | None = None
    published: int | None = None
    store: str | None = None
    grounds: tuple[str, ...] = ()
    caution: str = ""
    doubts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)

    def sentences(self, currency: str) -> list[str]:
        """Return it for people, a line each."""
        value, days = f"{currency} {self.expected_value:,.0f}", count(self.horizon_days, "day")
        customers = count(self.customers, "customer")
        low, high = (f"{end:,.0f}" for end in self.expected_range)
        told = [
            f"{customers}, expected to bring {value} within {days}, in 8 of 10 cases between"
            f" {low} and {high}{self.caution}"
        ]
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
    base = CustomerBase.open(settings, as_of)
    scores = base.score(reasons=reasons)
    written = None if target is None else write_scores(scores, target)
    expected = float(scores["expected_value"].sum())
    delivered = Delivered(
        len(scores),
        expected,
        base.scorer.predictor.level.range_about(expected),
        base.scorer.predictor.horizon_days,
        written,
        caution=base.trust.caution("value"),
        doubts=tuple(base.doubts(dt.datetime.now(dt.UTC))),
    )
    if not publish:
        return delivered
    published, store = _publish(settings, base, scores)
    return replace(
        delivered, published=published.number, store=store, grounds=published.summary.focus.sentences()
    )


def publish_scores(settings: Settings, as_of: dt.datetime | None = None) -> Publication:
    """Score every customer that a table knows, with reasons, and publish that in one transaction.

    Parameters and errors are those of `score_and_deliver`.
    """
    base = CustomerBase.open(settings, as_of)
    return _publish(settings, base, base.score(reasons=REASONS))[0]


def _publish(settings: Settings, base: CustomerBase, scores: pl.DataFrame) -> tuple[Publication, str]:
    """Return the publication, and what the store is called."""
    from models.score_store.store import ScoreStore  # noqa: PLC0415 - a third of a second, to publish only
    from training.overview import build_details, build_overview  # noqa: PLC0415 - likewise

    reached = add_reach(scores, base.source)
    store = ScoreStore.open(settings)
    try:
        published = store.publish(
            reached,
            project=settings.project.name,
            currency=settings.project.currency,
            published_at=dt.datetime.now(dt.UTC),
            starts=base.scorer.starts(base.source.moment),
            overview=build_overview(base.source, reached, base.scorer.predictor.level).model_dump(
                mode="json"
            ),
            details=build_details(base.source),
        )
        return published, store.label
    finally:
        store.dispose()
