"""Snapshots: what was known at several moments of the past, with what happened afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from features.catalogue import Catalogue, FeatureTable
from features.clock import DAY_US
from features.history import History
from training.labels import Labels, build_labels

_SHORT_PARTS = 3  # of a history shorter than two horizons: before, labelled, and for moments in between
_MOST_STRETCHED = 6  # times the time that was learned from


@dataclass(frozen=True)
class Snapshot:
    """Features and labels of the customers known at one moment, row by row.

    Attributes
    ----------
    as_of : int
        Microseconds since 1970 UTC.
    features : FeatureTable
    labels : Labels
    """

    as_of: int
    features: FeatureTable
    labels: Labels


def choose_labelled_days(past_days: int, horizon_days: int) -> int:
    """Return how much future is learned from: the horizon, or a third of a history shorter than two; or none.

    Examples
    --------
    >>> choose_labelled_days(400, 90), choose_labelled_days(150, 90), choose_labelled_days(40, 90)
    (90, 50, 0)
    """
    if past_days >= 2 * horizon_days:
        return horizon_days
    part = past_days // _SHORT_PARTS
    return part if part >= horizon_days / _MOST_STRETCHED else 0


def choose_moments(
    first: int, until: int, horizon_days: int, count: int, *, step_days: int | None = None
) -> list[int]:
    """Choose the moments to learn from, the latest first.

    Parameters
    ----------
    first : int
        When the history begins, in microseconds since 1970 UTC.
    until : int
        The end of what may be seen: the latest moment's horizon ends here.
    horizon_days : int
    count : int
        At most so many.
    step_days : int, optional
        Distance between two; by default such that `count` of them spread over the past, at most a horizon
        apart and at least a day.

    Returns
    -------
    list of int
        Each leaves at least one horizon of history before it and its whole horizon before `until`; empty when
        the history is shorter than two horizons.
    """
    horizon = horizon_days * DAY_US
    latest, room = until - horizon, until - first - 2 * horizon
    if room < 0:
        return []
    if step_days is None:
        even = room // max(count - 1, 1) // DAY_US
        step_days = int(np.clip(even, 1, horizon_days))
    step = step_days * DAY_US
    return [latest - i * step for i in range(min(count, room // step + 1))]


def build_snapshots(
    history: History,
    catalogue: Catalogue,
    moments: Iterable[int],
    horizon_days: int,
    valued_share: float,
    *,
    until: int,
) -> Iterator[Snapshot]:
    """Read features and labels at each moment, one snapshot after the other.

    Parameters
    ----------
    history : History
        Built once; another snapshot costs time by the customer, not by the line.
    catalogue : Catalogue
    moments : iterable of int
        Microseconds since 1970 UTC.
    horizon_days, valued_share
        As in `build_labels`.
    until : int
        The end of what may be seen.
    """
    for as_of in moments:
        labels = build_labels(history, as_of, horizon_days, valued_share, until=until)
        yield Snapshot(as_of, catalogue.read(history, as_of, horizon_days, labels.customers), labels)
