"""Metrics for Prometheus: what was asked and answered, what serves, how old it is.

With several workers each keeps its figures in files that all of them can read, in the folder that
``PROMETHEUS_MULTIPROC_DIR`` names, and whichever is asked answers for all. Ages are the same in every worker,
and are worked out when they are asked for.
"""

from __future__ import annotations

import os
from collections import Counter as Counts
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

Gauges = Callable[[], Mapping[str, tuple[str, float]]]
"""Gives name, words and figure of what is worked out when asked for."""


class Metrics:
    """The figures of a service.

    Parameters
    ----------
    gauges : callable
        See `Gauges`.
    """

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges
        self._registry = registry = CollectorRegistry()
        self._seconds = Histogram(
            "uptier_request_seconds",
            "Time to answer, by route.",
            ("method", "route"),
            buckets=SECONDS,
            registry=registry,
        )
        self._requests = Counter(
            "uptier_requests",
            "Answers by route and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._predictions = Counter(
            "uptier_predictions",
            "Customers scored on request.",
            ("evidence", "model_version"),
            registry=registry,
        )
        self.swaps = Counter("uptier_model_swaps", "Models swapped in, one a worker.", registry=registry)
        self.refusals = Counter(
            "uptier_model_refusals", "Models that could not be swapped in, one a worker.", registry=registry
        )
        self._of_route = lru_cache(maxsize=1_000)(self._find_route)
        self._of_evidence = lru_cache(maxsize=1_000)(self._predictions.labels)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        times, requests = self._of_route(method, route, status)
        times.observe(seconds)
        requests.inc()

    def count_predictions(self, evidence: Counts[str], model_version: str) -> None:
        """Count scored customers."""
        for name, number in evidence.items():
            self._of_evidence(name, model_version).inc(number)

    def write(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        ages = CollectorRegistry()
        ages.register(_Ages(self._gauges))
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry) + generate_latest(ages)
        MultiProcessCollector(ages)  # type: ignore[no-untyped-call]
        return generate_latest(ages)

    def _find_route(self, method: str, route: str, status: int) -> tuple[Histogram, Counter]:
        return self._seconds.labels(method, route), self._requests.labels(method, route, str(status))


class _Ages(Collector):
    """What is worked out when it is asked for."""

    def __init__(self, gauges: Gauges) -> None:
        self._read = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (words, figure) in self._read().items():
            yield GaugeMetricFamily(f"uptier_{name}", words, value=figure)
