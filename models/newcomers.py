"""Newcomers: customers who never bought, by their attributes where these tell customers apart.

What attributes say is learned from customers like them whose future is known: who had never bought at a
moment of the past, or where too few of these are known, who had bought once. The level is the prior's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.special import expit, logit

from features.timeline import BoolArray, FloatArray
from models.churn import find_shift
from models.distribution import ValueDistribution, conform, fit_distribution
from models.effects import Effects, fit_effects
from models.examples import Examples, Situation, split, zero_unknown
from models.odds import to_log_odds
from models.prior import Prior
from models.upgrade import LEAST

LEAST_CUSTOMERS = 500
"""Rows of customers with one order that attributes need to be learned from."""

_LEAST = 1e-300
_LEAST_CHANCE = 1e-12
_HIGHEST = 0.99
_MORE = (0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.12)


@dataclass(frozen=True)
class AttributeModel:
    """What attributes let expect of a customer who never bought.

    Attributes
    ----------
    names : tuple of str
        Features that are attributes.
    value, active : Effects or None
        On the logarithm of expected value, on the log-odds of an order; None where attributes say nothing.
    value_start, active_start : float
        What effects are added to.
    distribution : ValueDistribution
        How value spreads about what attributes let expect.
    """

    names: tuple[str, ...]
    value: Effects | None
    active: Effects | None
    value_start: float
    active_start: float
    distribution: ValueDistribution

    def knows(self, situation: Situation) -> BoolArray:
        """Return of whom any attribute is known, shape (customers,)."""
        known: BoolArray = np.isfinite(situation.columns(self.names)).sum(axis=1) > 0
        return known

    def parts(self, situation: Situation, target: str) -> FloatArray:
        """Return what each attribute adds to `value` or `active`, shape (customers, names)."""
        attributes = situation.columns(self.names).astype(np.float64)
        effects: Effects | None = getattr(self, target)
        return np.zeros(attributes.shape) if effects is None else effects.parts(attributes)

    def expect(self, situation: Situation) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return expected value, the probability of an order, and what the distribution takes for orders."""
        value = np.exp(self.value_start + self.parts(situation, "value").sum(axis=1))
        active = expit(self.active_start + self.parts(situation, "active").sum(axis=1))
        return value, active, np.ones(len(value))

    def to_json(self) -> dict[str, Any]:
        """Return the model as plain data."""
        return {
            "names": list(self.names),
            "value": None if self.value is None else self.value.to_json(),
            "active": None if self.active is None else self.active.to_json(),
            "value_start": self.value_start,
            "active_start": self.active_start,
            "distribution": self.distribution.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AttributeModel:
        """Return the model that `to_json` wrote."""
        value, active = (
            None if data[name] is None else Effects.from_json(data[name]) for name in ("value", "active")
        )
        spread = ValueDistribution.from_json(data["distribution"])
        return cls(tuple(data["names"]), value, active, data["value_start"], data["active_start"], spread)


@dataclass(frozen=True)
class Newcomers:
    """What is predicted of customers who never bought.

    Attributes
    ----------
    prior : Prior
        Holds where nothing is known.
    attributes : AttributeModel or None
        None where attributes tell nothing about customers.
    """

    prior: Prior = field(default_factory=Prior)
    attributes: AttributeModel | None = None

    def figures(self, situation: Situation) -> dict[str, FloatArray]:
        """Return what is predicted of newcomers, by the names of `Prior`, each of shape (customers,)."""
        prior, model = self.prior, self.attributes
        plain = {name: np.full(len(situation), figure) for name, figure in prior.to_json().items()}
        if model is None or not len(situation):
            return plain
        expected = model.expect(situation)
        value, active = expected[:2]
        told = {
            "value": value,
            "orders": max(prior.orders / max(prior.active, _LEAST_CHANCE), 1.0) * active,
            "active": active,
            "upgrade": expit(_odds(prior.upgrade) + self._reach_further(situation, *expected)),
            **model.distribution.describe(zero_unknown(np.asarray(situation.threshold)), *expected),
        }
        known = model.knows(situation)
        return {name: np.where(known, told[name], plain[name]) for name in plain}

    def explain(self, situation: Situation, target: str) -> tuple[FloatArray, FloatArray]:
        """Return a target on the scale on which it adds up: where it starts, and what each attribute adds.

        Parameters
        ----------
        situation : Situation
        target : str
            ``value`` (logarithm), ``active`` or ``upgrade`` (log-odds). What attributes make of an upgrade is
            shared out by what they make of the other two.

        Returns
        -------
        start : float64 array, shape (customers,)
        parts : float64 array, shape (customers, attributes)
        """
        prior, model = self.prior, self.attributes
        starts = {"value": _log(prior.value), "active": _odds(prior.active), "upgrade": _odds(prior.upgrade)}
        start = np.full(len(situation), starts[target])
        if model is None:
            return start, np.zeros((len(situation), 0))
        known = model.knows(situation)
        if target == "upgrade":
            parts = self._share_upgrade(model, situation)
        else:
            start[known] = getattr(model, f"{target}_start")
            parts = model.parts(situation, target)
        return start, np.where(known[:, None], parts, 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return the newcomers as plain data."""
        attributes = None if self.attributes is None else self.attributes.to_json()
        return {"prior": self.prior.to_json(), "attributes": attributes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Newcomers:
        """Return the newcomers that `to_json` wrote."""
        attributes = None if data["attributes"] is None else AttributeModel.from_json(data["attributes"])
        return cls(Prior.from_json(data["prior"]), attributes)

    def _share_upgrade(self, model: AttributeModel, situation: Situation) -> FloatArray:
        size = np.abs(model.parts(situation, "value")) + np.abs(model.parts(situation, "active"))
        share = size / np.maximum(size.sum(axis=1, keepdims=True), _LEAST)
        share[size.sum(axis=1) == 0] = 1 / max(size.shape[1], 1)
        further: FloatArray = self._reach_further(situation, *model.expect(situation))[:, None] * share
        return further

    def _reach_further(
        self, situation: Situation, value: FloatArray, active: FloatArray, given: FloatArray
    ) -> FloatArray:
        """Return how much likelier the threshold is reached than by the prior, in log-odds."""
        if self.attributes is None or not np.isfinite(situation.threshold).all():
            return np.zeros(len(value))

        def reach(value: FloatArray, active: FloatArray) -> FloatArray:
            return to_log_odds(spread.chance_above(situation.threshold, value, active, given), LEAST)

        spread, rows = self.attributes.distribution, len(value)
        return reach(value, active) - reach(np.full(rows, self.prior.value), np.full(rows, self.prior.active))


def learn_newcomers(
    prior: Prior, alike: Sequence[Examples], newcomers: Situation, known: Situation, names: Sequence[str]
) -> Newcomers:
    """Learn what attributes add to the prior.

    Parameters
    ----------
    prior : Prior
    alike : sequence of Examples
        Customers like them at moments of the past.
    newcomers : Situation
        Who never bought before the model's `as_of`; the mean over them is the prior's.
    known : Situation
        Who bought before the model's `as_of`.
    names : sequence of str
        Features that are attributes.
    """
    alike = [each for each in alike if each.active.any() and np.maximum(each.value, 0).sum() > 0]
    if not names or prior.value <= 0 or sum(len(each) for each in alike) < LEAST_CUSTOMERS:
        return Newcomers(prior)
    attributes = np.concatenate([each.columns(names) for each in alike]).astype(np.float64)
    people = np.concatenate([each.people for each in alike])
    gain = [np.maximum(each.value, 0) for each in alike]
    value, told_value = fit_effects(attributes, np.concatenate([g / g.mean() for g in gain]), people, "value")
    happened = np.concatenate([each.active for each in alike])
    active, told_active = fit_effects(attributes, happened.astype(np.float64), people, "active")
    if value is None and active is None:
        return Newcomers(prior)
    spread = _fit_spread(alike, split(told_value, alike), split(told_active, alike))
    model = AttributeModel(tuple(names), value, active, 0.0, 0.0, spread)
    once = known.take(known.column("order_days_ever") == 1)
    model = _set_level(model, prior, newcomers if model.knows(newcomers).any() else once)
    return _widen(Newcomers(prior, model), once)


def _fit_spread(
    alike: Sequence[Examples], told_value: Sequence[FloatArray], told_active: Sequence[FloatArray]
) -> ValueDistribution:
    """Learn how value spread about what attributes told of customers they had not seen."""
    expected = np.concatenate(
        [np.exp(t) * (e.value.sum() / np.exp(t).sum()) for e, t in zip(alike, told_value, strict=True)]
    )
    active = np.concatenate(
        [expit(t + find_shift(t, float(e.active.mean()))) for e, t in zip(alike, told_active, strict=True)]
    )
    value, happened = (np.concatenate([getattr(e, name) for e in alike]) for name in ("value", "active"))
    given = np.ones(len(value))
    found = fit_distribution(value, happened, expected, active, given, groups=1)
    return conform(found, value, expected, active, given)


def _set_level(model: AttributeModel, prior: Prior, base: Situation) -> AttributeModel:
    """Return the model whose means over some customers are the prior's."""
    base = base.take(model.knows(base))
    if not len(base):
        return replace(model, value_start=_log(prior.value), active_start=_odds(prior.active))
    value, active = (model.parts(base, target).sum(axis=1) for target in ("value", "active"))
    start = _log(prior.value) - float(np.log(np.exp(value).mean()))
    return replace(model, value_start=start, active_start=find_shift(active, prior.active))


def _widen(newcomers: Newcomers, once: Situation) -> Newcomers:
    """Return newcomers whose ranges are no narrower than those of customers with one order.

    What is said of who never bought cannot be checked on the past, so less is never taken for sure.
    """
    prior, model = newcomers.prior, newcomers.attributes
    if model is None or not len(once):
        return newcomers
    expected = model.expect(once)
    spread = model.distribution
    for more in _MORE:
        wider = replace(spread, high=np.minimum(spread.high + more, _HIGHEST))
        low, high = wider.range(*expected)
        width = float((high - low).mean())
        if width >= prior.high - prior.low:
            break
    prior = replace(prior, high=max(prior.high, prior.low + width))
    return Newcomers(prior, replace(model, distribution=wider))


def _log(value: float) -> float:
    return float(np.log(max(value, _LEAST)))


def _odds(chance: float) -> float:
    return float(logit(np.clip(chance, _LEAST_CHANCE, 1 - _LEAST_CHANCE)))
