"""Records: the rows of a table as integers, one row beside the other, sorted by customer and time.

Rows come in any order, columns apart. They are first dealt out to blocks of customers, all columns of a row
at once, so that each block can then be sorted, and walked through, within the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from features.compiled import compiled, compiled_with_memory
from features.timeline import IntArray, Positions, over_blocks

CUSTOMER, TIME = 0, 1
"""The first two columns of every record; the others are the table's."""

Write = Callable[[int, int, IntArray, IntArray], None]
"""Writes a part of the rows into records, with the arguments ``part, shift, places, records``: each row to
the next of the `places` of its block, which is ``customer >> shift``."""

_BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class Records:
    """Rows sorted by customer and time.

    Attributes
    ----------
    values : int64 array, shape (rows, columns)
    offsets : int64 array, shape (customers + 1,)
        Customer ``c`` has the rows ``offsets[c]`` to ``offsets[c + 1]``.
    instants : int64 array, shape (customers + 1,)
        The same, when all rows of a customer in one instant are taken as one.
    """

    values: IntArray
    offsets: IntArray
    instants: IntArray


def sort_records(parts: Sequence[Positions], customers: int, columns: int, write: Write) -> Records:
    """Sort rows by customer and time; rows that tie keep their order.

    Parameters
    ----------
    parts : sequence of integer arrays
        Position in the history of each row, for each part of the table.
    customers : int
        Positions run from 0 to this.
    columns : int
        Of a record.
    write : callable
        See `Write`.
    """
    rows = sum(len(customer) for customer in parts)
    shift = max(0, (customers * _BLOCK_ROWS // max(rows, 1)).bit_length() - 1)
    blocks = (customers >> shift) + 1
    places, starts = np.zeros((len(parts), blocks), dtype=np.int64), np.empty(blocks + 1, dtype=np.int64)
    values = np.empty((rows, columns), dtype=np.int64)
    offsets, instants = np.zeros((2, customers + 1), dtype=np.int64)

    def count(first: int, last: int) -> None:
        for part in range(first, last):
            _count(parts[part], shift, places[part])

    def deal(first: int, last: int) -> None:
        for part in range(first, last):
            write(part, shift, places[part], values)

    def sort(first: int, last: int) -> None:
        _sort(values, starts, shift, offsets, instants, first, last)

    over_blocks(count, len(parts), rows)
    _places_from_counts(places, starts)
    over_blocks(deal, len(parts), rows)
    over_blocks(sort, blocks, rows)
    _accumulate(instants)
    return Records(values, offsets, instants)


@compiled
def _count(customer: Positions, shift: int, counts: IntArray) -> None:
    for row in range(len(customer)):
        counts[customer[row] >> shift] += 1


@compiled
def _places_from_counts(counts: IntArray, starts: IntArray) -> None:
    """Turn rows by part and block into the place of the first of them; note where each block begins."""
    parts, blocks = counts.shape
    place = 0
    for block in range(blocks):
        starts[block] = place
        for part in range(parts):
            count = counts[part, block]
            counts[part, block] = place
            place += count
    starts[blocks] = place


@compiled
def _accumulate(counts: IntArray) -> None:
    for i in range(1, len(counts)):
        counts[i] += counts[i - 1]


@compiled_with_memory
def _sort(
    records: IntArray,
    starts: IntArray,
    shift: int,
    offsets: IntArray,
    instants: IntArray,
    first: int,
    last: int,
) -> None:
    """Sort blocks by customer and time; note where customers end and how many instants they have."""
    columns = records.shape[1]
    for block in range(first, last):
        begin, end = starts[block], starts[block + 1]
        low = block << shift
        high = min((block + 1) << shift, len(offsets) - 1)
        if low >= high:
            continue
        place = np.zeros(high - low + 1, np.int64)
        for row in range(begin, end):
            place[records[row, CUSTOMER] - low + 1] += 1
        _accumulate(place)
        for who in range(low, high):
            offsets[who + 1] = begin + place[who - low + 1]
        unsorted = records[begin:end].copy()
        for row in range(end - begin):
            who = unsorted[row, CUSTOMER] - low
            for column in range(columns):
                records[begin + place[who], column] = unsorted[row, column]
            place[who] += 1
        for who in range(low, high):
            top = begin + place[who - low - 1] if who > low else begin
            instants[who + 1] = _sort_by_time(records, top, begin + place[who - low])


@compiled_with_memory
def _sort_by_time(records: IntArray, begin: int, end: int) -> int:
    """Sort one customer's records by time, and return the number of instants."""
    for row in range(begin + 1, end):
        if records[row, TIME] < records[row - 1, TIME]:
            unsorted = records[begin:end].copy()
            order = np.argsort(unsorted[:, TIME], kind="mergesort")
            for place, found in enumerate(order):
                for column in range(records.shape[1]):
                    records[begin + place, column] = unsorted[found, column]
            break
    count = 1 if end > begin else 0
    for row in range(begin + 1, end):
        count += records[row, TIME] != records[row - 1, TIME]
    return count
