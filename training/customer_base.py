"""The customer base: who is known at a moment, and the model that scores them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from features.errors import DataError
from features.timeline import IntArray
from models.model_index import ModelVersion
from models.playbook import load_playbook
from models.registry import Registry
from models.scorer import Scorer
from models.settings import Settings
from models.trust import Trust
from training.source_history import SourceHistory, read_history, to_moment
from training.wording import count

BLOCK = 5_000
"""Customers that are scored at a time."""


@dataclass(frozen=True)
class CustomerBase:
    """A project's customers at a moment, beside the model that scores them.

    Attributes
    ----------
    version : ModelVersion
    scorer : Scorer
    trust : Trust
        The model's grades.
    source : SourceHistory
    currency : str
    asked : bool
        Whether the moment was asked for, and not found in the data.
    horizon_days : int
        What the config asks for; the model may have been trained for another.
    """

    version: ModelVersion
    scorer: Scorer
    trust: Trust
    source: SourceHistory
    currency: str
    asked: bool
    horizon_days: int

    @classmethod
    def open(cls, settings: Settings, as_of: dt.datetime | None = None) -> Self:
        """Read a project's tables, and the champion or the newest model where there is none.

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
        registry = Registry.open(settings)
        version = registry.read().find_serving()
        bundle = registry.load(version)
        playbook = Path(settings.serving.playbook) if settings.serving.playbook else None
        scorer = Scorer.from_bundle(bundle, load_playbook(playbook))
        source = read_history(settings, as_of, scorer.predictor.dialect)
        return cls(
            version,
            scorer,
            Trust.of(bundle),
            source,
            currency=settings.project.currency,
            asked=as_of is not None,
            horizon_days=settings.target.horizon_days,
        )

    def score(self, customers: IntArray | None = None, *, reasons: int) -> pl.DataFrame:
        """Score customers, on all cores.

        Parameters
        ----------
        customers : int64 array, shape (customers,), optional
            Positions in the history, ascending; all of them by default.
        reasons : int
            At most so many for each of value, churn and upgrade; 0 leaves them out.
        """
        if reasons:
            _ = self.scorer.explainer  # made once, before threads ask for it
        chosen = np.arange(len(self.source.history), dtype=np.int64) if customers is None else customers
        score = partial(
            self.scorer.score,
            self.source.history,
            self.source.moment,
            model_version=str(self.version.version),
            reasons=reasons,
            currency=self.currency,
        )
        # In blocks, for the reasons of a whole base would fill the memory.
        blocks = [chosen[start : start + BLOCK] for start in range(0, max(1, len(chosen)), BLOCK)]
        with ThreadPoolExecutor(min(len(blocks), len(os.sched_getaffinity(0)))) as pool:
            return pl.concat(pool.map(score, blocks))

    def find(self, customer: str) -> IntArray:
        """Return a customer's positions in the history: one, or with sellers one each.

        Raises
        ------
        DataError
            When there is no such customer.
        """
        found = np.flatnonzero((self.source.history.ids == customer).to_numpy())
        if not len(found):
            when = f" before {self.source.as_of:%Y-%m-%d}" if self.asked else ""
            raise DataError(
                "customers", [f"nobody has the id {customer!r}; no table knows this customer{when}"]
            )
        return found

    def doubts(self, now: dt.datetime) -> Iterator[str]:
        """Yield why the model's horizon, or the age of model or data, casts doubt on the scores.

        Parameters
        ----------
        now : datetime
            The present, with a zone.
        """
        predictor, as_of = self.scorer.predictor, self.source.as_of
        trained, horizon = to_moment(predictor.as_of), dt.timedelta(days=predictor.horizon_days)
        if predictor.horizon_days != self.horizon_days:
            yield (
                f"version {self.version.version} was trained for {count(predictor.horizon_days, 'day')}, the"
                f" config says {self.horizon_days:,}; run: uptier train"
            )
        model = f"version {self.version.version} was trained as of {trained:%Y-%m-%d}"
        if self.asked and trained > as_of:
            yield (
                f"{model}, later than {as_of:%Y-%m-%d}: it has learned from what came after, so its figures"
                f" look better than they are; for a fair look run: uptier train --no-promote --as-of"
                f" {as_of:%Y-%m-%d}"
            )
        elif as_of - trained > horizon:
            yield f"{model}, {_say_days(as_of - trained)} before; more than a horizon, run: uptier train"
        newest = self.source.newest
        present, since = (as_of, "before it") if self.asked else (now, "ago")
        if present - newest > horizon:
            yield (
                f"the newest line is of {newest:%Y-%m-%d}, {_say_days(present - newest)} {since}, more than a"
                f" horizon; the scores are as of {as_of:%Y-%m-%d}"
            )


def _say_days(span: dt.timedelta) -> str:
    return count(span.days, "day")
