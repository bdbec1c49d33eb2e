"""Streams: events and contacts as timelines with a running count of every kind and channel."""

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

_KIND = TIME + 1  # column of a record, after customer and time; then figure and channel, where there are any
_NONE = np.zeros(0, dtype=np.int64)


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
    channel : int64, optional
        Position in `channels`; -1 is not counted.
    channels : tuple of str
        What rows are counted under besides.
    """

    customer: Positions
    time: IntArray
    kind: IntArray
    figure: FloatArray | None
    kinds: tuple[str, ...]
    channel: IntArray | None = None
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stream:
    """Events or contacts as a timeline.

    Attributes
    ----------
    timeline : Timeline
        Its totals are, for each kind, the rows, the sum of their figures, and the rows that have one; then
        the rows of each channel.
    names : tuple of str
        The totals: ``kind``, ``kind.sum``, ``kind.figures``, ``channel.name``.
    units : float64 array, shape (totals,)
    channels : tuple of str
        Those of the last totals.
    """

    timeline: Timeline
    names: tuple[str, ...]
    units: FloatArray
    channels: tuple[str, ...] = ()


def build_stream(happenings: Happenings, customers: int) -> Stream:
    """Sort events or contacts into a timeline and count them."""
    kinds = happenings.kinds
    names, units = list(kinds), [1.0] * len(kinds)
    if happenings.figure is not None:
        names += [f"{kind}.{what}" for what in ("sum", "figures") for kind in kinds]
        units += [MONEY_UNIT] * len(kinds) + [1.0] * len(kinds)
    names += [f"channel.{channel}" for channel in happenings.channels]
    units += [1.0] * len(happenings.channels)
    customer, time, kind, channel = (
        read_only(happenings.customer),
        read_only(happenings.time),
        read_only(happenings.kind),
        read_only(_NONE if happenings.channel is None else happenings.channel),
    )
    figure = read_only(np.zeros(0) if happenings.figure is None else happenings.figure)
    has_figure, has_channel = happenings.figure is not None, happenings.channel is not None
    figure_at = _KIND + 1 if has_figure else -1
    channel_at = _KIND + 1 + has_figure if has_channel else -1

    def write(_: int, shift: int, places: IntArray, records: IntArray) -> None:
        _write(customer, time, kind, figure, channel, figure_at, channel_at, shift, places, records)

    records = sort_records([customer], customers, _KIND + 1 + has_figure + has_channel, write)
    rows = records.instants
    times = np.empty(rows[-1], dtype=np.int64)
    totals = np.empty((rows[-1], len(names)), dtype=np.int64)

    def walk(first: int, last: int) -> None:
        total = np.empty(len(names), dtype=np.int64)
        _count(
            records.values, records.offsets, len(kinds), figure_at, channel_at, rows, times, totals, total,
            first, last,
        )  # fmt: skip

    over_blocks(walk, customers, len(records.values))
    return Stream(Timeline(rows, times, totals), tuple(names), np.array(units), happenings.channels)


@compiled
def _write(
    customer: Positions, time: IntArray, kind: IntArray, figure: FloatArray, channel: IntArray,
    figure_at: int, channel_at: int, shift: int, places: IntArray, records: IntArray,
) -> None:  # fmt: skip
    """Write rows to the next places of their blocks."""
    for row in range(len(customer)):
        block = customer[row] >> shift
        place = places[block]
        places[block] += 1
        records[place, CUSTOMER], records[place, TIME] = customer[row], time[row]
        records[place, _KIND] = kind[row]
        if figure_at >= 0:
            records[place, figure_at] = UNKNOWN if np.isnan(figure[row]) else fixed(figure[row])
        if channel_at >= 0:
            records[place, channel_at] = channel[row]


@compiled
def _count(
    records: IntArray, offsets: IntArray, kinds: int, figure_at: int, channel_at: int, rows: IntArray,
    row_time: IntArray, totals: IntArray, total: IntArray, first: int, last: int,
) -> None:  # fmt: skip
    """Walk through the rows of the customers from `first` to `last`, and write totals after each instant."""
    channels = 3 * kinds if figure_at >= 0 else kinds
    for who in range(first, last):
        for column in range(len(total)):
            total[column] = 0
        row = rows[who]
        for i in range(offsets[who], offsets[who + 1]):
            kind = records[i, _KIND]
            if kind >= 0:
                total[kind] += 1
                if figure_at >= 0 and records[i, figure_at] != UNKNOWN:
                    total[kinds + kind] += records[i, figure_at]
                    total[2 * kinds + kind] += 1
            if channel_at >= 0 and records[i, channel_at] >= 0:
                total[channels + records[i, channel_at]] += 1
            if i + 1 == offsets[who + 1] or records[i + 1, TIME] != records[i, TIME]:
                row_time[row] = records[i, TIME]
                for column in range(len(total)):
                    totals[row, column] = total[column]
                row += 1
