"""Summary: what an analyst should know at the end of a training, in some ten lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.model_index import ModelVersion
from models.predictor import OURS
from models.purchase_process import FULL, NO_DROPOUT, POOLED_RATE
from models.trust import say_meaning
from training.evaluation.backtest import Backtest
from training.evaluation.figures import HEADLINES
from training.evaluation.grade import say_gap
from training.evaluation.results import Results
from training.evaluation.verdict import say_drivers, say_grade, say_ranges, say_totals
from training.wording import count

if TYPE_CHECKING:
    from training.train import Trained

_FIGURES = {
    "value": "normalised Gini of value",
    "churn": "AUC of churn",
    "upgrade": "AUC of upgrades",
}
_STEPPED_BACK = {
    FULL: (),
    NO_DROPOUT: (
        "No model in which customers leave for good could be fitted: the process takes all for staying.",
    ),
    POOLED_RATE: (
        "Customers could not be told apart by how often they order: the process has one rate for all.",
    ),
}


def summarise(trained: Trained) -> list[str]:
    """Return what was learned, how good it is, what drives it, what changed and what to do next."""
    lines = [_say_learned(trained), _say_served(trained)]
    backtest, results = trained.judged.backtest, trained.judged.results
    if backtest is not None and results is not None:
        lines += [
            _say_window(backtest),
            *_say_rungs(backtest, results),
            " ".join([say_totals(backtest, results), *say_ranges(backtest, results)]),
            _say_grades(results),
            *say_drivers(backtest),
        ]
    return [*lines, *_say_change(trained), *_say_gate(trained), _say_next(trained)]


def _say_learned(trained: Trained) -> str:
    predictor, data = trained.judged.predictor, trained.data
    span = (
        "" if data.first is None or data.last is None else f", {data.first:%Y-%m-%d} to {data.last:%Y-%m-%d}"
    )
    features = count(len(predictor.catalogue.names), "feature")
    return (
        f"Learned from {count(trained.customers, 'customer')} and {count(data.rows, 'line')}{span}: "
        f"{features} at {count(trained.moments, 'moment')} of the past."
    )


def _say_served(trained: Trained) -> str:
    predictor = trained.judged.predictor
    instead = "" if predictor.served_by == OURS else "and not the trees "
    served = f"What serves is {_name(predictor.served_by)} {instead}({predictor.reason})."
    return " ".join([served, *_STEPPED_BACK[predictor.process.rung]])


def _say_window(backtest: Backtest) -> str:
    window = backtest.windows[-1]
    customers = count(len(window.labels.customers), "customer")
    return (
        f"Judged on the {window.horizon_days} days from {window.as_of:%Y-%m-%d} on, which it had not seen, "
        f"with {customers}:"
    )


def _say_rungs(backtest: Backtest, results: Results) -> Iterator[str]:
    """Yield the figure of each rung, for each target; the standard error is of the difference."""
    ladder, overall = backtest.ladder, results.overall
    for target, name in HEADLINES.items():
        own = overall.figure(ladder.served, name)
        if math.isnan(own):
            continue
        others = []
        for rung in overall.figures:
            gap = None if rung == ladder.served else overall.compare(ladder.served, rung, name)
            if gap is not None:
                others.append(f"{ladder.name(rung)} {overall.figure(rung, name):.3f} ({say_gap(gap)})")
        yield f"  {_FIGURES[target]} {own:.3f}; {', '.join(others)}."


def _say_grades(results: Results) -> str:
    grades = results.grades
    letters = ", ".join(f"{each.target} {each.letter or 'not graded'}" for each in grades.targets)
    worst = [each for each in grades.targets if each.letter == grades.overall != "A"]
    held_back = [f"{say_grade(each).rstrip('.')} ({each.target})." for each in worst[:1]]
    meaning = say_meaning({each.target: each.letter for each in grades.targets})
    return " ".join([f"Grade {grades.overall} ({letters}).", meaning, *held_back])


def _say_change(trained: Trained) -> Iterator[str]:
    """Say what the model before this one was like; the comparison on one window is the rungs' business."""
    before = trained.before
    if before is None:
        yield "This is the first model."
        return
    said = [f"Since version {before.version} (as of {before.about.get('as_of', '?')[:10]})"]
    changes = [
        change
        for name, now, then in (
            ("customers", trained.customers, before.about.get("customers", "")),
            ("lines", trained.data.rows, before.about.get("lines", "")),
        )
        if (change := _say_more(name, now, then))
    ]
    changes += [
        f"{_FIGURES[target]} {then:.3f} to {now:.3f}"
        for target, name in HEADLINES.items()
        if (then := before.figures.get(name)) is not None
        and (now := trained.version.figures.get(name)) is not None
    ]
    yield f"{said[0]}: {'; '.join(changes) or 'nothing that can be compared'}."
    if trained.judged.champion:
        yield trained.judged.champion


def _say_more(name: str, now: int, then: str) -> str:
    return f"{now - int(then):+,} {name}" if then.isascii() and then.isdigit() else ""


def _say_gate(trained: Trained) -> Iterator[str]:
    gate = trained.judged.gate
    if gate.passed:
        yield "The gate lets it pass."
    for reason in gate.reasons:
        yield f"Refused: {reason}"


def _say_next(trained: Trained) -> str:
    version, gate = trained.version.version, trained.judged.gate
    if trained.promoted:
        forced = " by force" if gate.forced else ""
        return f"Version {version} is the champion{forced}. Next: uptier score"
    waits = f"Version {version} waits as challenger"
    if gate.unfit:
        return f"{waits}: mend the data and train again."
    serving = _say_serving(trained.champion)
    if gate.passed:
        return f"{waits}; {serving}. Next: uptier promote {version}"
    return f"{waits}; {serving}. To promote it all the same: uptier promote {version}"


def _say_serving(champion: ModelVersion | None) -> str:
    return (
        "as there is no champion, uptier score uses it"
        if champion is None
        else f"version {champion.version} goes on serving"
    )


def _name(served_by: str) -> str:
    return served_by if served_by == OURS else f"the {served_by}"
