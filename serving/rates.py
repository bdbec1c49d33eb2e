"""Rates: how often a key may ask; a bucket of tokens for each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from serving.problems import ProblemError


class Rates:
    """Counts requests a key.

    A bucket holds two seconds' worth of requests, so that short bursts pass.

    Parameters
    ----------
    per_second : float
        Requests a key and second; 0 is any number.
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._most = max(1.0, 2 * per_second)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def check(self, key: str) -> None:
        """Count a request.

        Raises
        ------
        ProblemError
            429, with when to come again.
        """
        if not self._per_second:
            return
        now = self._clock()
        tokens, last = self._buckets.get(key, (self._most, now))
        tokens = min(self._most, tokens + (now - last) * self._per_second)
        if tokens < 1:
            wait = math.ceil((1 - tokens) / self._per_second)
            raise ProblemError(
                429,
                f"more than {self._per_second:g} requests a second with this key; one takes 1,000 customers",
                headers={"Retry-After": str(wait)},
            )
        self._buckets[key] = (tokens - 1, now)
