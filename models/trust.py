"""Trust: what a model's grade says beside the figures that it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from models.bundle import Bundle

GRADES = {
    "A": "Better than every simple rule, and its numbers can be used as they are.",
    "B": "Good to use. At least level with every simple rule, its numbers nearly right.",
    "C": "Use with care: a simple rule may do as well, or its amounts and probabilities are off.",
    "D": "Not shown to be worth more than a simple rule.",
}
_TARGETS = ("value", "churn", "upgrade")
_NEVER_JUDGED = "not judged: the history is too short"
_CAUTION = {
    "C": "a simple rule may do as well, or the numbers are off",
    "D": "not shown to be better than a simple rule",
}


@dataclass(frozen=True)
class Trust:
    """The grades of what a model predicts.

    Attributes
    ----------
    letters : mapping of str to str
        By target: ``value``, ``churn`` or ``upgrade``; those without a grade are left out.
    ungraded : mapping of str to str
        Why a target has no grade, in words.
    """

    letters: Mapping[str, str] = field(default_factory=dict)
    ungraded: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Return the grades that a bundle's report holds; a bundle without one was never judged."""
        report = bundle.documents.get("report")
        if not report:
            return cls(ungraded=dict.fromkeys(_TARGETS, _NEVER_JUDGED))
        targets = report["grades"]["targets"]
        return cls(
            {name: each["letter"] for name, each in targets.items() if each["letter"]},
            {
                name: f"{name} is not graded: {'; '.join(each['reasons'])}"
                for name, each in targets.items()
                if not each["letter"]
            },
        )

    def caution(self, *targets: str) -> str:
        """Return what stands beside a figure that these targets make: nothing where all are A or B.

        Examples
        --------
        >>> Trust({"value": "B", "upgrade": "C"}).caution("value", "upgrade")
        ' (upgrade is graded C: a simple rule may do as well, or the numbers are off)'
        """
        said = list(dict.fromkeys(self.ungraded[name] for name in targets if name in self.ungraded))
        found = {name: self.letters[name] for name in targets if self.letters.get(name) in _CAUTION}
        if found:
            worst, weak = _find_weak(found)
            are = "is" if len(weak) == 1 else "are"
            said.insert(0, f"{' and '.join(weak)} {are} graded {worst}: {_CAUTION[worst]}")
        return f" ({'; '.join(said)})" if said else ""


def say_meaning(letters: Mapping[str, str | None]) -> str:
    """Return what the worst of some targets' grades means, and of which targets it is.

    Parameters
    ----------
    letters : mapping of str to str
        By target; None where there was too little to judge by.

    Examples
    --------
    >>> say_meaning({"value": "D", "churn": "A", "upgrade": "B"})
    'Value only: not shown to be worth more than a simple rule (churn A, upgrade B).'
    >>> say_meaning({"value": "A", "churn": "A", "upgrade": "A"})
    'Better than every simple rule, and its numbers can be used as they are.'
    """
    given = {target: letter for target, letter in letters.items() if letter}
    if not given:
        return GRADES["D"]
    worst, weak = _find_weak(given)
    if worst not in _CAUTION or len(weak) == len(letters):
        return GRADES[worst]
    meaning = GRADES[worst].rstrip(".")
    others = ", ".join(
        f"{target} {letter or 'not graded'}" for target, letter in letters.items() if target not in weak
    )
    return f"{' and '.join(weak).capitalize()} only: {meaning[0].lower()}{meaning[1:]} ({others})."


def _find_weak(letters: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the worst letter and the targets that have it."""
    worst = max(letters.values())
    return worst, [target for target, letter in letters.items() if letter == worst]
