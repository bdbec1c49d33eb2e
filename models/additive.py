"""Additive scores: a start and what each feature adds to it, on the log or log-odds scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, exprel

from features.timeline import FloatArray

_STEEPEST = 5.0


@dataclass(frozen=True)
class AdditiveScore:
    """A score that is a start plus one part for each feature.

    Attributes
    ----------
    start : float
    parts : float64 array, shape (customers, features)
    """

    start: float
    parts: FloatArray

    @property
    def change(self) -> FloatArray:
        """Return the sum of the parts, shape (customers,)."""
        change: FloatArray = self.parts.sum(axis=1)
        return change

    @property
    def total(self) -> FloatArray:
        """Return the score, shape (customers,)."""
        return self.start + self.change

    def start_from(self, mean: FloatArray) -> AdditiveScore:
        """Return the same score as it departs from one whose parts have these values, shape (features,)."""
        return AdditiveScore(self.start + float(mean.sum()), self.parts - mean)

    def scale(self, factor: float, shift: float = 0.0) -> AdditiveScore:
        """Return the score times a factor plus a shift."""
        return AdditiveScore(factor * self.start + shift, factor * self.parts)

    def __add__(self, other: AdditiveScore) -> AdditiveScore:
        return AdditiveScore(self.start + other.start, self.parts + other.parts)


def to_money(score: AdditiveScore) -> AdditiveScore:
    """Return the exponential of a score, additive too.

    Each part is multiplied by the logarithmic mean of start and end, their difference over that of their
    logarithms (B. Ang: Decomposition analysis for policymaking in energy, Energy Policy 32, 2004): exact for
    every customer, whatever the parts.
    """
    start = float(np.exp(score.start))
    mean = start * exprel(score.change)
    return AdditiveScore(start, score.parts * mean[:, None])


def to_points(score: AdditiveScore) -> AdditiveScore:
    """Return the probability of log-odds in percentage points, additive too; see `to_money`."""
    slope = expit(score.total) * expit(-score.start) * exprel(-score.change)
    return AdditiveScore(100 * float(expit(score.start)), score.parts * (100 * slope)[:, None])


def share_by_size(parts: FloatArray) -> FloatArray:
    """Return the share of each part in the sum of their sizes; equal shares where there are none.

    Parameters
    ----------
    parts : float64 array, shape (..., features)
    """
    size = np.abs(parts)
    total = size.sum(axis=-1, keepdims=True)
    return np.where(total > 0, size / np.where(total > 0, total, 1), 1 / parts.shape[-1])


def spread(amount: FloatArray, parts: FloatArray) -> FloatArray:
    """Return an amount, shape (customers,), spread over parts by their size."""
    return amount[:, None] * share_by_size(parts)


def pass_on(amount: FloatArray, parts: FloatArray) -> FloatArray:
    """Return what a change of a score brought, passed on to the score's parts.

    In proportion to the parts with their signs, as the logarithmic-mean rule has it. Where parts cancel out
    but the amount is no smooth function of their sum, that would blow them up: no part is multiplied by more
    than 5 or by less than 0, and what then remains is spread.

    Parameters
    ----------
    amount : float64 array, shape (customers,)
    parts : float64 array, shape (customers, features)
    """
    change = parts.sum(axis=1)
    moved = change != 0
    slope = np.where(moved, amount / np.where(moved, change, 1), 0)
    slope = np.clip(slope, 0, _STEEPEST)
    return slope[:, None] * parts + spread(amount - slope * change, parts)
