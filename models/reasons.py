"""Reasons: the strongest of what speaks for and against a customer, for value, churn and upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.examples import Situation
from models.explainer import Explainer, Explanation, Explanations
from models.sentences import write_sentence

TARGETS = ("value", "churn", "upgrade")
_LEAST = {"value": 0.005, "churn": 0.05, "upgrade": 0.05}  # less is written as nothing


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
        By customer, in the order of the situation; see `Reasons`.
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
    strongest = np.argsort(-size, axis=1, kind="stable")[:, :top]
    place = {name: column for column, name in enumerate(situation.features.names)}
    for row, columns in enumerate(strongest):
        figures = situation.features.matrix[row]

        def known(name: str, figures: np.ndarray[tuple[int], np.dtype[np.float32]] = figures) -> float:
            return float(figures[place[name]])

        reasons = []
        for column in columns[size[row, columns] >= _LEAST[target]]:
            feature, contribution = found.features[column], float(found.by_feature[row, column])
            text = write_sentence(
                feature,
                known,
                contribution,
                target=target,
                horizon_days=situation.horizon_days,
                currency=currency,
            )
            reasons.append(Reason(feature.name, feature.dimension, contribution, text, feature.changeable))
        yield reasons
