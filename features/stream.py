"""Streams: events and contacts as timelines with a running count of every kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.compiled import compiled
from features.records import CUSTOMER, TIME, sort_records
from features.timeline import (
    MONEY_UNIT,
    UNKNOWN,
    FloatArray,
    IntArray,
    Positions,
    Timeline,
    fixed,
    over_blocks,
    read_only,
)

_KIND, _FIGURE = TIME + 1, TIME + 2  # columns of a record, besides customer and time


@dataclass(frozen=True)
class Happenings:
    """The columns of `events` or `contacts` as numbers; each has the shape (rows,), in any order.

    Attributes
    ----------
    customer, time : int64
        Position in the history; microseconds since 1970 UTC.
    kind : int64
        Position in `kinds`; -1 is not counted.
    figure : float64, optional
        A score or a cost; NaN is unknown.
    kinds : tuple of str
        The totals that the rows are counted under.
    """

    customer: Positions
    time: IntArray
    kind: IntArray
    figure: FloatArray | None
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Stream:
    """Events or contacts as a timeline.

    Attributes
    ----------
    timeline : Timeline
        Its totals are, for each kind, the rows, the sum of their figures, and the rows that have one.
    names : tuple of str
        The totals: ``kind``, ``kind.sum``, ``kind.figures``.
    units : float64 array, shape (totals,)
    """

    timeline: Timeline
    names: tuple[str, ...]
    units: FloatArray


def build_stream(happenings: Happenings, customers: int) -> Stream:
    """Sort events or contacts into a timeline and count them."""
    kinds = happenings.kinds
    names, units = list(kinds), [1.0] * len(kinds)
    if happenings.figure is not None:
        names += [f"{kind}.{what}" for what in ("sum", "figures") for kind in kinds]
        units += [MONEY_UNIT] * len(kinds) + [1.0] * len(kinds)
    customer, time, kind = (
        read_only(happenings.customer),
        read_only(happenings.time),
        read_only(happenings.kind),
    )
    figure = read_only(np.zeros(0) if happenings.figure is None else happenings.figure)

    def write(_: int, shift: int, places: IntArray, records: IntArray) -> None:
        _write(customer, time, kind, figure, shift, places, records)

    records = sort_records([customer], customers, _FIGURE + (happenings.figure is not None), write)
    rows = records.instants
    times = np.empty(rows[-1], dtype=np.int64)
    totals = np.empty((rows[-1], len(names)), dtype=np.int64)

    def walk(first: int, last: int) -> None:
        total = np.empty(len(names), dtype=np.int64)
        _count(records.values, records.offsets, len(kinds), rows, times, totals, total, first, last)

    over_blocks(walk, customers, len(records.values))
    return Stream(Timeline(rows, times, totals), tuple(names), np.array(units))


@compiled
def _write(
    customer: Positions, time: IntArray, kind: IntArray, figure: FloatArray,
    shift: int, places: IntArray, records: IntArray,
) -> None:  # fmt: skip
    """Write rows to the next places of their blocks."""
    for row in range(len(customer)):
        block = customer[row] >> shift
        place = places[block]
        places[block] += 1
        records[place, CUSTOMER], records[place, TIME] = customer[row], time[row]
        records[place, _KIND] = kind[row]
        if len(figure):
            records[place, _FIGURE] = UNKNOWN if np.isnan(figure[row]) else fixed(figure[row])


@compiled
def _count(
    records: IntArray, offsets: IntArray, kinds: int, rows: IntArray, row_time: IntArray, totals: IntArray,
    total: IntArray, first: int, last: int,
) -> None:  # fmt: skip
    """Walk through the rows of the customers from `first` to `last`, and write totals after each instant."""
    for who in range(first, last):
        for column in range(len(total)):
            total[column] = 0
        row = rows[who]
        for i in range(offsets[who], offsets[who + 1]):
            kind = records[i, _KIND]
            if kind >= 0:
                total[kind] += 1
                if records.shape[1] > _FIGURE and records[i, _FIGURE] != UNKNOWN:
                    total[kinds + kind] += records[i, _FIGURE]
                    total[2 * kinds + kind] += 1
            if i + 1 == offsets[who + 1] or records[i + 1, TIME] != records[i, TIME]:
                row_time[row] = records[i, TIME]
                for column in range(len(total)):
                    totals[row, column] = total[column]
                row += 1
