"""Resampling: standard errors of figures, and of differences between two predictions of the same customers.

By the Poisson bootstrap (Hanley and MacGibbon, Computer Methods and Programs in Biomedicine 83, 2006): in
each draw every customer counts k times, k ~ Poisson(1). A customer counts the same in every window and for
every rung, so that a difference between rungs is paired, and what is averaged over windows knows that the
customers are the same. Beyond 5,000 customers each draw is of a part of them, scaled to all (Bickel, Goetze
and van Zwet, Statistica Sinica 7, 1997: m out of n). What the errors leave out is that another season may be
unlike those seen; the spread between windows shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import pdtr

from features.timeline import FloatArray, IntArray
from training.evaluation.figures import Figures, Measure, find_direction, measure
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted

DRAWS = 200
"""Enough for a standard error that is itself within about 5 %."""

_PART = 5_000  # customers in one draw
_LEAST_PART = 1_000
_CELLS = 200_000  # figures in work at once: they stay in the processor's cache
_COUNTS = np.searchsorted(pdtr(np.arange(9), 1), (np.arange(2**16) + 0.5) / 2**16).astype(np.float64)
"""How often a customer counts, by a random 16-bit number: Poisson(1), exact to 0.00002."""


@dataclass(frozen=True)
class Difference:
    """How much better one prediction is than another: above 0 is better, whatever the figure's direction."""

    gain: float
    error: float

    def exceeds(self, margin: float = 0.0, errors: float = 2.0) -> bool:
        """Return whether the gain is above a margin by so many standard errors; False where not known."""
        return bool(self.gain > margin and self.gain - margin > errors * self.error)

    def falls_behind(self, margin: float, errors: float) -> bool:
        """Return whether it is worse by more than a margin, and by more than so many standard errors."""
        return bool(self.gain < -margin and self.gain < -errors * self.error)


@dataclass(frozen=True)
class Evaluation:
    """Figures of several predictions of the same customers.

    Attributes
    ----------
    figures : dict of str to dict of str to float
        Figure by rung and name.
    replicates : dict of str to dict of str to float64 array, shape (draws,)
        The same figure on each draw.
    """

    figures: dict[str, dict[str, float]]
    replicates: dict[str, dict[str, FloatArray]]

    def figure(self, rung: str, name: str) -> float:
        """Return a figure; NaN where the rung has none."""
        return self.figures.get(rung, {}).get(name, float("nan"))

    def error(self, rung: str, name: str) -> float:
        """Return a figure's standard error; NaN where it can't be told."""
        found = self.replicates.get(rung, {}).get(name)
        return float("nan") if found is None else _spread(found)

    def compare(self, rung: str, other: str, name: str) -> Difference | None:
        """Return how much better a rung is than another in a figure; None where one of them has none."""
        gain = find_direction(name) * (self.figure(rung, name) - self.figure(other, name))
        if not np.isfinite(gain):
            return None
        return Difference(gain, _spread(self.replicates[rung][name] - self.replicates[other][name]))


def evaluate(
    outcome: Outcome,
    rungs: Mapping[str, Predicted],
    *,
    draws: int = DRAWS,
    seed: int = 7,
    parts: int | None = None,
) -> Evaluation:
    """Measure predictions of the same customers, with standard errors.

    Parameters
    ----------
    outcome : Outcome
    rungs : dict of str to Predicted
    draws : int
        Draws of the bootstrap.
    seed : int
        Equal seeds count a customer equally often, in every window.
    parts : int, optional
        Into how many parts the customers are split for the draws, `choose_parts` of them by default.

    Raises
    ------
    ValueError
        When a prediction is not of these customers, or not finite; the message names the rung.
    """
    figures = {rung: _measure_once(rung, outcome, predicted) for rung, predicted in rungs.items()}
    parts = min(parts or choose_parts(len(outcome)), max(1, len(outcome) // _LEAST_PART))
    blocks = list(_replicate(outcome, rungs, draws, seed, parts))
    nothing = np.full(1, np.nan)
    replicates: dict[str, dict[str, FloatArray]] = {
        rung: {
            name: figure + np.concatenate([block[rung].get(name, nothing) for block in blocks])
            for name, figure in each.items()
        }
        for rung, each in figures.items()
    }
    return Evaluation(figures, replicates)


def choose_parts(rows: int) -> int:
    """Return into how many parts customers are split for the draws: 1 up to 5,000 of them."""
    return -(-rows // _PART)


def _replicate(
    outcome: Outcome, rungs: Mapping[str, Predicted], draws: int, seed: int, parts: int
) -> Iterator[dict[str, Figures]]:
    """Yield how far figures of draws are from the figure, scaled to all customers, by rung.

    Each draw is of one part of the customers: the error of a figure shrinks with the root of their number, so
    that a million of them cost no more than five thousand.
    """
    part_of = np.random.default_rng(seed).integers(parts, size=int(outcome.customers.max()) + 1)
    for part in range(parts):
        rows = np.flatnonzero(part_of[outcome.customers] == part)
        some = outcome.take(rows)
        measures = {rung: Measure(some, predicted.take(rows)) for rung, predicted in rungs.items()}
        once = {rung: measure(np.ones((1, len(rows)))) for rung, measure in measures.items()}
        for counts in draw_counts(some.customers, range(part, draws, parts), seed):
            yield {
                rung: {
                    name: (drawn - once[rung][name]) / np.sqrt(parts)
                    for name, drawn in measure(counts).items()
                }
                for rung, measure in measures.items()
            }


def average(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Return the mean over windows of the figures that every window has."""
    if len(evaluations) == 1:
        return evaluations[0]
    figures: dict[str, dict[str, float]] = {}
    replicates: dict[str, dict[str, FloatArray]] = {}
    for rung, first in evaluations[0].figures.items():
        names = [name for name in first if all(name in each.figures.get(rung, {}) for each in evaluations)]
        figures[rung] = {
            name: float(np.mean([each.figures[rung][name] for each in evaluations])) for name in names
        }
        replicates[rung] = {
            name: np.mean([each.replicates[rung][name] for each in evaluations], axis=0) for name in names
        }
    return Evaluation(figures, replicates)


def draw_counts(customers: IntArray, draws: Sequence[int], seed: int) -> Iterator[FloatArray]:
    """Yield how often each row counts, in blocks of shape (some draws, rows).

    Parameters
    ----------
    customers : int64 array, shape (rows,)
        Positions in the history; rows of one customer count equally often.
    draws : sequence of int
        Their numbers; a customer's count in a draw does not depend on the others.
    seed : int
    """
    size, total = max(1, _CELLS // len(customers)), int(customers.max()) + 1
    for start in range(0, len(draws), size):
        block = [_COUNTS[_draw(draw, seed, total)] for draw in draws[start : start + size]]
        yield np.stack(block)[:, customers]


def _draw(draw: int, seed: int, total: int) -> npt.NDArray[np.uint16]:
    return np.random.default_rng([seed, draw]).integers(2**16, size=total, dtype=np.uint16)


def _measure_once(rung: str, outcome: Outcome, predicted: Predicted) -> dict[str, float]:
    try:
        return measure(outcome, predicted)
    except ValueError as error:
        raise ValueError(f"{rung}: {error}") from error


def _spread(replicates: FloatArray) -> float:
    """Return the standard deviation over draws; NaN where half of them have no figure."""
    known = replicates[np.isfinite(replicates)]
    return float(known.std(ddof=1)) if len(known) > max(1, len(replicates) // 2) else float("nan")
