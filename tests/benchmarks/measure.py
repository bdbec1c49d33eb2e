"""Measuring: the best of several runs, the memory of a fresh process, and what came of it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, how it came out, and the budget it is held against.

    `budget` is the most the figure may be; None where there is none, and the line only informs.
    """

    what: str
    figure: float
    unit: str
    budget: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Return whether the budget holds."""
        if self.budget is None:
            return ""
        return "holds" if self.figure <= self.budget else "exceeded"


def best_seconds(task: Callable[[], object], runs: int) -> float:
    """Return the shortest time of several runs: what the machine can do when nothing disturbs it."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def hand_out_memory(gib: float) -> None:
    """Let the system have so much memory at hand, by taking it in another process that ends at once.

    A virtual machine may get memory from its host only when it is touched, which then takes longer than what
    is measured; and it gives back what has been free for some seconds.
    """
    touch = f"import numpy; numpy.ones({round(gib * 2**30)}, dtype=numpy.uint8)"
    subprocess.run([sys.executable, "-c", touch], check=True)


def run_alone(module: str, *arguments: str) -> Any:
    """Run a benchmark module in a process of its own, and return the JSON that it prints last."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def peak_gib() -> float:
    """Return the most memory this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
