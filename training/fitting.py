"""Fitting: what a model is fitted on, and the moments of its past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from features.catalogue import Catalogue
from features.clock import DAY_US
from features.dialect import Dialect
from features.families import create_catalogue
from features.history import History
from features.timeline import FloatArray, IntArray
from features.view import View
from models.examples import Examples, Situation, read_trailing_value, zero_unknown
from models.hashing import mix
from models.process import STATISTICS, Past, Process
from models.sellers import number_people, read_sellers
from models.target import TargetConfig
from models.thresholds import Thresholds, fit_thresholds
from training.labels import build_labels, find_known
from training.moments import choose_labelled_days, choose_moments

MOST_ROWS = 180_000
"""Rows that models learn from."""

_RECENT = (1 / 2, 3 / 4)  # of a horizon

Future = tuple[int, int]
"""A moment of the past, in microseconds since 1970 UTC, and how many days after it are looked at."""


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
    signed_up : float64 array, shape (customers,), optional
        When the customers of the history signed up, in microseconds since 1970 UTC; -inf for who does not
        say.
    """

    history: History
    dialect: Dialect
    target: TargetConfig
    as_of: int
    seed: int = 7
    num_threads: int = 1
    signed_up: FloatArray | None = None

    @cached_property
    def first(self) -> int:
        """When the history begins, in microseconds since 1970 UTC."""
        time = self.history.purchases.timeline.time
        return min(int(time.min()), self.as_of) if len(time) else self.as_of

    @cached_property
    def people(self) -> IntArray:
        """A number for each row of the history; rows of one customer with several sellers share it."""
        return number_people(self.history.ids)

    @cached_property
    def known(self) -> IntArray:
        """Positions of the customers who bought before `as_of`."""
        return find_known(self.history, self.as_of)

    @cached_property
    def trailing_value(self) -> FloatArray:
        """Value of the known customers in the horizon before `as_of`, in money."""
        return read_trailing_value(self.history, self.as_of, self.target.horizon_days, self.known)

    @cached_property
    def thresholds(self) -> Thresholds:
        """From where on a customer is valued at `as_of`."""
        sellers = read_sellers(self.history, self.known)
        return fit_thresholds(self.trailing_value, self.target.valued_share, sellers)

    @property
    def trees(self) -> dict[str, Any]:
        """Settings of `models.bagged_trees.BaggedTrees`."""
        return {"seed": self.seed, "num_threads": self.num_threads}

    @property
    def labelled_days(self) -> int:
        """How much future is learned from: `choose_labelled_days`."""
        return choose_labelled_days((self.as_of - self.first) // DAY_US, self.target.horizon_days)

    def choose_moments(self, count: int, days: int | None = None) -> list[int]:
        """Return moments with so many days of known future, by default a horizon, the latest first."""
        days = self.target.horizon_days if days is None else days
        return choose_moments(self.first, self.as_of, days, count) if days else []

    def create_catalogue(self, process: Process) -> Catalogue:
        """Return the catalogue with the statistics of a purchase process."""
        return create_catalogue(self.dialect, (process.family(),))

    def read_past(
        self, catalogue: Catalogue, process: Process, futures: Sequence[Future], most: int = MOST_ROWS
    ) -> list[Examples]:
        """Return examples at moments of the past; a sample where these would be more than `most`.

        Each customer is drawn at some of the moments, evenly spread: as many rows of more customers tell
        more.
        """
        rows = sum(len(find_known(self.history, moment)) for moment, _ in futures)
        if rows <= most:
            return [self.read_examples(catalogue, process, *each) for each in futures]
        limit = np.uint64(most / rows * 2.0**32)
        found = []
        for i, future in enumerate(futures):
            drawn = mix(self.people * len(futures) + i) >> np.uint64(32) < limit
            found.append(self.read_examples(catalogue, process, *future, among=np.flatnonzero(drawn)))
        return found

    def read_examples(
        self,
        catalogue: Catalogue,
        process: Process,
        moment: int,
        days: int | None = None,
        *,
        among: IntArray | None = None,
    ) -> Examples:
        """Return features and the outcome of some days, by default of a horizon, at a moment of the past.

        Features look at the horizon in any case, as they do when a model predicts. Only known customers are
        read, and only those `among` positions of the history where these are given.
        """
        horizon, share = self.target.horizon_days, self.target.valued_share
        days = days or horizon
        labels = build_labels(self.history, moment, days, share, until=self.as_of)
        if among is not None:
            labels = labels.take(np.isin(labels.customers, among))
        said = None
        if days < horizon:
            past = Past.read(View(self.history, moment, days, labels.customers))
            said = dict(zip(STATISTICS, zero_unknown(process.expect(past, moment, days)), strict=True))
        return Examples(
            features=catalogue.read(self.history, moment, horizon, labels.customers),
            span_days=process.season.span(moment, days),
            horizon_days=days,
            trailing_value=labels.trailing_value,
            threshold=labels.thresholds,
            value=labels.value,
            orders=labels.orders,
            active=~labels.churned,
            people=self.people[labels.customers],
            said=said,
        )

    @property
    def recent_futures(self) -> list[Future]:
        """Moments too late for a whole horizon, with the days after them, the latest first.

        They show the latest customers, and those who have been there longest.
        """
        days = sorted({int(share * self.target.horizon_days) for share in _RECENT} - {0})
        return [(self.as_of - n * DAY_US, n) for n in days]

    def read_known(self, catalogue: Catalogue, process: Process) -> Situation:
        """Return what is known at `as_of` of who bought before."""
        days = self.target.horizon_days
        table = catalogue.read(self.history, self.as_of, days, self.known)
        threshold = self.thresholds.of(read_sellers(self.history, self.known))
        return Situation(table, process.season.span(self.as_of, days), days, self.trailing_value, threshold)
