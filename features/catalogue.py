"""The catalogue: every feature, declared once and read off the history in one way, offline and online.

A family is a list of declarations (`features.families`); a catalogue puts families together and
reads them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.declarations import Dimension, Family, Feature, Formula, Reading, literal
from features.history import History
from features.program import Program
from features.timeline import IntArray, over_blocks
from features.view import View

__all__ = ["Catalogue", "Dimension", "Family", "Feature", "FeatureTable", "Formula", "Reading", "literal"]

Columns = npt.NDArray[np.float32]

_BLOCK = 6_000  # customers in a view: intermediate results stay in the processor's cache


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
        placed = list(self._place())
        self._views = tuple((rows, one.read) for rows, one in placed if isinstance(one, Reading))
        self._program = Program(
            [
                (row, figure)
                for rows, one in placed
                if isinstance(one, Formula)
                for row, figure in zip(range(rows.start, rows.stop), one.figures(), strict=True)
            ]
        )

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
        self._program.work_out(history, as_of, horizon_days, customers, columns)
        if self._views:
            self._read_views(history, as_of, horizon_days, customers, columns)
        return FeatureTable(customers, as_of, self.names, columns.T)

    def _read_views(
        self, history: History, as_of: int, horizon_days: int, customers: IntArray, columns: Columns
    ) -> None:
        def read(first: int, last: int) -> None:
            for start in range(first, last, _BLOCK):
                block = slice(start, min(start + _BLOCK, last))
                view = View(history, as_of, horizon_days, customers[block])
                for rows, one in self._views:
                    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                        figures = np.asarray(one(view), dtype=np.float32)
                    columns[rows, block] = np.where(np.isfinite(figures), figures, np.float32(np.nan))

        over_blocks(read, len(customers), len(customers) * len(self.features))

    def _place(self) -> Iterator[tuple[slice, Reading | Formula]]:
        row = 0
        for reading in self.readings:
            yield slice(row, row + len(reading.features)), reading
            row += len(reading.features)

    def __iter__(self) -> Iterator[Feature]:
        """Iterate over the features, in the order of the columns."""
        return iter(self.features)
