"""Purchases: transactions as a timeline, with everything that features read of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.clock import LocalClock
from features.compiled import compiled
from features.errors import DataError
from features.records import CUSTOMER, TIME, Records, sort_records
from features.running import COLUMNS, SEASON, add_up, create_scratch
from features.timeline import (
    BoolArray,
    FloatArray,
    IntArray,
    Positions,
    Timeline,
    fixed,
    over_blocks,
    read_only,
)
from features.totals import ANSWER_DAYS, CORE, DETAILS, MARKS, TOTALS, UNITS

__all__ = ["ANSWER_DAYS", "MARKS", "TOTALS", "UNITS", "Lines", "Purchases", "build_purchases"]

LARGEST_TOTAL = 9e14
"""What a customer's amounts may come to: totals are whole numbers of 64 bits, ten thousandths of a unit."""

_ADDED_UP = {"amount": "amounts", "quantity": "quantities", "discount": "discounts", "cost": "costs"}

_POSITIVE = 2**63 - 1
_CODES = np.zeros(0, dtype=np.int64)
_FIGURES = np.zeros(0)
_ABSENT: dict[str, Any] = dict.fromkeys(COLUMNS, _CODES) | dict.fromkeys(
    ("amount", "quantity", "discount", "cost"), _FIGURES
)
_ABSENT["fits_values"] = np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True)
class Lines:
    """The columns of `transactions` as numbers; each has the shape (rows,), in any order.

    Attributes
    ----------
    customer : int64
        Position in the history.
    time : int64
        Microseconds since 1970 UTC.
    amount : float64
    order, product, category, channel, seller : int64, optional
        Codes, of which 63 bits count. Lines without an order are one order a calendar day.
    quantity, discount, cost : float64, optional
        Unknown (NaN) counts as 0. The quantity of returns is not counted.
    fits_values : bool, optional
        The line expresses the business's values.
    unknown : int
        The code that stands for none.
    """

    customer: Positions
    time: IntArray
    amount: FloatArray
    order: IntArray | None = None
    product: IntArray | None = None
    category: IntArray | None = None
    channel: IntArray | None = None
    seller: IntArray | None = None
    quantity: FloatArray | None = None
    discount: FloatArray | None = None
    cost: FloatArray | None = None
    fits_values: BoolArray | None = None
    unknown: int = -1

    def known_totals(self) -> frozenset[str]:
        """Return the totals that these columns tell of."""
        needs = {
            "new_products": self.product,
            "new_categories": self.category,
            "category_squares": self.category,
            "new_channels": self.channel,
            "new_sellers": self.seller,
            "quantity": self.quantity,
            "discount": self.discount,
            "discounted_lines": self.discount,
            "cost": self.cost,
            "values_lines": self.fits_values,
        }
        return frozenset(TOTALS) - {name for name, column in needs.items() if column is None} - {"answered"}


@dataclass(frozen=True)
class Purchases:
    """Transactions as a timeline.

    Attributes
    ----------
    timeline : Timeline
        With the columns `CORE`.
    details : Timeline
        The same rows, with the columns `DETAILS`.
    marks : int64 array, shape (rows, marks)
        With the columns `MARKS`.
    known : frozenset of str
        The totals that the tables tell of; the others are 0.
    """

    timeline: Timeline
    details: Timeline
    marks: IntArray
    known: frozenset[str]


def build_purchases(
    pieces: list[Lines],
    customers: int,
    clock: LocalClock,
    *,
    margin: bool = False,
    contacts: Timeline | None = None,
) -> Purchases:
    """Sort lines into a timeline and add up what features read.

    Parameters
    ----------
    pieces : list of Lines
        At least one; all have the same columns. Emptied on the way: the memory is needed for totals.
    customers : int
        Size of the history.
    clock : LocalClock
        Where the business's days begin.
    margin : bool
        Value is amount minus cost instead of amount.
    contacts : Timeline, optional
        To tell which orders answer a contact.

    Raises
    ------
    DataError
        If what one customer's amounts, quantities, discounts or costs come to, taken without their signs, is
        beyond `LARGEST_TOTAL`; for a margin, amounts and costs together.
    """
    _check_totals(pieces, customers, margin=margin)
    known = pieces[0].known_totals()
    records, at = _sort_lines(pieces, customers)
    pieces.clear()
    rows = records.instants
    times = np.empty(rows[-1], dtype=np.int64)
    core = np.empty((rows[-1], len(CORE)), dtype=np.int64)
    details = np.empty((rows[-1], len(DETAILS)), dtype=np.int64)
    marks = np.empty((rows[-1], len(MARKS)), dtype=np.int64)
    contacted = (
        (np.zeros(customers + 1, dtype=np.int64), _CODES)
        if contacts is None
        else (contacts.offsets, contacts.time)
    )

    def walk(first: int, last: int) -> None:
        longest = int(np.diff(records.offsets[first : last + 1]).max(initial=1))
        add_up(
            records.values, records.offsets, at, margin, clock.changes, clock.shifts, SEASON, *contacted,
            rows, times, core, details, marks, *create_scratch(longest), first, last,
        )  # fmt: skip

    over_blocks(walk, customers, len(records.values))
    return Purchases(
        Timeline(rows, times, core),
        Timeline(rows, times, details),
        marks,
        known if contacts is None else known | {"answered"},
    )


def _check_totals(pieces: Sequence[Lines], customers: int, *, margin: bool) -> None:
    """Raise if a customer's total could run over."""
    present = [name for name in _ADDED_UP if getattr(pieces[0], name) is not None]
    together = [("amount", "cost")] if margin and "cost" in present else []
    for names in [*((name,) for name in present), *together]:
        _check_total([[getattr(lines, name) for name in names] for lines in pieces], names, pieces, customers)


def _check_total(
    figures: Sequence[Sequence[FloatArray]], names: tuple[str, ...], pieces: Sequence[Lines], customers: int
) -> None:
    """Raise if what some columns come to could run over; only large figures need a sum for each customer."""
    largest = max(sum(_find_largest(read_only(column)) for column in piece) for piece in figures)
    if largest * sum(len(lines.amount) for lines in pieces) <= LARGEST_TOTAL:
        return
    totals = np.zeros(customers)
    for lines, piece in zip(pieces, figures, strict=True):
        for column in piece:
            sizes = np.abs(np.nan_to_num(column))
            totals += np.bincount(lines.customer, weights=sizes, minlength=customers)
    if totals.max() > LARGEST_TOTAL:
        what = " and ".join(_ADDED_UP[name] for name in names)
        found = f"one customer's {what} add up to {totals.max():.3g}, beyond {LARGEST_TOTAL:.0e}"
        unit = "unit" if "quantity" in names else "unit of money"
        raise DataError("transactions", [f"{found}; use a larger {unit} or correct the {what}"])


@compiled
def _find_largest(figures: FloatArray) -> float:
    """Return the largest figure without its sign; NaN is passed over."""
    largest = 0.0
    for row in range(len(figures)):
        size = abs(figures[row])
        if size > largest:  # noqa: PLR1730 - NaN must not win
            largest = size
    return largest


def _sort_lines(pieces: Sequence[Lines], customers: int) -> tuple[Records, IntArray]:
    """Return the lines as records, and where in them each of `COLUMNS` is."""
    at = []
    width = TIME + 1
    for name in COLUMNS:
        present = getattr(pieces[0], name) is not None
        at.append(width if present else -1)
        width += present

    def write(part: int, shift: int, places: IntArray, records: IntArray) -> None:
        lines = pieces[part]
        columns = ((getattr(lines, name), absent) for name, absent in _ABSENT.items())
        arrays = (read_only(absent if column is None else column) for column, absent in columns)
        _write(
            lines.unknown, shift, places, records, read_only(lines.customer), read_only(lines.time), *arrays
        )

    return sort_records([read_only(lines.customer) for lines in pieces], customers, width, write), np.array(
        at
    )


@compiled
def _write(
    unknown: int, shift: int, places: IntArray, records: IntArray,
    customer: Positions, time: IntArray, amount: FloatArray,
    order: IntArray, product: IntArray, category: IntArray, channel: IntArray, seller: IntArray,
    quantity: FloatArray, discount: FloatArray, cost: FloatArray, fits: BoolArray,
) -> None:  # fmt: skip
    """Write rows to the next places of their blocks."""
    for row in range(len(customer)):
        block = customer[row] >> shift
        place = places[block]
        places[block] += 1
        records[place, CUSTOMER], records[place, TIME] = customer[row], time[row]
        at = TIME + 1
        records[place, at] = fixed(amount[row])
        at += _write_code(order, row, unknown, records, place, at + 1)
        at += _write_code(product, row, unknown, records, place, at + 1)
        at += _write_code(category, row, unknown, records, place, at + 1)
        at += _write_code(channel, row, unknown, records, place, at + 1)
        at += _write_code(seller, row, unknown, records, place, at + 1)
        at += _write_figure(quantity, row, records, place, at + 1)
        at += _write_figure(discount, row, records, place, at + 1)
        at += _write_figure(cost, row, records, place, at + 1)
        if len(fits):
            records[place, at + 1] = fits[row]


@compiled
def _write_code(codes: IntArray, row: int, unknown: int, records: IntArray, place: int, at: int) -> int:
    """Write one column of a record where the table has it, and return how many were written."""
    if len(codes) == 0:
        return 0
    records[place, at] = -1 if codes[row] == unknown else codes[row] & _POSITIVE
    return 1


@compiled
def _write_figure(figures: FloatArray, row: int, records: IntArray, place: int, at: int) -> int:
    if len(figures) == 0:
        return 0
    records[place, at] = fixed(figures[row])
    return 1
