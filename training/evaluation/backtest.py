"""Backtest: what every rung of the ladder said at moments of the past, and what happened then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted
from training.evaluation.slices import StrArray, name_season
from training.labels import Labels


@dataclass(frozen=True)
class Ladder:
    """Which rungs there are, and what each is to the others.

    Attributes
    ----------
    served : str
        The rung whose predictions are used.
    simple : tuple of str
        The rungs that a model is held against, the simplest first: it must beat them to be worth its trouble,
        but for the peers.
    peers : tuple of str
        Those of them that are as elaborate as the model: it must not be behind them, and need not be ahead.
    words : dict of str to str
        What a person reads for a rung; its name where there is none.
    champion : str, optional
        The rung of the model that serves now, where there is one.
    """

    served: str
    simple: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    champion: str | None = None
    peers: tuple[str, ...] = ()

    @property
    def rivals(self) -> tuple[str, ...]:
        """The rungs that it is held against, without the one served."""
        return tuple(rung for rung in self.simple if rung != self.served)

    def name(self, rung: str) -> str:
        """Return what a person reads for a rung."""
        return self.words.get(rung, rung)


@dataclass(frozen=True)
class Window:
    """One moment of the past, with what was said and what followed.

    Attributes
    ----------
    as_of : datetime
    horizon_days : int
    labels : Labels
    rungs : dict of str to Predicted
        By rung, of the labels' customers in their order.
    groups : dict of str to str array, shape (customers,)
        What the base is split by, such as ``tier``; an empty name is not known.
    """

    as_of: dt.datetime
    horizon_days: int
    labels: Labels
    rungs: Mapping[str, Predicted]
    groups: Mapping[str, StrArray] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """What happened, as it is measured by."""
        return Outcome.of(self.labels)

    @property
    def season(self) -> StrArray:
        """The quarter that the horizon lies in, for each customer."""
        return np.full(len(self.labels.customers), name_season(self.as_of, self.horizon_days))


@dataclass(frozen=True)
class Importance:
    """How much of the predictions' movement a feature accounts for; shares of all features add up to 1."""

    feature: str
    words: str
    share: float


@dataclass(frozen=True)
class Backtest:
    """Everything that a report is made of.

    Attributes
    ----------
    project : str
    currency : str
        ISO 4217 code, or empty.
    windows : tuple of Window
        The earliest first; at least one.
    ladder : Ladder
    importance : tuple of Importance
        The largest first; may be empty.
    notes : tuple of str
        What else a reader should know, a sentence each.
    """

    project: str
    currency: str
    windows: tuple[Window, ...]
    ladder: Ladder
    importance: tuple[Importance, ...] = ()
    notes: tuple[str, ...] = ()
