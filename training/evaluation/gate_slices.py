"""What the gate asks of parts of the base: that none collapses while the whole looks well."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.evaluation.backtest import Ladder, Window
from training.evaluation.figures import HEADLINES
from training.evaluation.grade import excess_ece, say_gap
from training.evaluation.resampling import Evaluation
from training.evaluation.slices import Slice, slice_evaluations

ERRORS = 3.0
"""Standard errors from which a fault counts: there are many slices, so one of them is often off by two."""

MOST_BEHIND = 0.10
"""How far a slice's ranking may be behind what serves now, or else the best simple rung."""

MOST_FACTOR = 2.0
"""How many times too much or too little a slice's total may be."""

MOST_ECE = 0.15
MOST_NAMED = 5
DRAWS = 50
LEAST_SHARE = 0.02
"""A slice's total that is off by less than this share of the whole base's value harms nobody."""


def find_collapsed(window: Window, ladder: Ladder, *, seed: int) -> tuple[list[str], list[str]]:
    """Return sentences on slices that collapsed: reasons to refuse, or warnings where nothing does better.

    Parameters
    ----------
    window : Window
        Its groups are the slices.
    ladder : Ladder
        The served rung is compared with the champion, or without one with the best simple rung.
    seed : int
        Of the bootstrap.
    """
    other = _choose_other(window, ladder)
    kept = {rung: window.rungs[rung] for rung in (ladder.served, other) if rung is not None}
    reasons, warnings = [], []
    for each in slice_evaluations(window.outcome, kept, window.groups, draws=DRAWS, seed=seed):
        found = list(_find_faults(each, ladder.served, other))
        own, shared = ([fault for fault, also in found if also is there] for there in (False, True))
        if own:
            reasons.append(f"Collapsed in {each.words}: {'; '.join(own)}.")
        if shared:
            nothing = f"{ladder.name(other or '')} is no better there"
            warnings.append(f"In {each.words}: {'; '.join(shared)}; {nothing}.")
    return _shorten(reasons), _shorten(warnings)


def _shorten(sentences: list[str]) -> list[str]:
    more = len(sentences) - MOST_NAMED
    return sentences if more <= 1 else [*sentences[:MOST_NAMED], f"The same in {more} more groups."]


def _choose_other(window: Window, ladder: Ladder) -> str | None:
    """Return the rung that would serve otherwise: the champion, or the highest of the simple rungs."""
    if ladder.champion in window.rungs and ladder.champion != ladder.served:
        return ladder.champion
    there = [rung for rung in ladder.rivals if rung in window.rungs]
    return there[-1] if there else None


def _find_faults(each: Slice, rung: str, other: str | None) -> Iterator[tuple[str, bool]]:
    """Yield a slice's faults, and whether the other rung has the same."""
    evaluation = each.evaluation
    if other is not None:
        for target, name in HEADLINES.items():
            gap = evaluation.compare(rung, other, name)
            if gap is not None and gap.gain < -MOST_BEHIND and gap.falls_behind(MOST_BEHIND, ERRORS):
                yield f"the ranking of {target} is far behind ({say_gap(gap)})", False
    if _is_total_off(each, evaluation, rung):
        times = 1 + evaluation.figure(rung, "value.bias")
        shared = other is not None and _is_total_off(each, evaluation, other)
        yield f"the predicted total is {times:.2g} times what came", shared
    for target in ("churn", "upgrade"):
        off = excess_ece(evaluation, rung, target)
        if off > MOST_ECE:
            shared = other is not None and excess_ece(evaluation, other, target) > MOST_ECE
            yield f"probabilities of {target} are off by {100 * off:.0f} points beyond chance", shared


def _is_total_off(each: Slice, evaluation: Evaluation, rung: str) -> bool:
    """Return whether a total is off by more than the factor, beyond chance, and matters to the whole."""
    bias, error = evaluation.figure(rung, "value.bias"), evaluation.error(rung, "value.bias")
    excess = max(bias - (MOST_FACTOR - 1), (1 / MOST_FACTOR - 1) - bias)
    matters = abs(bias) * abs(each.share) > LEAST_SHARE
    return bool(np.isfinite(bias) and matters and excess > ERRORS * error)
