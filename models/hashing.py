"""Hashing: numbers of customers, mixed such that a choice by them depends on nothing but the customer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.timeline import IntArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(numbers: IntArray) -> npt.NDArray[np.uint64]:
    """Return numbers times the golden ratio, as a fraction of 2**64: Fibonacci hashing.

    The upper bits of numbers in a row are spread evenly; the bits in their middle look random.

    Parameters
    ----------
    numbers : int64 array

    Returns
    -------
    uint64 array of the same shape

    References
    ----------
    D. Knuth: The Art of Computer Programming 3, section 6.4.
    """
    return numbers.astype(np.uint64) * _GOLDEN
