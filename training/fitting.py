"""Fitting: what a model is fitted on, and the moments of its past."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from features.catalogue import Catalogue
from features.dialect import Dialect
from features.families import create_catalogue
from features.history import History
from models.examples import Examples, Situation, read_trailing_value
from models.process import Process
from models.target import TargetConfig
from training.labels import build_labels, find_known
from training.snapshots import choose_moments


@dataclass(frozen=True)
class Fitting:
    """What a model is fitted on.

    Attributes
    ----------
    history : History
    dialect : Dialect
    target : TargetConfig
    as_of : int
        Nothing at or after it is looked at, in microseconds since 1970 UTC.
    seed : int
    num_threads : int
        Of LightGBM.
    """

    history: History
    dialect: Dialect
    target: TargetConfig
    as_of: int
    seed: int = 7
    num_threads: int = 1

    @cached_property
    def first(self) -> int:
        """When the history begins, in microseconds since 1970 UTC."""
        time = self.history.purchases.timeline.time
        return min(int(time.min()), self.as_of) if len(time) else self.as_of

    @property
    def trees(self) -> dict[str, Any]:
        """Settings of `models.bagged_trees.BaggedTrees`."""
        return {"seed": self.seed, "num_threads": self.num_threads}

    def choose_moments(self, count: int) -> list[int]:
        """Return moments to learn from, the latest first."""
        return choose_moments(self.first, self.as_of, self.target.horizon_days, count)

    def create_catalogue(self, process: Process) -> Catalogue:
        """Return the catalogue with the statistics of a purchase process."""
        return create_catalogue(self.dialect, (process.family(),))

    def read_examples(self, catalogue: Catalogue, process: Process, moment: int) -> Examples:
        """Return features and outcome at a moment of the past."""
        days, share = self.target.horizon_days, self.target.valued_share
        labels = build_labels(self.history, moment, days, share, until=self.as_of)
        return Examples(
            features=catalogue.read(self.history, moment, days, labels.customers),
            span_days=process.season.span(moment, days),
            horizon_days=days,
            trailing_value=labels.trailing_value,
            value=labels.value,
            orders=labels.orders,
            active=~labels.churned,
            threshold=labels.threshold,
        )

    def read_known(self, catalogue: Catalogue, process: Process) -> Situation:
        """Return what is known at `as_of` of who bought before."""
        days = self.target.horizon_days
        table = catalogue.read(self.history, self.as_of, days, find_known(self.history, self.as_of))
        trailing = read_trailing_value(self.history, self.as_of, days, table.customers)
        return Situation(table, process.season.span(self.as_of, days), days, trailing)
