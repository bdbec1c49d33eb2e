"""Gate: whether a new model may take the place of the one that serves.

It looks at one window that neither model has learned from. A fault has to be *shown*: worse by more than a
tolerance, and by more than chance does in one of ten tries. What only may be a fault is a warning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from training.evaluation.backtest import Ladder, Window
from training.evaluation.figures import HEADLINES, Measure
from training.evaluation.gate_slices import find_collapsed
from training.evaluation.grade import LEVEL, excess_ece, say_gap
from training.evaluation.leakage import Leak
from training.evaluation.ranges import find_allowed_above
from training.evaluation.resampling import DRAWS, Difference, Evaluation, evaluate
from training.wording import count, percent

TOLERANCE = 0.01
"""How far a figure may be behind the champion's."""

ERRORS = 1.28
"""Standard errors that chance alone exceeds, in one direction, in one of ten tries."""

CHANCE_ERRORS = 3.0
"""Standard errors by which something has to be ranked better than chance."""

LEAST_CUSTOMERS = 100
MOST_ECE = 0.05
MOST_ABOVE_OFF = 0.05
MOST_BELOW = 0.15
MOST_BIAS = 0.25
NOTED_BIAS = 0.10
_WORDS = {"value": "value", "churn": "churn", "upgrade": "upgrades"}
_FIGURE_WORDS = {"norm_gini": "normalised Gini", "auc": "AUC", "log_loss": "log loss"}
_AGAINST_CHAMPION = (*HEADLINES.values(), "churn.log_loss", "upgrade.log_loss")


@dataclass(frozen=True)
class GateResult:
    """What the gate says.

    Attributes
    ----------
    reasons : tuple of str
        Why the model is refused, a sentence each; empty when it passes.
    warnings : tuple of str
        What a person should know though it does not refuse the model.
    forced : bool
        Whether it is promoted against the reasons.
    unfit : bool
        Whether a reason says that the model can't be trusted at all, whatever would serve otherwise: it knows
        the future, does no better than chance, or can't be measured.
    """

    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    forced: bool = False
    unfit: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the model."""
        return not self.reasons

    @property
    def promoted(self) -> bool:
        """Whether it may serve: it passed, or was forced."""
        return self.passed or self.forced

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict with stable keys, ready for JSON."""
        return {
            "passed": self.passed,
            "promoted": self.promoted,
            "forced": self.forced,
            "unfit": self.unfit,
            "reasons": list(self.reasons),
            "warnings": list(self.warnings),
        }


def check_gate(
    window: Window,
    ladder: Ladder,
    *,
    evaluation: Evaluation | None = None,
    leaks: Sequence[Leak] = (),
    objections: Sequence[str] = (),
    force: bool = False,
    draws: int = DRAWS,
    seed: int = 7,
) -> GateResult:
    """Say whether the served rung of a ladder may be promoted.

    Parameters
    ----------
    window : Window
        The latest out-of-time window; its rungs hold the challenger (`ladder.served`), the simple rungs and
        the champion, if there is one.
    ladder : Ladder
    evaluation : Evaluation, optional
        Of this window's rungs, where they have been measured already.
    leaks : sequence of Leak
        What `training.evaluation.leakage` found.
    objections : sequence of str
        What else speaks against it, a sentence each.
    force : bool
        Promote in any case, and record that it was forced when there were reasons not to.
    draws, seed
        Of the bootstrap.
    """
    reasons, warnings = _list_leaks(leaks)
    faults = _find_faults(window)
    unfit = bool(reasons) or ladder.served not in window.rungs or ladder.served in faults
    if ladder.served not in window.rungs or ladder.served in faults:
        reasons.append(f"The new model can't be measured: {faults.get(ladder.served, 'it said nothing')}.")
    elif len(window.labels.customers) < LEAST_CUSTOMERS:
        found = count(len(window.labels.customers), "customer")
        reasons.append(f"The window has {found}: at least {LEAST_CUSTOMERS} are needed to show anything.")
    else:
        rungs = {rung: each for rung, each in window.rungs.items() if rung not in faults}
        named = ((rung, fault) for rung, fault in faults.items() if rung != ladder.served)
        warnings += [f"{ladder.name(rung)} is left out: {fault}." for rung, fault in named]
        window = replace(window, rungs=rungs)
        evaluation = evaluation or evaluate(window.outcome, rungs, draws=draws, seed=seed)
        by_chance, chance_warnings = _compare_chance(evaluation, ladder)
        unfit = unfit or bool(by_chance)
        for more_reasons, more_warnings in (
            (by_chance, chance_warnings),
            _compare_champion(evaluation, ladder),
            _compare_simple(evaluation, ladder),
            _check_level(evaluation, ladder),
            _check_calibration(evaluation, ladder),
            find_collapsed(window, ladder, seed=seed),
        ):
            reasons += more_reasons
            warnings += more_warnings
    reasons += objections
    return GateResult(tuple(reasons), tuple(warnings), forced=bool(force and reasons), unfit=unfit)


Verdict = tuple[list[str], list[str]]
"""Reasons to refuse, and warnings."""


def _list_leaks(leaks: Sequence[Leak]) -> Verdict:
    return [leak.sentence for leak in leaks if leak.sure], [leak.sentence for leak in leaks if not leak.sure]


def _find_faults(window: Window) -> dict[str, str]:
    """Return why a rung can't be measured, of those that can't."""
    faults = {}
    for rung, predicted in window.rungs.items():
        try:
            Measure(window.outcome, predicted)
        except ValueError as error:
            faults[rung] = str(error)
    return faults


def _compare_chance(evaluation: Evaluation, ladder: Ladder) -> Verdict:
    """Ask for a ranking of anything at all: where labels were shuffled there is none."""
    said, better = [], []
    warnings = []
    for target, name in HEADLINES.items():
        figure, error = evaluation.figure(ladder.served, name), evaluation.error(ladder.served, name)
        if math.isnan(figure):
            continue
        chance = 0.0 if target == "value" else 0.5
        said.append(f"{_say_figure(name)} {figure:.3f} ± {error:.3f}, by chance {chance:.1f}")
        better.append(figure - chance > CHANCE_ERRORS * np.nan_to_num(error))
        if not better[-1]:
            warnings.append(f"No better than chance: {said[-1]}.")
    if not said or any(better):
        return [], warnings
    return [
        f"The past tells nothing of the future: {'; '.join(said)}. See whether customers' ids were mixed up."
    ], []


def _compare_champion(evaluation: Evaluation, ladder: Ladder) -> Verdict:
    reasons: list[str] = []
    warnings: list[str] = []
    champion = ladder.champion
    if champion is None or champion not in evaluation.figures:
        return reasons, warnings
    for name in _AGAINST_CHAMPION:
        gap = evaluation.compare(ladder.served, champion, name)
        if gap is None:
            continue
        words = (
            f"{_say_figure(name)} {evaluation.figure(ladder.served, name):.3f} against the champion's "
            f"{evaluation.figure(champion, name):.3f} ({say_gap(gap)})"
        )
        if gap.falls_behind(TOLERANCE, ERRORS):
            reasons.append(f"Worse than the champion: {words}.")
        elif gap.gain < -TOLERANCE:
            warnings.append(f"May be worse than the champion, the window is too small to tell: {words}.")
    return reasons, warnings


def _compare_simple(evaluation: Evaluation, ladder: Ladder) -> Verdict:
    """Ask for a model that no rung is shown to beat by more than `LEVEL`, and that beats each simple one."""
    reasons, warnings = [], []
    for rung in ladder.rivals:
        gaps = {
            target: gap
            for target, name in HEADLINES.items()
            if (gap := evaluation.compare(ladder.served, rung, name)) is not None
        }
        behind = {target: gap for target, gap in gaps.items() if gap.falls_behind(LEVEL, ERRORS)}
        if behind:
            reasons.append(f"{_capital(ladder.name(rung))} ranks better: {_say_gaps(behind)}.")
        nowhere = not any(gap.gain > 0 for gap in gaps.values())
        if gaps and not behind and nowhere and rung not in ladder.peers:
            reasons.append(f"Not better than {ladder.name(rung)} in anything.")
        level = {target: gap for target, gap in gaps.items() if not gap.exceeds(0.0, 2.0)}
        if level and not behind:
            warnings.append(f"Not clearly better than {ladder.name(rung)}: {_say_gaps(level)}.")
    for target, name in HEADLINES.items():
        if math.isnan(evaluation.figure(ladder.served, name)):
            warnings.append(f"The ranking of {_WORDS[target]} can't be judged in this window.")
    return reasons, warnings


def _check_level(evaluation: Evaluation, ladder: Ladder) -> Verdict:
    """Look at the total. A season that surprised every rung alike is no reason to keep the old model."""
    bias, error = (each(ladder.served, "value.bias") for each in (evaluation.figure, evaluation.error))
    if math.isnan(bias):
        return ["Nothing came in the window that it is judged on: nothing shows that it may be trusted."], []
    side = "above" if bias > 0 else "below"
    words = f"The predicted total is {percent(abs(bias))} {side} what came"
    if not abs(bias) > NOTED_BIAS:
        return [], []
    if abs(bias) - MOST_BIAS <= ERRORS * error:
        return [], [f"{words}."]
    others = (ladder.champion,) if ladder.champion in evaluation.figures else ladder.rivals
    gaps = [evaluation.compare(ladder.served, str(rung), "value.abs_bias") for rung in others]
    if gaps and not any(gap is not None and gap.falls_behind(TOLERANCE, ERRORS) for gap in gaps):
        return [], [f"{words}; what would serve otherwise is no nearer."]
    return [f"{words}: at most {percent(MOST_BIAS)} is allowed."], []


def _check_calibration(evaluation: Evaluation, ladder: Ladder) -> Verdict:
    """Look at probabilities and ranges; a fault that the champion has too is no reason to keep it."""
    own = dict(_find_calibration_faults(evaluation, ladder.served))
    shared = dict(_find_calibration_faults(evaluation, ladder.champion)) if ladder.champion else {}
    reasons = [f"{fault}." for name, fault in own.items() if name not in shared]
    return reasons, [f"{fault}; so it is with the champion." for name, fault in own.items() if name in shared]


def _find_calibration_faults(evaluation: Evaluation, rung: str) -> Iterator[tuple[str, str]]:
    """Yield a fault's name, and it in words."""
    for target in ("churn", "upgrade"):
        off = excess_ece(evaluation, rung, target)
        if off > MOST_ECE:
            yield (
                target,
                f"Probabilities of {_WORDS[target]} are not calibrated: off by {100 * off:.1f} points beyond "
                f"chance, at most {100 * MOST_ECE:.0f} are allowed",
            )
    above = find_allowed_above(evaluation.figure(rung, "interval.meant_above"), MOST_ABOVE_OFF)
    for name, (least, most), side in (
        ("interval.above_p90", above, "above"),
        ("interval.below_p10", (0.0, MOST_BELOW), "below"),
    ):
        share, error = evaluation.figure(rung, name), evaluation.error(rung, name)
        if max(least - share, share - most) > ERRORS * error:
            span = f"{percent(least)} to {percent(most)}" if least else f"at most {percent(most)}"
            yield name, f"{percent(share)} of the customers end {side} their range: {span} is allowed"


def _say_gaps(gaps: Mapping[str, Difference]) -> str:
    return ", ".join(f"{_WORDS[target]} {say_gap(gap)}" for target, gap in gaps.items())


def _say_figure(name: str) -> str:
    target, _, figure = name.partition(".")
    return f"{_FIGURE_WORDS[figure]} of {_WORDS[target]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
