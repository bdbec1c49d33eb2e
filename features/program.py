"""Programs: formulas put together as steps, and laid over a history.

A step works out one figure for a block of customers, in a register. What several formulas share is worked out
once, and a register is used again when nothing needs it any more, so that a block stays in the processor's
cache. `features.machine` runs the steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.figures import Figure
from features.history import History
from features.machine import BLOCK, FIELDS, OPERATIONS, Table, run
from features.places import TIMELINE_OF, Places, find_places, matrices_of, timelines_of
from features.timeline import BoolArray, FloatArray, IntArray, over_blocks
from features.windows import BEGINNING, NOW, SPANS, cut

_CODES = {operation: code for code, operation in enumerate(OPERATIONS)}
_LOADS = [_CODES[name] for name in ("total", "mark", "days")]


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes
    ----------
    operation : str
        Of a figure, or ``store``.
    into : int
        The register it writes; of ``store``, the row of the table.
    operands : tuple
        The registers it reads; of a leaf, what names it.
    """

    operation: str
    into: int
    operands: tuple[Any, ...]


@dataclass(frozen=True)
class Bound:
    """Steps laid over histories that keep things in the same places.

    Attributes
    ----------
    places : Places
    instructions : int64 array, shape (steps, FIELDS)
    numbers : float64 array, shape (steps,)
        The unit of what is loaded, or the number that a register is filled with.
    wanted : bool array, shape (timelines, moments)
        At which moments a timeline is read.
    """

    places: Places
    instructions: IntArray
    numbers: FloatArray
    wanted: BoolArray


class Program:
    """Formulas as steps.

    Parameters
    ----------
    figures : sequence of tuples
        The rows of a table, and the figure of each.
    """

    def __init__(self, figures: Sequence[tuple[int, Figure]]) -> None:
        writer = _Writer(figures)
        self._steps, self._registers = tuple(writer.steps), writer.registers
        self._given = [
            (i, step.operands[0]) for i, step in enumerate(self._steps) if step.operation == "given"
        ]
        self._bound: Bound | None = None

    def work_out(
        self, history: History, as_of: int, horizon_days: int, customers: IntArray, table: Table
    ) -> None:
        """Work out the figures of customers at a moment, into a table of shape (figures, customers)."""
        bound = self._bind(find_places(history))
        numbers = bound.numbers.copy()
        for step, read in self._given:
            numbers[step] = read(as_of, horizon_days)
        moments, lines = cut(as_of, horizon_days), timelines_of(history)
        offsets, times = tuple(line.offsets for line in lines), tuple(line.time for line in lines)
        matrices, block = matrices_of(history), max(1, min(BLOCK, len(customers)))

        def work(first: int, last: int) -> None:
            rows = np.empty((*bound.wanted.shape, block), dtype=np.int64)
            registers = np.empty((self._registers, block))
            run(
                bound.instructions, numbers, bound.wanted, as_of, moments, offsets, times, matrices,
                customers, rows, registers, table, first, last,
            )  # fmt: skip

        over_blocks(work, len(customers), len(customers) * len(self._steps))

    def _bind(self, places: Places) -> Bound:
        """Return the steps laid over such histories; the last answer is kept."""
        bound = self._bound
        if bound is None or bound.places is not places:
            bound = self._bound = _bind(self._steps, places)
        return bound


class _Writer:
    """Writes the steps of figures: each figure once, after those that it is made of.

    Attributes
    ----------
    steps : list of Step
    registers : int
        How many the steps need.
    """

    def __init__(self, figures: Sequence[tuple[int, Figure]]) -> None:
        self.steps: list[Step] = []
        self.registers = 0
        self._free: list[int] = []
        self._at: dict[Figure, int] = {}
        self._uses = Counter(figure for _, figure in figures)
        for figure in set(_parts(list(self._uses))):
            self._uses.update(_made_of(figure))
        for row, figure in figures:
            self.steps.append(Step("store", row, (self._write(figure),)))
            self._use(figure)

    def _write(self, figure: Figure) -> int:
        if figure not in self._at:
            parts = _made_of(figure)
            operands = tuple(self._write(part) for part in parts) or figure.operands
            register = self._take()  # before the operands' are free: no step reads what it writes
            self.steps.append(Step(figure.operation, register, operands))
            self._at[figure] = register
            for part in parts:
                self._use(part)
        return self._at[figure]

    def _take(self) -> int:
        if self._free:
            return self._free.pop()
        self.registers += 1
        return self.registers - 1

    def _use(self, figure: Figure) -> None:
        self._uses[figure] -= 1
        if not self._uses[figure]:
            self._free.append(self._at.pop(figure))


def _made_of(figure: Figure) -> list[Figure]:
    return [operand for operand in figure.operands if isinstance(operand, Figure)]


def _parts(figures: Sequence[Figure]) -> Iterator[Figure]:
    for figure in figures:
        yield figure
        yield from _parts(_made_of(figure))


def _bind(steps: Sequence[Step], places: Places) -> Bound:
    instructions, numbers = np.zeros((len(steps), FIELDS), dtype=np.int64), np.full(len(steps), np.nan)
    wanted = np.zeros((max(TIMELINE_OF) + 1, len(cut(0, 1))), dtype=np.bool_)
    for i, step in enumerate(steps):
        row, numbers[i] = _lay(step, places)
        instructions[i, : len(row)] = row
        if row[0] in _LOADS:
            moments = [moment for moment in row[4:] if moment != BEGINNING]
            wanted[TIMELINE_OF[row[2]], moments] = True
    return Bound(places, instructions, numbers, wanted)


def _lay(step: Step, places: Places) -> tuple[list[int], float]:
    """Return the fields of an instruction and its number; what no table tells of is filled with NaN."""
    unknown = ([_CODES["fill"], step.into], np.nan)
    code = _CODES.get(step.operation, _CODES["fill"])
    match step.operation, step.operands:
        case "total", (name, window):
            place = places.totals.get(name)
            moments = SPANS[window]
            return unknown if place is None else ([code, step.into, *place.at, *moments], place.unit)
        case "mark", (name, unit):
            return [code, step.into, *places.times[name].at, NOW], unit
        case "days", (name,):
            place = places.times.get(name)
            return unknown if place is None else ([code, step.into, *place.at, NOW], 1.0)
        case "constant", (number,):
            return unknown[0], number
        case "given", _:
            return unknown
    return [code, step.into, *step.operands], np.nan
