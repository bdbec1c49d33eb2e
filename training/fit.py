"""Fitting: from a history to a predictor, step by step.

Season and purchase process; examples from moments of the past; the level of the coming horizon; value,
activity, ranges and upgrades; the rung that serves. All evidence is from before `as_of`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from features.catalogue import Catalogue
from features.timeline import BoolArray, FloatArray
from models.churn import ActivityModel, find_shift, fit_activity
from models.distribution import ValueDistribution, conform, fit_distribution
from models.examples import Examples, Situation
from models.odds import expect_further
from models.predictor import OURS, Predictor
from models.ranking_gain import norm_gini
from models.season_learning import learn_season
from models.upgrade import UpgradeModel, fit_upgrade
from models.value import ValueModel, fit_value
from training.fitting import Fitting
from training.levels import Levels, forecast_levels
from training.newcomers import fit_newcomers
from training.process_rung import choose_process, fit_process_rung
from training.wording import count

SNAPSHOTS = 10
LEAST_CUSTOMERS = 500
LEAST_EVENTS = 50
"""Customers at the latest moment, and of those with an order, that trees need to learn from; without as many
who did not order they learn value alone."""

TOO_SHORT = "the history is shorter than two horizons, and too short to learn from a part of one"

_LATEST = 4
_LEAST_LEFT = 0.5  # of what customers brought, after returns
_FEW_ORDERS = 20.0  # say next to nothing
_MOST_FURTHER = 10.0
_CLEARLY = 0.003
_RELATIVE_UNITS = ("share", "ratio", "horizons", "")
_RELATIVE_FAMILIES = ("process", "attributes")


@dataclass(frozen=True)
class OutOfFold:
    """What was predicted of each moment's customers by models that had not seen them, the latest first."""

    examples: Sequence[Examples]
    value: Sequence[FloatArray]
    active: Sequence[FloatArray]

    def gain(self) -> float:
        """Return by how much value was ranked better than by the purchase process, at the latest moments."""
        gains = []
        for each, value in zip(self.examples[:_LATEST], self.value, strict=False):
            came = np.maximum(each.value, 0)
            gains.append(norm_gini(came, value) - norm_gini(came, each.expectation()))
        return float(np.mean(gains))

    def further_orders(self) -> float:
        """Return how many orders beyond the first came for each that was expected, at the latest moments."""
        came = expected = _FEW_ORDERS
        for each, value, active in zip(self.examples[:_LATEST], self.value, self.active, strict=False):
            came += float(each.orders.sum() - each.active.sum())
            expected += float(
                active @ expect_further(each.orders_if_active(), value / active, each.spending())
            )
        return float(np.clip(came / expected, 0.0, _MOST_FURTHER))

    def came(self, moments: int | None = None) -> tuple[FloatArray, BoolArray]:
        """Return value and activity as they came, of all customers."""
        chosen = self.examples[:moments]
        return np.concatenate([e.value for e in chosen]), np.concatenate([e.active for e in chosen])

    def expected(self, moments: int | None = None) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return value, activity, and orders given activity as they were expected, of all customers."""
        given = [each.orders_if_active() for each in self.examples[:moments]]
        value, active = self.value[:moments], self.active[:moments]
        return np.concatenate(value), np.concatenate(active), np.concatenate(given)


def fit_predictor(fitting: Fitting, *, snapshots: int = SNAPSHOTS) -> Predictor:
    """Fit everything that is predicted; deterministic for a seed.

    Parameters
    ----------
    fitting : Fitting
    snapshots : int
        At most so many moments of the past are learned from.

    Returns
    -------
    Predictor
        `served_by` and `reason` say which rung of the ladder serves, and why.
    """
    with threadpool_limits(1):  # threads cost more than they bring on such small matrices
        days = fitting.labelled_days
        moments = fitting.choose_moments(snapshots, days)
        season = learn_season(fitting.history, fitting.first, fitting.as_of)
        process = choose_process(fitting, season, moments, days)
        catalogue = fitting.create_catalogue(process)
        futures = [(moment, days) for moment in moments]
        late = fitting.recent_futures if days == fitting.target.horizon_days else ()
        read = fitting.read_past(catalogue, process, [*futures, *late])
        examples = [each for each in read[: len(futures)] if brought_value(each)]
        recent = [each for each in read[len(futures) :] if brought_value(each) and not find_lack([each])]
        situation = fitting.read_known(catalogue, process)
        levels = forecast_levels(fitting, process, [each.features.as_of for each in examples])
        predictor = fit_process_rung(fitting, process, situation, levels)
        lack = find_lack(examples) if moments else TOO_SHORT
        if lack:
            predictor = replace(predictor, reason=lack)
        else:
            predictor = fit_ours(fitting, predictor, catalogue, examples, recent, situation, levels)
        return replace(predictor, newcomers=fit_newcomers(fitting, predictor, examples, situation))


def brought_value(each: Examples) -> bool:
    """Return whether returns left at least half of what customers brought, so that there is value to learn.

    After a wave of refunds there is none: what is expected of a customer would have the wrong sign.
    """
    gain = float(np.maximum(each.value, 0).sum())
    return gain > 0 and float(each.value.sum()) >= _LEAST_LEFT * gain


def find_lack(examples: Sequence[Examples]) -> str:
    """Return what trees lack to learn from the past; empty when nothing is lacking."""
    if not examples:
        return "no past future is known that brought value"
    latest = examples[0]
    if len(latest) < LEAST_CUSTOMERS:
        return f"the future is known of {count(len(latest), 'customer')}; trees need {LEAST_CUSTOMERS}"
    active = int(latest.active.sum())
    known = count(len(latest), "customer")
    if active < LEAST_EVENTS:
        return f"{active} of {known} ordered again; trees need {LEAST_EVENTS} who did"
    return ""


def fit_ours(
    fitting: Fitting,
    plain: Predictor,
    catalogue: Catalogue,
    examples: Sequence[Examples],
    recent: Sequence[Examples],
    situation: Situation,
    levels: Levels,
) -> Predictor:
    """Fit value, activity, ranges and upgrades; step back to the purchase process where they are no gain.

    What tells value and activity apart is also learned from `recent` examples with a shorter future.
    """
    own, learned = len(examples), [*examples, *recent]
    everything = list(catalogue.names)
    relative = [
        each.name for each in catalogue if each.unit in _RELATIVE_UNITS or each.family in _RELATIVE_FAMILIES
    ]
    activity, oof_active = fit_activity(learned, relative, everything, fitting.trees, LEAST_EVENTS)
    value, oof_value = fit_value(learned, oof_active, relative, everything, fitting.trees)
    seen = OutOfFold(examples, oof_value[:own], oof_active[:own])
    if seen.gain() < -_CLEARLY:
        return replace(plain, reason=f"it ranked past value better than trees, by {-seen.gain():.3f}")
    distribution = fit_distribution(*seen.came(), *seen.expected())
    days = examples[0].horizon_days
    if examples[0].said is None:
        distribution = conform(distribution, seen.came(_LATEST)[0], *seen.expected(_LATEST))
    else:  # how many bring nothing in a shorter time says little of who does in the whole
        distribution = _stretch(distribution, fitting.target.horizon_days / days)
    known = "" if examples[0].said is None else f" over {days} days, as far as the history tells,"
    activity = set_activity_level(activity, situation, levels.activity.factor)
    return replace(
        plain,
        value=set_value_level(value, situation, activity.predict(situation), levels.value.factor),
        activity=activity,
        further_orders=seen.further_orders(),
        distribution=distribution,
        upgrade=_fit_upgrade(seen, distribution, everything, fitting.trees),
        served_by=OURS,
        reason=f"it ranked the value of unseen customers{known} {_say_gain(seen.gain())}",
    )


def _say_gain(gain: float) -> str:
    if round(gain, 3) <= 0:
        return "about as well as the process alone"
    return f"better than the process alone, by {gain:.3f}"


def set_value_level(model: ValueModel, situation: Situation, active: FloatArray, level: float) -> ValueModel:
    """Return the model whose total over the known customers is the forecast."""
    total = float(situation.expectation().sum())
    return replace(model, factor=level * total / float(model.predict(situation, active).sum()))


def set_activity_level(model: ActivityModel, situation: Situation, level: float) -> ActivityModel:
    """Return the model whose probabilities add up to the forecast number of active customers."""
    rate = float(np.clip(situation.process("active").mean() * level, 0.0, 1.0))
    return replace(model, shift=find_shift(model.calibrated(situation), rate))


def _stretch(distribution: ValueDistribution, times: float) -> ValueDistribution:
    """Return a distribution for a time so many times as long as that it was learned from.

    How customers differ does not average out over time: who orders n times in the long run is as hard to tell
    as the same customer in the short one, not as one who orders n times there.
    """
    return replace(distribution, centers=distribution.centers + np.log(times))


def _fit_upgrade(
    seen: OutOfFold, distribution: ValueDistribution, names: Sequence[str], trees: Mapping[str, Any]
) -> UpgradeModel:
    reach = [
        distribution.chance_above(each.threshold, value, active, each.orders_if_active())
        for each, value, active in zip(seen.examples, seen.value, seen.active, strict=True)
    ]
    if seen.examples[0].said is not None:  # their threshold is of another length of time
        return UpgradeModel(None, ())
    return fit_upgrade(seen.examples, reach, seen.value, names, trees, LEAST_EVENTS)
