"""Outcome: what really happened to the customers whom a prediction was made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from features.timeline import BoolArray, FloatArray, IntArray
from training.labels import Labels


@dataclass(frozen=True)
class Outcome:
    """What happened, row by row.

    Attributes
    ----------
    customers : int64 array, shape (rows,)
        Positions in the history: rows of one customer are drawn together when figures are resampled.
    value : float64 array, shape (rows,)
        Value in the horizon, in money, returns deducted.
    churned : bool array, shape (rows,)
    may_upgrade : bool array, shape (rows,)
        Not valued at `as_of`: whom an upgrade is predicted for.
    upgraded : bool array, shape (rows,)
    """

    customers: IntArray
    value: FloatArray
    churned: BoolArray
    may_upgrade: BoolArray
    upgraded: BoolArray

    @classmethod
    def of(cls, labels: Labels) -> Outcome:
        """Return the outcome that labels tell of."""
        return cls(labels.customers, labels.value, labels.churned, ~labels.valued, labels.upgraded)

    def __len__(self) -> int:
        return len(self.customers)

    def take(self, rows: IntArray | BoolArray) -> Outcome:
        """Return what happened to some of the customers."""
        return Outcome(*(getattr(self, field.name)[rows] for field in fields(self)))


def concatenate(parts: Sequence[Outcome]) -> Outcome:
    """Return the outcomes of several windows, one below the other."""
    return Outcome(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Outcome))
    )
