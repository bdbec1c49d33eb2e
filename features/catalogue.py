"""The catalogue: every feature, declared once and read off the history in one way, offline and online.

A family is a list of declarations (`features.families`); a catalogue puts families together and
reads them all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from features.compiled import compiled
from features.history import History
from features.timeline import FloatArray, IntArray
from features.view import RECENT_WINDOWS, WINDOWS, View, Window

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

Read = Callable[[View], FloatArray]

_BLOCK = 6_000  # customers read at once: intermediate results stay in the processor's cache
_PARALLEL = 2 * _BLOCK


@dataclass(frozen=True)
class Feature:
    """One figure that is known of a customer at a moment.

    Attributes
    ----------
    name : str
        Column name; ``_h1`` is one horizon back from `as_of`, ``_ever`` all of the past.
    unit : str
        ``orders``, ``days``, ``money``, ``share`` (0 to 1), ``ratio`` (1 is equal) and the like.
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

    def describe(self, value: float, horizon_days: int, currency: str) -> str:
        """Say the figure in words, such as "3 orders in the last 90 days".

        Parameters
        ----------
        value : float
            The feature's value; NaN reads "unknown".
        horizon_days : int
            Fills in the window.
        currency : str
            ISO 4217 code, put before money.
        """
        days = "" if self.horizons is None or np.isinf(self.horizons) else round(self.horizons * horizon_days)
        if self.labels and not np.isnan(value):
            return self.words.format(value=self.labels[min(int(value), len(self.labels) - 1)])
        return self.words.format(value=_say(value, self.unit, currency), days=days)


@dataclass(frozen=True)
class Reading:
    """Features that are read together: the rows of one array, shape (features, customers) or (customers,)."""

    features: tuple[Feature, ...]
    read: Read


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
    readings: list[Reading] = field(default_factory=list)

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
    ) -> Callable[[Read], Read]:
        """Declare one feature; decorates the function that reads it, to shape (customers,)."""
        feature = Feature(
            name,
            unit,
            dimension or self.dimension,
            self.name,
            words,
            self.changeable if changeable is None else changeable,
            needs or self.needs,
            horizons,
        )
        return self._declare((feature,))

    def over_windows(
        self, name: str, unit: str, words: str, *, windows: tuple[Window, ...] = WINDOWS
    ) -> Callable[[Read], Read]:
        """Declare a feature for each window, ``name_window``; decorates a function to (windows, customers).

        In `words`, ``{window}`` becomes the words of the window.
        """
        return self._declare(
            tuple(
                Feature(
                    f"{name}_{window.name}",
                    unit,
                    self.dimension,
                    self.name,
                    words.replace("{window}", window.words),
                    self.changeable,
                    self.needs,
                    window.horizons,
                )
                for window in windows
            )
        )

    def totals(self, total: str, name: str, unit: str, words: str, *, needs: str | None = None) -> None:
        """Declare a total over the trailing horizon and over all of the past; event kinds need their kind."""
        for window in RECENT_WINDOWS:
            self.feature(
                f"{name}_{window.name}",
                unit,
                words.replace("{window}", window.words),
                needs=needs or (total if total.startswith("events:") else None),
                horizons=window.horizons,
            )(_read_total(total, window.name))

    def _declare(self, features: tuple[Feature, ...]) -> Callable[[Read], Read]:
        def declare(read: Read) -> Read:
            self.readings.append(Reading(features, read))
            return read

        return declare


@dataclass(frozen=True)
class FeatureTable:
    """Features of customers at a moment.

    Attributes
    ----------
    customers : int64 array, shape (customers,)
        Positions in the history.
    as_of : int
        Microseconds since 1970 UTC.
    names : tuple of str
    matrix : float32 array, shape (customers, features)
        Column by column in memory; NaN is unknown.
    """

    customers: IntArray
    as_of: int
    names: tuple[str, ...]
    matrix: npt.NDArray[np.float32]

    def to_frame(self, history: History) -> pl.DataFrame:
        """Return the table with the customers' ids."""
        keys = [history.ids] if history.sellers is None else [history.ids, history.sellers]
        columns = [pl.Series(name, column) for name, column in zip(self.names, self.matrix.T, strict=True)]
        return pl.DataFrame([*(key[self.customers] for key in keys), *columns])


class Catalogue:
    """All features of a project.

    Parameters
    ----------
    families : iterable of Family
    feeds : callable
        Tells of a feature's `needs` whether they are met; features that nothing feeds are left out.

    Raises
    ------
    ValueError
        When two features have one name.
    """

    def __init__(self, families: Iterable[Family], feeds: Callable[[str], bool] = lambda _: True) -> None:
        self.readings = tuple(
            reading for family in families for reading in family.readings if feeds(reading.features[0].needs)
        )
        self.features = tuple(feature for reading in self.readings for feature in reading.features)
        self.names = tuple(feature.name for feature in self.features)
        if len(set(self.names)) < len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise ValueError(f"features declared twice: {', '.join(twice)}")
        self._places = tuple(self._place_readings())

    def read(
        self, history: History, as_of: int, horizon_days: int, customers: IntArray | None = None
    ) -> FeatureTable:
        """Read every feature off a history.

        Parameters
        ----------
        history : History
        as_of : int
            Microseconds since 1970 UTC; only what is earlier exists.
        horizon_days : int
        customers : int64 array, shape (customers,), optional
            Positions in the history, ascending; all of them by default.
        """
        if customers is None:
            customers = np.arange(len(history))
        columns = np.empty((len(self.features), len(customers)), dtype=np.float32)
        blocks = [slice(start, start + _BLOCK) for start in range(0, len(customers), _BLOCK)]

        def read_block(block: slice) -> None:
            view = View(history, as_of, horizon_days, customers[block])
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                self._read_into(columns[:, block], view)

        if len(customers) < _PARALLEL:
            for block in blocks:
                read_block(block)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(read_block, blocks))
        return FeatureTable(customers, as_of, self.names, columns.T)

    def _read_into(self, columns: npt.NDArray[np.float32], view: View) -> None:
        for rows, read in self._places:
            columns[rows] = read(view)
        _blank_infinite(columns)

    def _place_readings(self) -> Iterator[tuple[int | slice, Read]]:
        row = 0
        for reading in self.readings:
            count = len(reading.features)
            yield (row if count == 1 else slice(row, row + count)), reading.read
            row += count

    def __iter__(self) -> Iterator[Feature]:
        """Iterate over the features, in the order of the columns."""
        return iter(self.features)


@compiled
def _blank_infinite(columns: npt.NDArray[np.float32]) -> None:
    """Make a ratio to nothing unknown."""
    for row in range(columns.shape[0]):
        for i in range(columns.shape[1]):
            if np.isinf(columns[row, i]):
                columns[row, i] = np.nan


def _read_total(total: str, window: str) -> Read:
    return lambda view: view.sum(total, window)


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
            return f"{_shorten(value)} times"
        case "":
            return _shorten(value)
        case _:
            figure = _shorten(value)
            return f"{figure} {_singular(unit) if figure == '1' else unit}"


def _shorten(value: float) -> str:
    """Return a figure with two digits, or whole: 0.25, 2.4, 24 and 2,400."""
    value = round(value, 2)
    return f"{value:z,.0f}" if abs(value) >= 10 else f"{value:z,.2g}"


def _singular(unit: str) -> str:
    if unit.endswith("ies"):
        return unit.removesuffix("ies") + "y"
    return unit.removesuffix("es") if unit.endswith("ches") else unit.removesuffix("s")
