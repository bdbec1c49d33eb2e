"""Findings about the base: is there enough to learn from, what the horizon means, gaps in the history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from training.check.base_figures import BaseFigures
from training.check.findings import Finding
from training.gaps import REPEAT_SHARE
from training.wording import count, percent

MIN_CUSTOMERS = 500
MIN_HORIZONS = 2
JUDGED_HORIZONS = 3
"""One to learn from, one to learn about, one to be judged by."""

MIN_EXAMPLES = 100

_LADDER = "predictions step down to simpler models"
_CHURN_EXTREME = 0.05
_HORIZON_FACTOR = 2.0
_GAP_DAYS = 7
_GAP_TO_WARN_DAYS = 21
_GAP_OVER_USUAL = 3


def check_enough(base: BaseFigures, horizon_days: int) -> Iterator[Finding]:
    """Report customers, history and examples against the minimum."""
    if base.customers < MIN_CUSTOMERS:
        text = f"{count(base.customers, 'customer')}, {MIN_CUSTOMERS} are the minimum for a model of your own"
        yield Finding.warning("transactions", "customer_id", "few_customers", text, _LADDER, base.customers)
    yield from _check_history(base, horizon_days)
    yield from _check_examples(base)


def _check_history(base: BaseFigures, horizon_days: int) -> Iterator[Finding]:
    days, history = base.target.days, count(base.whole_days, "day")
    needed, most = MIN_HORIZONS * horizon_days, JUDGED_HORIZONS * horizon_days
    unjudged = "no past window is left to judge the model by"
    if base.whole_days < needed:
        learned = days < horizon_days
        text = f"the history is {history}, two horizons are {needed} days"
        text += (
            f": a future of {count(days, 'day')} is learned from instead, and {unjudged}" if learned else ""
        )
        advice = _advise_history(base, MIN_HORIZONS) + ("" if learned else f"; else {_LADDER}")
        yield Finding.warning("transactions", "timestamp", "short_history", text, advice, base.whole_days)
    elif base.whole_days < most:
        text = f"the history is {history}, three horizons are {most} days: {unjudged}"
        advice = _advise_history(base, JUDGED_HORIZONS)
        yield Finding.warning("transactions", "timestamp", "not_judged", text, advice, base.whole_days)


def _advise_history(base: BaseFigures, horizons: int) -> str:
    possible = base.whole_days // horizons
    shorter = f" or set target.horizon_days to {possible} or less" if possible else ""
    return f"bring more history{shorter}"


def _check_examples(base: BaseFigures) -> Iterator[Finding]:
    target = base.target
    if not target.known:
        text = f"nobody is known {count(target.days, 'day')} before the newest line: nothing can be learnt"
        helps = "a shorter horizon" if base.whole_days >= MIN_HORIZONS else "more history"
        advice = f"{helps} helps; else {_LADDER}"
        yield Finding.warning("transactions", "timestamp", "no_examples", text, advice, 0)
        return
    for name, positive, total in (
        ("churned", target.churned, target.known),
        ("upgraded", target.upgraded, target.not_valued),
    ):
        for found, what in ((positive, name), (total - positive, f"not {name}")):
            if found < MIN_EXAMPLES:
                known = f"{count(found, 'customer')} {what} from {target.as_of} on"
                text = f"{known}, {MIN_EXAMPLES} are the minimum"
                code = f"few_{what.replace(' ', '_')}"
                yield Finding.warning(
                    "transactions",
                    "",
                    code,
                    text,
                    f"another horizon or more history helps; else {_LADDER}",
                    found,
                )


def check_horizon(base: BaseFigures, horizon_days: int) -> Iterator[Finding]:
    """Report what churn rate the horizon means, and which one the gaps between orders suggest."""
    rate, suggested = base.target.churn_rate, base.gaps.suggest_horizon_days(base.history_days)
    hint = f"the gaps between orders suggest {suggested} days" if suggested else ""
    if rate is not None:
        days = base.target.days
        what = "horizon" if days == horizon_days else "future"
        means = f"a {what} of {count(days, 'day')} means a churn rate of {percent(rate)}"
        text = f"{means} as of {base.target.as_of}"
        extreme = min(rate, 1 - rate) < _CHURN_EXTREME
        advice = f"nearly all customers share one fate; {hint or 'try another horizon'}" if extreme else ""
        severity = Finding.warning if extreme else Finding.note
        yield severity("transactions", "timestamp", "churn_rate", text, advice)
    typical = base.gaps.quantile(REPEAT_SHARE)
    if typical is None:
        text = "no customer came back on another day, so that nothing is known of their rhythm"
        yield Finding.warning(
            "transactions",
            "timestamp",
            "nobody_returns",
            text,
            "check that customer_id is the customer's and not the order's",
        )
    elif suggested:
        rhythm = f"{percent(REPEAT_SHARE)} of the repeat orders come within {count(typical, 'day')}"
        text = f"{rhythm}; that suggests a horizon of {suggested} days"
        far = max(suggested / horizon_days, horizon_days / suggested) > _HORIZON_FACTOR
        advice = f"target.horizon_days is {horizon_days}; {suggested} fits the rhythm better" if far else ""
        yield Finding.note("transactions", "timestamp", "suggested_horizon", text, advice, suggested)


def check_age(base: BaseFigures, horizon_days: int, today: dt.date) -> Iterator[Finding]:
    """Report data that ends more than a horizon ago."""
    age = (today - base.newest_day).days
    if age > horizon_days:
        text = f"the newest line is of {base.newest_day}, {count(age, 'day')} ago, more than a horizon"
        advice = "predictions are made from that day on; bring newer data if there is any"
        yield Finding.note("transactions", "timestamp", "old_data", text, advice, age)


def check_gaps(base: BaseFigures) -> Iterator[Finding]:
    """Report stretches of days without any line that are far longer than usual."""
    days = base.by_day["day"].cast(pl.Int32).to_numpy()
    empty = np.diff(days) - 1
    if not len(empty):
        return
    limit = max(_GAP_DAYS, _GAP_OVER_USUAL * float(np.quantile(empty, 0.9)))
    long = np.flatnonzero(empty >= limit)
    if not len(long):
        return
    worst = long[np.argmax(empty[long])]
    first, last = base.by_day["day"][int(worst)], base.by_day["day"][int(worst) + 1]
    longest = f"the longest has {count(int(empty[worst]), 'day')} without a line, between {first} and {last}"
    text = f"{count(len(long), 'gap')} in the history; {longest}"
    severity = Finding.warning if empty[worst] >= _GAP_TO_WARN_DAYS else Finding.note
    advice = "a closed shop is fine; missing data looks like lost customers, so bring it"
    yield severity("transactions", "timestamp", "history_gaps", text, advice, int(empty[long].sum()))
