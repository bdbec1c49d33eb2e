"""Grade: A to D, for each target, by a rule that docs/grades.md explains.

A grade is what has been shown, not what may be hoped: ranks are compared pair by pair on the same customers,
and being ahead of *every* simple rung needs no correction for looking at several, as each of them has to be
beaten.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from training.evaluation.backtest import Ladder
from training.evaluation.figures import HEADLINES
from training.evaluation.ranges import ABOVE, find_allowed_above
from training.evaluation.resampling import Difference, Evaluation
from training.wording import percent

Letter = Literal["A", "B", "C", "D"]
LETTERS: tuple[Letter, ...] = get_args(Letter)
LEAST_EVENTS = 30
"""With fewer customers who did, or who did not, an event's prediction is not graded."""

ERRORS = 2.0
"""Standard errors from which a difference counts as shown."""

LEVEL = 0.005
"""Differences of a ranking up to which another rung is level: nobody would act otherwise for them."""


@dataclass(frozen=True)
class Limits:
    """How far off the numbers themselves may be.

    Attributes
    ----------
    bias : float
        Of the total, as a share of it, whatever its sign; the mean over windows.
    above_p90 : float
        How far the share of customers above `value_p90` may be from 10 %, as `find_allowed_above` reads it.
    below_p10 : float
        Largest share of customers below `value_p10`.
    ece : float
        Expected calibration error beyond what chance alone would show.
    """

    bias: float
    above_p90: float
    below_p10: float
    ece: float


LIMITS: dict[Letter, Limits] = {
    "A": Limits(bias=0.10, above_p90=0.025, below_p10=0.125, ece=0.03),
    "B": Limits(bias=0.15, above_p90=0.05, below_p10=0.15, ece=0.05),
}
RANKING: dict[Letter, str] = {
    "A": "shown to rank better than every simple rung, and no rung is shown to rank better by 0.005",
    "B": "shown to rank better than the simplest rung, and no rung is shown to rank better by 0.005",
    "C": "ranked better than the simplest rung, which may be chance",
}


@dataclass(frozen=True)
class Grade:
    """One target's grade.

    Attributes
    ----------
    target : str
        ``value``, ``churn`` or ``upgrade``.
    letter : str, optional
        None where there was too little to judge by.
    reasons : tuple of str
        What keeps it from the next better letter, a sentence each; empty for an A.
    """

    target: str
    letter: Letter | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """All grades of a model; the overall one is the worst of them, at best B when one could not be given."""

    targets: tuple[Grade, ...]

    @property
    def overall(self) -> Letter:
        """The worst letter."""
        letters = [grade.letter or "B" for grade in self.targets]
        return max(letters) if any(grade.letter for grade in self.targets) else "D"

    def of(self, target: str) -> Grade:
        """Return one target's grade."""
        return next(grade for grade in self.targets if grade.target == target)

    def to_dict(self) -> dict[str, Any]:
        """Return the grades with stable keys, ready for JSON."""
        targets = {
            each.target: {"letter": each.letter, "reasons": list(each.reasons)} for each in self.targets
        }
        return {"overall": self.overall, "targets": targets}


def grade_model(evaluation: Evaluation, ladder: Ladder, events: Mapping[str, int] | None = None) -> Report:
    """Grade the served rung against the ladder.

    Parameters
    ----------
    evaluation : Evaluation
        Of all rungs; over several windows, their mean.
    ladder : Ladder
    events : dict of str to int, optional
        Of ``churn`` and ``upgrade``: the rarer of customers who did and who did not, in the poorest window.
    """
    return Report(tuple(_grade(target, evaluation, ladder, events or {}) for target in HEADLINES))


def _grade(target: str, evaluation: Evaluation, ladder: Ladder, events: Mapping[str, int]) -> Grade:
    found = events.get(target, LEAST_EVENTS)
    if found < LEAST_EVENTS:
        return Grade(target, None, (f"only {found} cases to judge by, at least {LEAST_EVENTS} are needed",))
    headline = HEADLINES[target]
    if math.isnan(evaluation.figure(ladder.served, headline)):
        return Grade(target, None, ("nothing to judge by: the figure can't be told",))
    held_back: tuple[str, ...] = ()
    for letter in LETTERS[:-1]:
        faults = [*_find_rank_faults(letter, headline, evaluation, ladder)]
        if letter in LIMITS and target == "value":
            faults += _find_value_faults(letter, evaluation, ladder)
        elif letter in LIMITS:
            faults += _find_event_faults(letter, target, evaluation, ladder)
        if not faults:
            return Grade(target, letter, held_back)
        held_back = tuple(faults)
    return Grade(target, "D", held_back)


def _find_rank_faults(letter: Letter, headline: str, evaluation: Evaluation, ladder: Ladder) -> Iterator[str]:
    if letter == "A" and ladder.served in ladder.simple:
        yield f"{ladder.name(ladder.served)} is served, which is a simple rung itself"
    gaps = {rung: evaluation.compare(ladder.served, rung, headline) for rung in ladder.simple}
    simplest = ladder.simple[0] if ladder.simple else None
    for rung, gap in gaps.items():
        if gap is None or (rung == ladder.served and rung != simplest):
            continue
        if letter == "C":
            if rung == simplest and not gap.gain > 0:
                yield f"does not rank better than {ladder.name(rung)} ({say_gap(gap)})"
            continue
        must_beat = (letter == "A" and rung not in ladder.peers) or rung == simplest
        if must_beat and not gap.exceeds(0.0, ERRORS):
            yield f"not shown to rank better than {ladder.name(rung)} ({say_gap(gap)})"
        elif gap.falls_behind(LEVEL, ERRORS):
            yield f"{ladder.name(rung)} ranks better ({say_gap(gap)})"


def _find_value_faults(letter: Letter, evaluation: Evaluation, ladder: Ladder) -> Iterator[str]:
    limits, rung = LIMITS[letter], ladder.served
    bias = evaluation.figure(rung, "value.abs_bias")
    if not bias <= limits.bias:
        yield f"totals are off by {percent(bias)}, at most {_say(limits.bias)} is asked"
    above, below = (evaluation.figure(rung, f"interval.{side}") for side in ("above_p90", "below_p10"))
    if math.isnan(above):
        if letter == "A":
            yield "there are no ranges"
        return
    least, most = find_allowed_above(evaluation.figure(rung, "interval.meant_above"), limits.above_p90)
    if not least <= above <= most:
        asked = f"{_say(least)} to {_say(most)}"
        yield f"{percent(above)} of the customers end above their range, {asked} is asked"
    if below > limits.below_p10:
        yield f"{percent(below)} end below their range, at most {_say(limits.below_p10)} is asked"


def _find_event_faults(letter: Letter, target: str, evaluation: Evaluation, ladder: Ladder) -> Iterator[str]:
    off = excess_ece(evaluation, ladder.served, target)
    if math.isnan(off):
        yield "there is no probability, only a ranking"
    elif off > LIMITS[letter].ece:
        asked = 100 * LIMITS[letter].ece
        yield f"probabilities are off by {100 * off:.1f} points beyond chance, at most {asked:.0f} is asked"


def excess_ece(evaluation: Evaluation, rung: str, target: str) -> float:
    """Return the calibration error beyond what perfect probabilities would show by chance; NaN for none."""
    return evaluation.figure(rung, f"{target}.ece") - evaluation.figure(rung, f"{target}.ece_noise")


def say_gap(gap: Difference) -> str:
    """Return a difference with its standard error."""
    return f"{gap.gain:+.3f} ± {gap.error:.3f}"


def build_rule_table() -> str:
    """Return the rule as a Markdown table, as docs/grades.md shows it."""
    rows = ["| | ranking | total off by | above `value_p90` | below `value_p10` | calibration error |"]
    rows.append("|---|---|---|---|---|---|")
    for letter, limits in LIMITS.items():
        least, most = find_allowed_above(ABOVE, limits.above_p90)
        span = f"{_say(least)} to {_say(most)}"
        rows.append(
            f"| {letter} | {RANKING[letter]} | {_say(limits.bias)} | {span} | {_say(limits.below_p10)} "
            f"| {limits.ece:.2f} |"
        )
    rows.append(f"| C | {RANKING['C']} | | | | |")
    return "\n".join([*rows, "| D | all else | | | | |"])


def _say(limit: float) -> str:
    """Return a limit in full: 12.5 %, where a figure would read 12 %."""
    return f"{100 * limit:.3g} %"
