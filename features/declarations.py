"""Declarations: what a feature is, and families of them.

Most features are formulas: plain arithmetic on what is known of a customer, see `features.figures`. What is
no such arithmetic reads a `View` instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from features.figures import KNOWN, Figure, Known
from features.timeline import FloatArray
from features.view import View
from features.windows import RECENT_WINDOWS, WINDOWS

Dimension = Literal[
    "loyalty",
    "profitability",
    "engagement",
    "communication",
    "growth_potential",
    "values_alignment",
    "advocacy",
]
"""What makes a best customer."""

_TIMES = {"0.5": "half", "1.0": "", "2.0": "twice"}
_MANY_TIMES, _LEAST_SHARE = 10, 0.01
_HOURS_BELOW = 0.95  # days

Read = Callable[[View], FloatArray]
OneFormula = Callable[[Known], Figure]
WindowFormula = Callable[[Known, str], Figure]


@dataclass(frozen=True)
class Feature:
    """One figure that is known of a customer at a moment.

    Attributes
    ----------
    name : str
        Column name; ``_h1`` is one horizon back from `as_of`, ``_ever`` all of the past.
    unit : str
        ``orders``, ``days``, ``money``, ``share`` (0 to 1), ``ratio`` (1 is equal), ``horizons`` (told in
        days) and the like.
    dimension : str
        Which of the seven dimensions of a best customer it tells of.
    family : str
        What kind of figure it is.
    words : str
        What a person reads; ``{value}`` stands for the figure with its unit, ``{days}`` for the window.
    changeable : bool
        Whether the customer could change it from now on.
    needs : str
        What must be there for it to be known: a table, ``table.column`` or ``events:kind``.
    horizons : float, optional
        Length of its window in horizons.
    labels : tuple of str
        What the codes 0, 1, ... of a category mean.
    theme : str
        What it tells of in words, whatever the window and whatever it is measured by: figures of one theme
        are one fact about a customer. Its own name by default.
    """

    name: str
    unit: str
    dimension: Dimension
    family: str
    words: str
    changeable: bool
    needs: str
    horizons: float | None = None
    labels: tuple[str, ...] = ()
    theme: str = ""

    def __post_init__(self) -> None:
        if not self.theme:
            object.__setattr__(self, "theme", self.name.replace("_", " "))

    def describe(self, value: float, horizon_days: int, currency: str) -> str:
        """Say the figure in words, such as "3 orders in the last 90 days".

        Parameters
        ----------
        value : float
            The feature's value; NaN reads "unknown".
        horizon_days : int
            Fills in the window, and turns horizons into days.
        currency : str
            ISO 4217 code, put before money.
        """
        days = "" if self.horizons is None or np.isinf(self.horizons) else round(self.horizons * horizon_days)
        if self.labels and not np.isnan(value):
            return self.words.format(value=self.labels[max(0, min(int(value), len(self.labels) - 1))])
        if self.unit == "horizons":
            said = _say(value * horizon_days, "days", currency)
        else:
            said = _say(value, self.unit, currency)
        return self.words.format(value=said, days=days).replace("  ", " ")


@dataclass(frozen=True)
class Reading:
    """Features that are read off a view together.

    Attributes
    ----------
    features : tuple of Feature
    read : callable
        Returns an array of shape (features, customers) or (customers,).
    """

    features: tuple[Feature, ...]
    read: Read


@dataclass(frozen=True)
class Formula:
    """Features that one formula says.

    Attributes
    ----------
    features : tuple of Feature
    read : callable
        Takes what is known and, if there are any, a window.
    windows : tuple of str
        One for each feature, or none.
    """

    features: tuple[Feature, ...]
    read: Callable[..., Figure]
    windows: tuple[str, ...] = ()

    def figures(self) -> tuple[Figure, ...]:
        """Return the figure of each feature."""
        if self.windows:
            return tuple(self.read(KNOWN, window) for window in self.windows)
        return (self.read(KNOWN),)


@dataclass
class Family:
    """A list of declarations.

    Attributes
    ----------
    name : str
    dimension : str
        Of each of its features, unless a declaration says otherwise.
    needs : str
        Likewise.
    changeable : bool
        Likewise.
    """

    name: str
    dimension: Dimension
    needs: str = "transactions"
    changeable: bool = True
    readings: list[Reading | Formula] = field(default_factory=list)

    def feature(
        self,
        name: str,
        unit: str,
        words: str,
        *,
        dimension: Dimension | None = None,
        needs: str | None = None,
        changeable: bool | None = None,
        horizons: float | None = None,
        theme: str = "",
    ) -> Callable[[OneFormula], OneFormula]:
        """Declare one feature; decorates its formula."""
        feature = Feature(
            name,
            unit,
            dimension or self.dimension,
            self.name,
            words,
            self.changeable if changeable is None else changeable,
            needs or self.needs,
            horizons,
            theme=theme,
        )

        def declare(formula: OneFormula) -> OneFormula:
            self.readings.append(Formula((feature,), formula))
            return formula

        return declare

    def over_windows(self, name: str, unit: str, words: str) -> Callable[[WindowFormula], WindowFormula]:
        """Declare a feature for each window, ``name_window``; decorates a formula that takes the window.

        In `words`, ``{window}`` becomes the words of the window.
        """
        features = tuple(
            Feature(
                f"{name}_{window.name}",
                unit,
                self.dimension,
                self.name,
                words.replace("{window}", window.words),
                self.changeable,
                self.needs,
                window.horizons,
                theme=name.replace("_", " "),
            )
            for window in WINDOWS
        )

        def declare(formula: WindowFormula) -> WindowFormula:
            self.readings.append(Formula(features, formula, tuple(window.name for window in WINDOWS)))
            return formula

        return declare

    def totals(
        self, total: str, name: str, unit: str, words: str, *, needs: str | None = None, theme: str = ""
    ) -> None:
        """Declare a total over the trailing horizon and over all of the past; event kinds need their kind."""
        for window in RECENT_WINDOWS:
            self.feature(
                f"{name}_{window.name}",
                unit,
                words.replace("{window}", window.words),
                needs=needs or (total if total.startswith("events:") else None),
                horizons=window.horizons,
                theme=theme or name.replace("_", " "),
            )(_read_total(total, window.name))


def _read_total(total: str, window: str) -> OneFormula:
    return lambda known: known.sum(total, window)


def literal(text: str) -> str:
    """Return a user's own text such that it stands in `words` as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _say(value: float, unit: str, currency: str) -> str:
    if np.isnan(value):
        return "unknown"
    match unit:
        case "money":
            return f"{currency} {value:z,.2f}"
        case "share":
            return f"{value:z.0%}"
        case "ratio":
            return say_times(value)
        case "":
            return _shorten(value)
        case _:
            return _count(value, unit)


def _count(value: float, unit: str) -> str:
    if unit == "days" and 0 < value < _HOURS_BELOW:
        value, unit = 24 * value, "hours"
        if value < 1:
            return "less than an hour"
    figure = _shorten(value)
    return f"{figure} {_singular(unit) if figure == '1' else unit}"


def say_times(ratio: float) -> str:
    """Say how many times something a figure is; nothing where it is that once.

    Examples
    --------
    >>> [f"{say_times(ratio)} the usual pace".strip() for ratio in (0.3, 0.5, 1.02, 2.04, 3.4, 24)]
    ['30% of the usual pace', 'half the usual pace', 'the usual pace', 'twice the usual pace', \
'3.4 times the usual pace', '24 times the usual pace']
    """
    said = f"{ratio:.1f}" if ratio < _MANY_TIMES else f"{ratio:,.0f}"
    if said in _TIMES:
        return _TIMES[said]
    if ratio < 1:
        return "under 1% of" if 0 < ratio < _LEAST_SHARE else f"{ratio:z.0%} of"
    return f"{said.removesuffix('.0')} times"


def _shorten(value: float) -> str:
    """Return a figure with two digits, or whole: 0.25, 2.4, 24 and 2,400."""
    value = round(value, 2)
    return f"{value:z,.0f}" if abs(value) >= 10 else f"{value:z,.2g}"


def _singular(unit: str) -> str:
    if unit.endswith("ies"):
        return unit.removesuffix("ies") + "y"
    return unit.removesuffix("es") if unit.endswith("ches") else unit.removesuffix("s")
