"""Reasons: the strongest of what speaks for and against a customer, for value, churn and upgrade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from features.catalogue import Feature
from features.compiled import compiled
from features.timeline import BoolArray, FloatArray, IntArray
from models.examples import Situation
from models.explainer import Explainer, Explanations
from models.sentences import Phrases, say_effect

TARGETS = ("value", "churn", "upgrade")
LEAST = {"value": 0.005, "churn": 0.05, "upgrade": 0.05}
"""Effects of less are written as nothing."""

_RHYTHM = "rhythm"
_OF_ONE_ORDER = {
    "time since the first order": "time since the last order",
    "order value": "value",
    "spending on the last day with orders": "value",
    "spending on the best day": "value",
    "spread of order values": _RHYTHM,
    "time since the order before the last": _RHYTHM,
    "time since the third last order": _RHYTHM,
}
"""Themes that are another one while there is but one order: it is the first and the last, the usual and the
largest, and there is no second one, as all of the rhythm says."""

Reason = dict[str, Any]
"""One reason: the `feature`'s name in the catalogue, its `dimension` of the seven of a best customer, its
`contribution` against the base's typical customer (money for value, percentage points for churn and upgrade),
a `text` with sign and size, and whether the customer could change it from now on (`changeable`)."""

Reasons = dict[str, list[Reason]]
"""A customer's reasons by target, the strongest first; none for the upgrade of the valued."""


@dataclass(frozen=True)
class TargetReasons:
    """The reasons of one target, customer after customer.

    Attributes
    ----------
    counts : int64 array, shape (customers,)
        How many reasons each customer has.
    columns : int64 array, shape (reasons,)
        Which of the features each reason is of.
    contributions : float64 array, shape (reasons,)
    texts : list of str
    """

    counts: IntArray
    columns: IntArray
    contributions: FloatArray
    texts: list[str]


@dataclass(frozen=True)
class ReasonTable:
    """The reasons of customers.

    Attributes
    ----------
    features : tuple of Feature
    targets : tuple of TargetReasons
        In the order of `TARGETS`.
    """

    features: tuple[Feature, ...]
    targets: tuple[TargetReasons, ...]

    def strongest(self) -> list[str | None]:
        """Return the dimension of the strongest reason for the value, by customer."""
        value = self.targets[0]
        ends = np.cumsum(value.counts)
        return [
            self.features[value.columns[end - count]].dimension if count else None
            for end, count in zip(ends.tolist(), value.counts.tolist(), strict=True)
        ]

    def to_rows(self) -> list[Reasons]:
        """Return each customer's reasons."""
        told = [self._list(target) for target in self.targets]
        return [dict(zip(TARGETS, reasons, strict=True)) for reasons in zip(*told, strict=True)]

    def to_series(self) -> pl.Series:
        """Return a struct for each customer, with a list of structs for each target."""
        known = {name: pl.Series([getattr(each, name) for each in self.features]) for name in _OF_FEATURE}
        known["feature"] = known.pop("name")
        columns = [_to_lists(target, known) for target in self.targets]
        return pl.DataFrame(dict(zip(TARGETS, columns, strict=True))).to_struct("reasons")

    def _list(self, target: TargetReasons) -> list[list[Reason]]:
        reasons = [
            {
                "feature": self.features[column].name,
                "dimension": self.features[column].dimension,
                "contribution": contribution,
                "text": text,
                "changeable": self.features[column].changeable,
            }
            for column, contribution, text in zip(
                target.columns.tolist(), target.contributions.tolist(), target.texts, strict=True
            )
        ]
        ends = np.cumsum(target.counts).tolist()
        return [reasons[end - count : end] for end, count in zip(ends, target.counts.tolist(), strict=True)]


_OF_FEATURE = ("name", "dimension", "changeable")


def _to_lists(target: TargetReasons, known: dict[str, pl.Series]) -> pl.Series:
    """Return a list of structs for each customer."""
    at = pl.Series(target.columns)
    reasons = pl.DataFrame(
        {
            "feature": known["feature"].gather(at),
            "dimension": known["dimension"].gather(at),
            "contribution": target.contributions,
            "text": pl.Series(target.texts, dtype=pl.String),
            "changeable": known["changeable"].gather(at),
        }
    ).to_struct()
    if not len(target.counts):
        return pl.Series(dtype=pl.List(reasons.dtype))
    edges = pl.DataFrame({"first": np.cumsum(target.counts) - target.counts, "count": target.counts})
    return edges.select(pl.lit(reasons.implode()).list.slice(pl.col("first"), pl.col("count"))).to_series()


def explain(explainer: Explainer, situation: Situation, top: int = 5, currency: str = "") -> ReasonTable:
    """Explain what is predicted of customers.

    Parameters
    ----------
    explainer : Explainer
    situation : Situation
    top : int
        At most so many reasons for each target.
    currency : str
        ISO 4217 code for the texts.

    Returns
    -------
    ReasonTable
        The customers in the order of the situation. Of the features of one theme only the strongest is told,
        so that one fact is not told five times.
    """
    return choose_reasons(explainer.explain(situation), situation, top, currency)


def choose_reasons(
    found: Explanations, situation: Situation, top: int = 5, currency: str = ""
) -> ReasonTable:
    """Choose the strongest reasons of explanations; parameters are those of `explain`."""
    phrases = Phrases(found.value.features, situation.features, situation.horizon_days, currency)
    themes = _find_themes(found.value.features)
    once = situation.column("order_days_ever") == 1
    targets = [
        _choose(getattr(found, target).by_feature, target, themes, once, phrases, top, currency)
        for target in TARGETS
    ]
    return ReasonTable(found.value.features, tuple(targets))


def _choose(
    parts: FloatArray,
    target: str,
    themes: IntArray,
    once: BoolArray,
    phrases: Phrases,
    top: int,
    currency: str,
) -> TargetReasons:
    count = len(parts)
    picked, counts = np.empty((count, top), dtype=np.int64), np.empty(count, dtype=np.int64)
    _pick(parts, themes, once, LEAST[target], picked, counts)
    rows = np.repeat(np.arange(count), counts)
    columns = picked[np.arange(top) < counts[:, None]]
    contributions = parts[rows, columns]
    told = zip(phrases.write(rows, columns), contributions.tolist(), strict=True)
    texts = [f"{phrase}: {say_effect(amount, target, currency)}" for phrase, amount in told]
    return TargetReasons(counts, columns, contributions, texts)


@compiled
def _pick(
    parts: FloatArray, themes: IntArray, once: BoolArray, least: float, picked: IntArray, counts: IntArray
) -> None:
    """Pick each customer's largest parts, one of each theme."""
    for i in range(len(parts)):
        counts[i], own = 0, themes[1 if once[i] else 0]
        for place in range(picked.shape[1]):
            best, most = -1, least
            for column in range(parts.shape[1]):
                size = abs(parts[i, column])
                if size > most or (size == most and best < 0):
                    told = False
                    for other in range(place):
                        told |= own[picked[i, other]] == own[column]
                    if not told:
                        best, most = column, size
            if best < 0:
                break
            picked[i, place] = best
            counts[i] += 1


def _find_themes(features: Sequence[Feature]) -> IntArray:
    """Return a number for each feature's theme: of customers, and of those with one order."""
    numbers: dict[str, int] = {}
    of_many = [numbers.setdefault(each.theme, len(numbers)) for each in features]
    of_one = [numbers.setdefault(_find_theme_of_one(each), len(numbers)) for each in features]
    return np.array([of_many, of_one])


def _find_theme_of_one(feature: Feature) -> str:
    return _RHYTHM if feature.family == _RHYTHM else _OF_ONE_ORDER.get(feature.theme, feature.theme)
