"""Shapley values of a few inputs, exactly: by all coalitions.

L. Shapley: A value for n-person games (1953). What an input adds to a figure, averaged over all orders in
which the inputs of a reference can be replaced by a customer's.
"""

from __future__ import annotations

from functools import lru_cache
from math import factorial

import numpy as np

from features.compiled import compiled
from features.timeline import BoolArray, FloatArray, read_only


@lru_cache
def build_coalitions(inputs: int) -> BoolArray:
    """Return which inputs take part in which coalition, shape (2 ** inputs, inputs); none first."""
    numbers = np.arange(2**inputs)[:, None]
    joined: BoolArray = (numbers >> np.arange(inputs)) % 2 == 1
    return joined


def mix(own: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the inputs of every coalition.

    Parameters
    ----------
    own : float64 array, shape (customers, inputs)
    reference : float64 array, shape (inputs,)

    Returns
    -------
    float64 array, shape (coalitions, customers, inputs)
    """
    coalitions = build_coalitions(own.shape[1])
    return np.where(coalitions[:, None, :], own, reference)


@lru_cache
def weigh_coalitions(inputs: int) -> FloatArray:
    """Return the weight of each coalition's worth in each input's share, shape (inputs, 2 ** inputs)."""
    coalitions = build_coalitions(inputs)
    sizes = coalitions.sum(axis=1)
    joined = [factorial(s - 1) * factorial(inputs - s) if s else 0 for s in sizes]
    left = [-factorial(s) * factorial(inputs - s - 1) if s < inputs else 0 for s in sizes]
    gains: FloatArray = np.where(coalitions, np.array(joined)[:, None], np.array(left)[:, None])
    return read_only(gains.T / factorial(inputs))


@compiled
def share_out(weights: FloatArray, worth: FloatArray, shares: FloatArray) -> None:
    """Write what each input adds to a customer's figure.

    Parameters
    ----------
    weights : float64 array, shape (inputs, coalitions)
        From `weigh_coalitions`.
    worth : float64 array, shape (coalitions,)
        The figure, in the order of `mix`.
    shares : float64 array, shape (inputs,)
        Their sum is the difference between the last and the first coalition.
    """
    for i in range(len(weights)):
        shares[i] = 0.0
        for coalition in range(len(worth)):
            shares[i] += weights[i, coalition] * worth[coalition]
