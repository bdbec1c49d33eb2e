"""Timeline: the rows of many customers, sorted by customer and time, with running totals beside them.

The sum of a column over any window up to any moment is the difference of two rows of running totals, so a
window costs two look-ups a customer, however many rows lie in it. Totals are integers (money in
ten-thousandths), so that differences are exact and no order of rows or customers can change a figure.

The loops are compiled by numba; they run without the interpreter's lock, so that `over_blocks` can spread
customers over threads. One customer's figures depend on that customer's rows alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from features.compiled import compiled

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
Positions = npt.NDArray[np.signedinteger[Any]]
Scalar = TypeVar("Scalar", bound=np.generic)

UNKNOWN = -(2**62)
"""Stands for no time and no figure."""

MONEY_UNIT = 10_000.0
"""Money and quantities are counted in ten-thousandths: exact to 0.0001 up to 9 * 10**14 a customer."""

_CORES = os.cpu_count() or 1
_PARALLEL_ROWS = 100_000  # below this, threads cost more than they save
_BLOCKS_PER_CORE = 8


@dataclass(frozen=True)
class Timeline:
    """When something happened to each customer.

    Attributes
    ----------
    offsets : int64 array, shape (customers + 1,)
        Customer ``c`` has the rows ``offsets[c]`` to ``offsets[c + 1]``.
    time : int64 array, shape (rows,)
        Microseconds since 1970 UTC, ascending within a customer; all that happens to a customer in one
        instant is one row.
    totals : int64 array, shape (rows, totals)
        Sums over a customer's rows up to and including this one.
    """

    offsets: IntArray
    time: IntArray
    totals: IntArray

    def rows_before(self, customers: IntArray, moments: IntArray) -> IntArray:
        """Return the row after the last one before each moment: shape (moments, customers)."""
        rows = np.empty((len(moments), len(customers)), dtype=np.int64)
        _rows_before(self.offsets, self.time, customers, moments, rows)
        return rows

    def figures(self, customers: IntArray, rows: IntArray, matrix: IntArray) -> IntArray:
        """Return the figures of another matrix beside the timeline as they stand before `rows`.

        Parameters
        ----------
        customers, rows : int64 array, shape (customers,)
        matrix : int64 array, shape (rows, columns)

        Returns
        -------
        int64 array, shape (columns, customers)
            `UNKNOWN` where a customer has no earlier row.
        """
        figures = np.empty((matrix.shape[1], len(customers)), dtype=np.int64)
        _figures(matrix, self.offsets, customers, rows, figures)
        return figures

    def sums(
        self, customers: IntArray, starts: IntArray, ends: IntArray, columns: IntArray, units: FloatArray
    ) -> FloatArray:
        """Return the sums over windows.

        Parameters
        ----------
        customers : int64 array, shape (customers,)
        starts, ends : int64 array, shape (windows, customers)
            First row of each window, and the row after its last.
        columns : int64 array, shape (columns,)
            Which totals.
        units : float64 array, shape (totals,)
            What the sums are divided by.

        Returns
        -------
        float64 array, shape (columns, windows, customers)
        """
        sums = np.empty((len(columns), len(starts), len(customers)))
        _sums(self.totals, self.offsets, customers, starts, ends, columns, units, sums)
        return sums


def over_blocks(task: Callable[[int, int], None], items: int, rows: int) -> None:
    """Run a task on stretches of items, first to last, in threads when there are rows enough to gain."""
    if rows < _PARALLEL_ROWS or _CORES == 1:
        task(0, items)
        return
    parts = _CORES * _BLOCKS_PER_CORE
    edges = [items * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(_CORES) as pool:
        for done in [pool.submit(task, *edge) for edge in pairwise(edges)]:
            done.result()


@compiled
def fixed(figure: float) -> int:
    """Return money or a quantity in ten-thousandths, rounded half to even; what is unknown counts as 0."""
    return 0 if np.isnan(figure) else int(np.rint(figure * MONEY_UNIT))


def read_only(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return an array as the compiled loops take it: contiguous and not to be written."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


@compiled
def _rows_before(
    offsets: IntArray, time: IntArray, customers: IntArray, moments: IntArray, rows: IntArray
) -> None:
    for i in range(len(customers)):
        begin, end = offsets[customers[i]], offsets[customers[i] + 1]
        row = end
        for j in range(len(moments)):
            low, high = begin, end
            if j:  # on from the moment before, which usually is not far
                low, high = (low, row) if moments[j] <= moments[j - 1] else (row, high)
            while low < high:
                middle = (low + high) >> 1
                if time[middle] < moments[j]:
                    low = middle + 1
                else:
                    high = middle
            row = rows[j, i] = low


@compiled
def _sums(
    totals: IntArray, offsets: IntArray, customers: IntArray, starts: IntArray, ends: IntArray, columns:
    IntArray, units: FloatArray, sums: FloatArray,
) -> None:  # fmt: skip
    for i in range(len(customers)):
        begin = offsets[customers[i]]
        for window in range(len(starts)):
            start, end = starts[window, i], ends[window, i]
            if end <= start:
                for j in range(len(columns)):
                    sums[j, window, i] = 0.0
            elif start > begin:
                for j in range(len(columns)):
                    column = columns[j]
                    sums[j, window, i] = (totals[end - 1, column] - totals[start - 1, column]) / units[column]
            else:
                for j in range(len(columns)):
                    sums[j, window, i] = totals[end - 1, columns[j]] / units[columns[j]]


@compiled
def _figures(
    matrix: IntArray, offsets: IntArray, customers: IntArray, rows: IntArray, figures: IntArray
) -> None:
    for i in range(len(customers)):
        known = rows[i] > offsets[customers[i]]
        for column in range(len(figures)):
            figures[column, i] = matrix[rows[i] - 1, column] if known else UNKNOWN
