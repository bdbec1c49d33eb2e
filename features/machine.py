"""The machine: runs the steps of a program over blocks of customers.

Each step is one simple loop over the customers of a block, whose figures lie in registers. A figure leaves
the machine as a 32-bit float, and as unknown (NaN) when it is not finite.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from features.clock import DAY_US
from features.compiled import compiled
from features.places import TIMELINE_OF, Matrices
from features.timeline import UNKNOWN, BoolArray, FloatArray, IntArray

OPERATIONS = (
    "total", "mark", "days", "fill", "store", "add", "subtract", "multiply", "divide", "above", "reach",
    "where", "larger", "root",
)  # fmt: skip
"""What a step can do, by its code."""

(
    _TOTAL, _MARK, _DAYS, _FILL, _STORE, _ADD, _SUBTRACT, _MULTIPLY, _DIVIDE, _ABOVE, _REACH, _WHERE,
    _LARGER, _ROOT,
) = range(len(OPERATIONS))  # fmt: skip

FIELDS = 6
"""Of an instruction: its code, the register it writes (or the row of the table), and up to four operands:
registers or, of what is loaded, the matrix, the column, and the end and the start of the window."""

BLOCK = 256
"""Customers in a register: with their rows of the history they fit into the processor's nearer caches."""

Table = npt.NDArray[np.float32]


@compiled
def run(
    instructions: IntArray, numbers: FloatArray, wanted: BoolArray, as_of: int, moments: IntArray,
    offsets: tuple[IntArray, ...], times: tuple[IntArray, ...],
    matrices: Matrices, customers: IntArray, rows: IntArray, registers: FloatArray, table: Table,
    first: int, last: int,
) -> None:  # fmt: skip
    """Work out the figures of the customers from `first` to `last`.

    Parameters
    ----------
    instructions, numbers, wanted
        As in `features.program.Bound`.
    as_of, moments
        From `features.windows.cut`.
    offsets, times, matrices
        Of the history, see `features.places`.
    customers : int64 array, shape (customers,)
    rows : int64 array, shape (timelines, moments, block)
        Scratch: the last row before each moment, -1 where there is none.
    registers : float64 array, shape (registers, block)
        Scratch.
    table : float32 array, shape (figures, customers)
        Written.
    first, last : int
    """
    block = registers.shape[1]
    for begin in range(first, last, block):
        count = min(block, last - begin)
        for line in range(len(wanted)):
            if wanted[line].any():
                _find_rows(
                    offsets[line], times[line], customers, begin, count, moments, wanted[line], rows[line]
                )
        for step in range(len(instructions)):
            code, into, one, two = (
                instructions[step, 0],
                instructions[step, 1],
                instructions[step, 2],
                instructions[step, 3],
            )
            number = numbers[step]
            if code == _STORE:
                _store(registers[one], table[into], begin, count)
            elif code <= _DAYS:
                matrix, line = matrices[one], TIMELINE_OF[one]
                end, start = instructions[step, 4], instructions[step, 5]
                if code == _TOTAL and start >= 0:
                    _load_window(
                        matrix, two, rows[line, end], rows[line, start], number, registers[into], count
                    )
                elif code == _TOTAL:
                    _load_total(matrix, two, rows[line, end], number, registers[into], count)
                elif code == _MARK:
                    _load_mark(matrix, two, rows[line, end], number, registers[into], count)
                else:
                    _load_days(matrix, two, rows[line, end], as_of, registers[into], count)
            else:
                _work_out(
                    code, number, registers[into], registers[one], registers[two],
                    registers[instructions[step, 4]], count,
                )  # fmt: skip


@compiled
def _find_rows(
    offsets: IntArray, time: IntArray, customers: IntArray, begin: int, count: int, moments: IntArray,
    wanted: BoolArray, rows: IntArray,
) -> None:  # fmt: skip
    """Find each customer's last row before each moment that is wanted."""
    for i in range(count):
        first, end = offsets[customers[begin + i]], offsets[customers[begin + i] + 1]
        row, moment = end, moments[0]
        for j in range(len(moments)):
            if not wanted[j]:
                continue
            # On from the moment before, which usually is not far.
            low, high = (first, row) if moments[j] <= moment else (row, end)
            while low < high:
                middle = (low + high) >> 1
                if time[middle] < moments[j]:
                    low = middle + 1
                else:
                    high = middle
            row, moment = low, moments[j]
            rows[j, i] = row - 1 if row > first else -1


@compiled
def _load_total(
    matrix: IntArray, column: int, ends: IntArray, unit: float, into: FloatArray, count: int
) -> None:
    for i in range(count):
        into[i] = (matrix[ends[i], column] if ends[i] >= 0 else 0) / unit


@compiled
def _load_window(
    matrix: IntArray, column: int, ends: IntArray, starts: IntArray, unit: float, into: FloatArray, count: int
) -> None:
    for i in range(count):
        end = matrix[ends[i], column] if ends[i] >= 0 else 0
        start = matrix[starts[i], column] if starts[i] >= 0 else 0
        into[i] = (end - start) / unit


@compiled
def _load_mark(
    matrix: IntArray, column: int, ends: IntArray, unit: float, into: FloatArray, count: int
) -> None:
    for i in range(count):
        mark = matrix[ends[i], column] if ends[i] >= 0 else UNKNOWN
        into[i] = np.nan if mark == UNKNOWN else mark / unit


@compiled
def _load_days(
    matrix: IntArray, column: int, ends: IntArray, as_of: int, into: FloatArray, count: int
) -> None:
    for i in range(count):
        time = matrix[ends[i], column] if ends[i] >= 0 else UNKNOWN
        into[i] = np.nan if time == UNKNOWN else (as_of - time) / DAY_US


@compiled
def _work_out(  # noqa: PLR0912 - one branch an operation
    code: int, number: float, into: FloatArray, one: FloatArray, two: FloatArray, three: FloatArray,
    count: int,
) -> None:  # fmt: skip
    """Work out one figure of a block from others."""
    if code == _FILL:
        for i in range(count):
            into[i] = number
    elif code == _ADD:
        for i in range(count):
            into[i] = one[i] + two[i]
    elif code == _SUBTRACT:
        for i in range(count):
            into[i] = one[i] - two[i]
    elif code == _MULTIPLY:
        for i in range(count):
            into[i] = one[i] * two[i]
    elif code == _DIVIDE:
        for i in range(count):
            into[i] = one[i] / two[i]
    elif code == _ABOVE:
        for i in range(count):
            into[i] = 1.0 if one[i] > two[i] else 0.0
    elif code == _REACH:
        for i in range(count):
            into[i] = 1.0 if one[i] >= two[i] else 0.0
    elif code == _WHERE:
        for i in range(count):
            into[i] = two[i] if one[i] > 0 else np.nan
    elif code == _LARGER:
        for i in range(count):
            into[i] = one[i] if one[i] >= two[i] or np.isnan(two[i]) else two[i]
    elif code == _ROOT:
        for i in range(count):
            into[i] = sqrt(0.0 if one[i] < 0 else one[i])


@compiled
def _store(figures: FloatArray, row: Table, begin: int, count: int) -> None:
    largest = np.finfo(np.float32).max
    for i in range(count):
        figure = np.float32(figures[i])
        row[begin + i] = figure if abs(figure) <= largest else np.float32(np.nan)
