"""Reasons: the strongest of what speaks for and against a customer, for value, churn and upgrade."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from features.catalogue import Feature
from features.timeline import FloatArray, IntArray
from models.examples import Situation
from models.explainer import Explainer, Explanation, Explanations
from models.sentences import write_sentence

TARGETS = ("value", "churn", "upgrade")
_LEAST = {"value": 0.005, "churn": 0.05, "upgrade": 0.05}  # less is written as nothing
_WINDOW = re.compile(r"_(h1_4|h1_2|h1|h2|h4|ever|previous|per_horizon)$")


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes
    ----------
    feature : str
        Name in the catalogue.
    dimension : str
        Of the seven of a best customer.
    contribution : float
        Money for value, percentage points for churn and upgrade, against the base's average customer.
    text : str
        A sentence with sign and size.
    changeable : bool
        Whether the customer could change it from now on.
    """

    feature: str
    dimension: str
    contribution: float
    text: str
    changeable: bool


Reasons = dict[str, list[Reason]]
"""A customer's reasons by target, the strongest first; none for the upgrade of the valued."""


def explain(explainer: Explainer, situation: Situation, top: int = 5, currency: str = "") -> list[Reasons]:
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
    list of dict
        By customer, in the order of the situation; see `Reasons`. Of one figure over several windows only the
        strongest is told, so that one fact is not told five times.
    """
    return choose_reasons(explainer.explain(situation), situation, top, currency)


def choose_reasons(
    found: Explanations, situation: Situation, top: int = 5, currency: str = ""
) -> list[Reasons]:
    """Choose the strongest reasons of explanations; parameters are those of `explain`."""
    told = [_choose(getattr(found, target), target, situation, top, currency) for target in TARGETS]
    return [dict(zip(TARGETS, reasons, strict=True)) for reasons in zip(*told, strict=True)]


def _choose(
    found: Explanation, target: str, situation: Situation, top: int, currency: str
) -> Iterator[list[Reason]]:
    size = np.nan_to_num(np.abs(found.by_feature))
    order = np.argsort(-size, axis=1, kind="stable")
    themes, place = _find_themes(found.features), _find_places(situation.features.names)
    for row, columns in enumerate(order):
        reasons = []
        for column in _pick(columns, size[row], themes, top, _LEAST[target]):
            feature, contribution = found.features[column], float(found.by_feature[row, column])
            text = write_sentence(
                feature,
                partial(_read, situation.features.matrix[row], place),
                contribution,
                target=target,
                horizon_days=situation.horizon_days,
                currency=currency,
            )
            reasons.append(Reason(feature.name, feature.dimension, contribution, text, feature.changeable))
        yield reasons


def _pick(columns: IntArray, size: FloatArray, themes: Sequence[str], top: int, least: float) -> list[int]:
    """Return the first columns that are large enough, one of each theme."""
    picked: dict[str, int] = {}
    for column in columns.tolist():
        if len(picked) == top or size[column] < least:
            break
        picked.setdefault(themes[column], column)
    return list(picked.values())


def _read(figures: npt.NDArray[np.float32], place: Mapping[str, int], name: str) -> float:
    return float(figures[place[name]])


@lru_cache(maxsize=16)
def _find_themes(features: tuple[Feature, ...]) -> tuple[str, ...]:
    """Return what features are of, whatever their window."""
    return tuple(_WINDOW.sub("", feature.name) for feature in features)


@lru_cache(maxsize=16)
def _find_places(names: tuple[str, ...]) -> dict[str, int]:
    return {name: column for column, name in enumerate(names)}
