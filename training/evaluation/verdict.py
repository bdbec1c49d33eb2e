"""Verdict: ten lines that say what a backtest found, for people who read no tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.evaluation.backtest import Backtest
from training.evaluation.charts import build_gains
from training.evaluation.figures import HEADLINES
from training.evaluation.grade import LETTERS, Grade, excess_ece
from training.evaluation.results import Results
from training.evaluation.slices import Slice
from training.wording import count, money, percent

_TARGETS = {"value": "value", "churn": "churn", "upgrade": "upgrades"}


def say_verdict(backtest: Backtest, results: Results) -> list[str]:
    """Return at most ten sentences, the most important first."""
    lines = [
        _say_base(backtest, results),
        _say_best(backtest, results),
        *_say_capture(backtest),
        say_totals(backtest, results),
        *_say_churn(backtest, results),
        *_say_upgrade(backtest, results),
        *_say_calibration(backtest, results),
        *say_ranges(backtest, results),
        *_say_weakest(results, backtest.ladder.served, backtest.currency),
        *say_drivers(backtest),
    ]
    return lines[:10]


def say_grade(grade: Grade) -> str:
    """Return a target's grade with what keeps it from the next better one."""
    if grade.letter is None:
        return f"Not graded: {'; '.join(grade.reasons)}."
    if not grade.reasons:
        return "Nothing is missing."
    better = LETTERS[LETTERS.index(grade.letter) - 1]
    return f"What keeps it from {better}: {'; '.join(grade.reasons)}."


def _say_base(backtest: Backtest, results: Results) -> str:
    windows = backtest.windows
    customers = max(len(window.labels.customers) for window in windows)
    name = backtest.ladder.name(backtest.ladder.served)
    past = "one moment" if len(windows) == 1 else f"{len(windows)} moments"
    horizon = count(windows[-1].horizon_days, "day")
    return (
        f"{_capital(name)} was asked at {past} of the past, for up to {count(customers, 'customer')}, "
        f"and held against what the next {horizon} brought."
    )


def _say_best(backtest: Backtest, results: Results) -> str:
    ladder, overall = backtest.ladder, results.overall
    ahead = []
    for target, name in HEADLINES.items():
        others = [rung for rung in overall.figures if rung != ladder.served]
        gaps = {rung: gap for rung in others if (gap := overall.compare(ladder.served, rung, name))}
        worst = min(gaps, key=lambda rung: gaps[rung].gain, default=None)
        if worst is not None and gaps[worst].gain < 0:
            ahead.append(f"{ladder.name(worst)} ranks {_TARGETS[target]} better by {-gaps[worst].gain:.3f}")
    if not ahead:
        return "No other rung ranks value, churn or upgrades better."
    return f"{_capital('; '.join(ahead))}."


def _say_capture(backtest: Backtest) -> Iterator[str]:
    ladder = backtest.ladder
    names = [ladder.served, *(rung for rung in ladder.rivals if rung in backtest.windows[0].rungs)]
    shares = {rung: float(np.interp(0.2, *build_gains(backtest, rung))) for rung in names}
    best = max(names[1:], key=lambda rung: shares[rung], default=None)
    if np.isfinite(shares[ladder.served]):
        other = f"; ranked by {ladder.name(best)}, {percent(shares[best])}" if best else ""
        yield f"The fifth it ranks highest brought {percent(shares[ladder.served])} of the value{other}."


def say_totals(backtest: Backtest, results: Results) -> str:
    """Return how far predicted totals were from what came."""
    served = backtest.ladder.served
    biases = [each.figure(served, "value.bias") for each in results.windows]
    if not np.isfinite(biases).all():
        return "Nothing came in a whole horizon, so that it can't be told how far off totals are."
    if len(biases) == 1:
        return f"The predicted total was {percent(abs(biases[0]))} {_side(biases[0])} what came."
    mean = results.overall.figure(served, "value.abs_bias")
    first, last = (f"{100 * bias:+.0f} %" for bias in (min(biases), max(biases)))
    return f"Predicted totals were {percent(mean)} off on average, from {first} to {last}."


def _say_churn(backtest: Backtest, results: Results) -> Iterator[str]:
    auc = results.overall.figure(backtest.ladder.served, "churn.auc")
    if np.isfinite(auc):
        yield f"Of one who left and one who stayed it names the right one in {100 * auc:.0f} of 100 cases."


def _say_upgrade(backtest: Backtest, results: Results) -> Iterator[str]:
    lift = results.overall.figure(backtest.ladder.served, "upgrade.lift_top10")
    rate = results.overall.figure(backtest.ladder.served, "upgrade.rate")
    if np.isfinite(lift) and np.isfinite(rate):
        yield (
            f"The tenth it names first for an upgrade did so {lift:.1f} times as often as all "
            f"({percent(min(1.0, lift * rate))} against {percent(rate)})."
        )


def _say_calibration(backtest: Backtest, results: Results) -> Iterator[str]:
    served = backtest.ladder.served
    found = {target: excess_ece(results.overall, served, target) for target in ("churn", "upgrade")}
    words = [
        f"of {_TARGETS[target]} by {100 * max(off, 0):.1f} points"
        for target, off in found.items()
        if np.isfinite(off)
    ]
    if words:
        yield f"Probabilities are off, beyond chance, {' and '.join(words)}."


def say_ranges(backtest: Backtest, results: Results) -> Iterator[str]:
    """Yield how many customers ended within their range."""
    inside, above, meant = (
        results.overall.figure(backtest.ladder.served, f"interval.{name}")
        for name in ("inside", "above_p90", "meant_above")
    )
    if np.isfinite(inside):
        ended = f"{percent(inside)} of the customers ended within their range, {percent(above)} above it"
        yield f"{ended} (meant: {percent(meant)})."


def _say_weakest(results: Results, served: str, currency: str) -> Iterator[str]:
    """Name the group whose total is off most, in money, beyond two standard errors."""

    def miss(each: Slice) -> float:
        bias, error = (ask(served, "value.bias") for ask in (each.evaluation.figure, each.evaluation.error))
        return abs(each.value) * max(0.0, abs(bias) - 2 * error) if np.isfinite(bias - error) else 0.0

    weakest = max((each for each in results.slices if each.grouping != "season"), key=miss, default=None)
    if weakest is not None and miss(weakest) > 0:
        bias = weakest.evaluation.figure(served, "value.bias")
        yield (
            f"The largest miss is in {weakest.words}: {percent(abs(bias))} {_side(bias)} "
            f"what came ({money(abs(bias * weakest.value), currency)} in all windows)."
        )


def say_drivers(backtest: Backtest) -> Iterator[str]:
    """Yield what moves the predictions most."""
    if backtest.importance:
        names = [each.words for each in backtest.importance[:3]]
        share = sum(each.share for each in backtest.importance[:3])
        yield f"What counts most: {', '.join(names)} ({percent(share)} of what moves the expected value)."


def _side(bias: float) -> str:
    return "above" if bias > 0 else "below"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
