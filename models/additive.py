"""Additive scores: what each feature adds to a start, on the log or log-odds scale, one customer at a time.

Parts are a float64 array of shape (features,).
"""

from __future__ import annotations

from math import exp, expm1

import numpy as np

from features.compiled import compiled
from features.timeline import FloatArray
from models.odds import probability

_STEEPEST = 5.0


@compiled
def total(parts: FloatArray) -> float:
    """Return the sum of parts, in their order."""
    found = 0.0
    for each in parts:
        found += each
    return found


@compiled
def to_money(start: float, parts: FloatArray) -> float:
    """Turn parts of a logarithm into parts of its exponential, and return where these start.

    Each part is multiplied by the logarithmic mean of start and end, their difference over that of their
    logarithms (B. Ang: Decomposition analysis for policymaking in energy, Energy Policy 32, 2004): exact for
    every customer, whatever the parts.
    """
    mean = exp(start) * _mean_growth(total(parts))
    for i in range(len(parts)):
        parts[i] *= mean
    return exp(start)


@compiled
def to_points(start: float, parts: FloatArray) -> float:
    """Turn parts of log-odds into percentage points, and return where these start.

    The rule of `to_money`, but where what speaks for and against cancels out, that would come to hundreds of
    points on either side. Both sides are then two players, whose Shapley values share out the change: exact
    too, and neither is above 100 points. Of the two rules the one that tells smaller sides is taken; where
    all parts have one sign they agree.
    """
    up = down = 0.0
    for each in parts:
        up += max(each, 0.0)
        down += min(each, 0.0)
    both = _move(start, up + down)
    rise = min(both, (_move(start, up) + _move(start + down, up)) / 2)
    fall = min(both, (_move(start, down) + _move(start + up, down)) / 2)
    for i in range(len(parts)):
        parts[i] *= rise if parts[i] > 0 else fall
    return 100 * probability(start)


@compiled
def _move(start: float, change: float) -> float:
    """Return by how many points a probability moves for each unit that its log-odds change."""
    return 100 * probability(start + change) * probability(-start) * _mean_growth(-change)


@compiled
def share_by_size(parts: FloatArray) -> None:
    """Turn parts into shares of the sum of their sizes; equal shares where there are none."""
    size = _size(parts)
    for i in range(len(parts)):
        parts[i] = abs(parts[i]) / size if size > 0 else 1 / len(parts)


@compiled
def spread(amount: float, parts: FloatArray, into: FloatArray) -> None:
    """Add an amount, spread over parts by their size."""
    size = _size(parts)
    for i in range(len(parts)):
        into[i] += amount * (abs(parts[i]) / size if size > 0 else 1 / len(parts))


@compiled
def pass_on(amount: float, parts: FloatArray, into: FloatArray) -> None:
    """Add what a change of a score brought, passed on to the score's parts.

    In proportion to the parts with their signs, as the logarithmic-mean rule has it. Where parts cancel out
    but the amount is no smooth function of their sum, that would blow them up: no part is multiplied by more
    than 5 or by less than 0, and what then remains is spread.
    """
    change = total(parts)
    slope = min(max(amount / change, 0.0), _STEEPEST) if change != 0 else 0.0
    for i in range(len(parts)):
        into[i] += slope * parts[i]
    spread(amount - slope * change, parts, into)


@compiled
def _size(parts: FloatArray) -> float:
    found = 0.0
    for each in parts:
        found += np.abs(each)
    return found


@compiled
def _mean_growth(change: float) -> float:
    """Return (exp(x) - 1) / x, also at 0."""
    return expm1(change) / change if change != 0 else 1.0
