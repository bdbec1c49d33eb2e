"""Running totals: one walk through each customer's lines, in time, that writes what is known after each.

The walk is compiled. It runs over records, see `features.records`; `at` tells where a record holds what, and
-1 that the table lacks it. All that is counted is a whole number, so the order of lines within an instant is
of no consequence.
"""

from __future__ import annotations

from math import log

import numpy as np

from features.clock import DAY_US
from features.compiled import compiled, count_off
from features.records import TIME
from features.timeline import MONEY_UNIT, UNKNOWN, IntArray
from features.totals import ANSWER_DAYS, LOG_UNIT, MARKS, TOTALS

COLUMNS = (
    "amount", "order", "product", "category", "channel", "seller", "quantity", "discount", "cost",
    "fits_values",
)  # fmt: skip
"""What a record of a line may hold besides customer and time, in the order of `at`."""

(
    _ORDERS, _VALUE, _GROSS, _LINES, _RETURN_LINES, _RETURNED, _ORDER_DAYS, _ORDER_LOG, _ORDER_LOG_SQ,
    _GAP_SQ, _SEASON_COS, _SEASON_SIN, _WEEKEND_DAYS, _ANSWERED, _NEW_PRODUCTS, _NEW_CATEGORIES,
    _CATEGORY_SQUARES, _NEW_CHANNELS, _NEW_SELLERS, _QUANTITY, _DISCOUNT, _DISCOUNTED_LINES, _COST,
    _VALUES_LINES,
) = range(len(TOTALS))  # fmt: skip
(
    _FIRST, _LAST, _LAST_RETURNED, _DAY, _SECOND_DAY, _THIRD_DAY, _SPAN, _GAP, _LONGEST_GAP, _DAY_SPEND,
    _LARGEST,
) = range(len(MARKS))  # fmt: skip
(
    _AT_AMOUNT, _AT_ORDER, _AT_PRODUCT, _AT_CATEGORY, _AT_CHANNEL, _AT_SELLER, _AT_QUANTITY, _AT_DISCOUNT,
    _AT_COST, _AT_FITS,
) = range(len(COLUMNS))  # fmt: skip
_BY_ORDER, _BY_PRODUCT, _BY_CATEGORY, _BY_CHANNEL, _BY_SELLER = count_off(5)  # told apart by hash tables

_NO_DAY = UNKNOWN
_YEAR_DAYS_E4 = 3_652_425
_ANGLES = np.arange(366) * (2e4 * np.pi / _YEAR_DAYS_E4)
SEASON = np.rint(np.stack([np.cos(_ANGLES), np.sin(_ANGLES)]) * LOG_UNIT).astype(np.int64)
"""Cosine and sine of each day of the year."""


@compiled
def add_up(  # noqa: PLR0912 - one walk; its parts below are called once a line, an order, a day
    records: IntArray, offsets: IntArray, at: IntArray, margin: bool,
    changes: IntArray, shifts: IntArray, season: IntArray, contact_offsets: IntArray, contact_time: IntArray,
    rows: IntArray, row_time: IntArray, core: IntArray, details: IntArray, marks: IntArray,
    keys: IntArray, numbers: IntArray, seen: IntArray, often: IntArray, orders: IntArray, total: IntArray,
    mark: IntArray, first: int, last: int,
) -> None:  # fmt: skip
    """Walk through the lines of the customers from `first` to `last`, and write a row for each instant.

    Parameters
    ----------
    records, offsets, at
        The lines, and where they hold what.
    margin, changes, shifts, season, contact_offsets, contact_time
        What they are read with: the clock, `SEASON`, and the times of contacts.
    rows, row_time, core, details, marks
        Written: each customer's instants begin at ``rows[customer]``.
    keys, numbers, seen, often, orders, total, mark
        From `create_scratch`.
    first, last : int
    """
    for who in range(first, last):
        i, end, row = offsets[who], offsets[who + 1], rows[who]
        mask = _slots(end - i) - 1
        _clear(numbers, mask, seen, total, mark)
        day, first_day, contact = _NO_DAY, _NO_DAY, contact_offsets[who]
        while i < end:
            now, today, order, spent = records[i, TIME], _NO_DAY, -1, 0
            while i < end and records[i, TIME] == now:
                money = records[i, at[_AT_AMOUNT]]
                _count_line(total, records, i, at, money, margin)
                if money >= 0:
                    _count_choice(total, records, i, at, keys, numbers, seen, mask, often)
                if money > 0:
                    if today == _NO_DAY:
                        today = _local_day(now, changes, shifts)
                    number = _order_of(records, i, at, today, total, keys, numbers, seen, mask, orders)
                    if number != order and order >= 0:
                        _log_order(total, orders, order)
                    order = number
                    orders[0, order] += money
                    spent += money
                elif money < 0:
                    mark[_LAST_RETURNED] = now
                i += 1
            if order >= 0:
                _log_order(total, orders, order)
                if day == _NO_DAY:
                    first_day = today
                if today > day:  # where clocks go back past midnight a day can come twice
                    _open_day(total, mark, now, today, day, first_day, season)
                    day = today
                    while contact < contact_offsets[who + 1] and contact_time[contact] < now:
                        contact += 1
                    if contact > contact_offsets[who]:
                        total[_ANSWERED] += now - contact_time[contact - 1] <= ANSWER_DAYS * DAY_US
                total[_GROSS] += spent
                mark[_LAST] = now
                mark[_DAY_SPEND] += spent
                mark[_LARGEST] = max(mark[_LARGEST], mark[_DAY_SPEND])
            row_time[row] = now
            width = core.shape[1]
            for column in range(width):
                core[row, column] = total[column]
            for column in range(width, len(total)):
                details[row, column - width] = total[column]
            for column in range(len(mark)):
                marks[row, column] = mark[column]
            row += 1


Scratch = tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray, IntArray]


def create_scratch(longest: int) -> Scratch:
    """Create the memory that `add_up` needs for customers with up to so many lines.

    Returns
    -------
    keys, numbers : int64 array, shape (5, slots)
        Hash tables: what was seen of orders, products, categories, channels and sellers, and its number.
    seen : int64 array, shape (5,)
        How many there are of each.
    often : int64 array, shape (longest,)
        Lines of each category so far.
    orders : int64 array, shape (3, longest)
        Worth of each order so far, its logarithm, and the square of that.
    total, mark : int64 array
        The row as it stands.
    """
    keys, numbers = np.empty((2, 5, _slots(longest)), dtype=np.int64)
    often, orders = np.empty(longest, dtype=np.int64), np.empty((3, longest), dtype=np.int64)
    seen, total, mark = (np.empty(size, dtype=np.int64) for size in (5, len(TOTALS), len(MARKS)))
    return keys, numbers, seen, often, orders, total, mark


@compiled
def _clear(numbers: IntArray, mask: int, seen: IntArray, total: IntArray, mark: IntArray) -> None:
    """Begin a customer."""
    for table in range(len(seen)):
        seen[table] = 0
        for slot in range(mask + 1):
            numbers[table, slot] = -1
    for column in range(len(total)):
        total[column] = 0
    for column in range(len(mark)):
        mark[column] = UNKNOWN


@compiled
def _slots(codes: int) -> int:
    """Return the size of a hash table for so many codes."""
    size = 4
    while size < 2 * codes:
        size *= 2
    return size


@compiled
def _number(
    table: int, code: int, keys: IntArray, numbers: IntArray, seen: IntArray, mask: int
) -> tuple[int, bool]:
    """Return the number of a code among those of the customer, and whether it is new."""
    slot = ((code * -7046029254386353131) >> 31) & mask
    while numbers[table, slot] >= 0 and keys[table, slot] != code:
        slot = (slot + 1) & mask
    is_new = numbers[table, slot] < 0
    if is_new:
        keys[table, slot] = code
        numbers[table, slot] = seen[table]
        seen[table] += 1
    return numbers[table, slot], is_new


@compiled
def _is_new(
    table: int,
    records: IntArray,
    i: int,
    at: int,
    keys: IntArray,
    numbers: IntArray,
    seen: IntArray,
    mask: int,
) -> bool:
    """Return whether what a record holds there is known and was not seen before."""
    return at >= 0 and records[i, at] >= 0 and _number(table, records[i, at], keys, numbers, seen, mask)[1]


@compiled
def _count_line(total: IntArray, records: IntArray, i: int, at: IntArray, money: int, margin: bool) -> None:
    """Add one line, bought or returned."""
    total[_LINES] += 1
    total[_VALUE] += money
    if money < 0:
        total[_RETURN_LINES] += 1
        total[_RETURNED] -= money
    elif money > 0 and at[_AT_QUANTITY] >= 0:
        total[_QUANTITY] += records[i, at[_AT_QUANTITY]]
    if at[_AT_COST] >= 0:
        total[_COST] += records[i, at[_AT_COST]]
        if margin:
            total[_VALUE] -= records[i, at[_AT_COST]]
    if at[_AT_DISCOUNT] >= 0:
        total[_DISCOUNT] += records[i, at[_AT_DISCOUNT]]
        total[_DISCOUNTED_LINES] += records[i, at[_AT_DISCOUNT]] > 0


@compiled
def _count_choice(
    total: IntArray, records: IntArray, i: int, at: IntArray,
    keys: IntArray, numbers: IntArray, seen: IntArray, mask: int, often: IntArray,
) -> None:  # fmt: skip
    """Add what a line that is no return says of the customer's choice."""
    if at[_AT_FITS] >= 0:
        total[_VALUES_LINES] += records[i, at[_AT_FITS]]
    total[_NEW_PRODUCTS] += _is_new(_BY_PRODUCT, records, i, at[_AT_PRODUCT], keys, numbers, seen, mask)
    total[_NEW_CHANNELS] += _is_new(_BY_CHANNEL, records, i, at[_AT_CHANNEL], keys, numbers, seen, mask)
    total[_NEW_SELLERS] += _is_new(_BY_SELLER, records, i, at[_AT_SELLER], keys, numbers, seen, mask)
    if at[_AT_CATEGORY] >= 0 and records[i, at[_AT_CATEGORY]] >= 0:
        category, is_new = _number(_BY_CATEGORY, records[i, at[_AT_CATEGORY]], keys, numbers, seen, mask)
        if is_new:
            often[category] = 0
            total[_NEW_CATEGORIES] += 1
        total[_CATEGORY_SQUARES] += 2 * often[category] + 1
        often[category] += 1


@compiled
def _order_of(
    records: IntArray, i: int, at: IntArray, today: int, total: IntArray,
    keys: IntArray, numbers: IntArray, seen: IntArray, mask: int, orders: IntArray,
) -> int:  # fmt: skip
    """Return the number of a line's order; without an id the order is that of the day."""
    code = records[i, at[_AT_ORDER]] if at[_AT_ORDER] >= 0 else -1
    order, is_new = _number(_BY_ORDER, code if code >= 0 else -2 - today, keys, numbers, seen, mask)
    if is_new:
        orders[0, order] = orders[1, order] = orders[2, order] = 0
        total[_ORDERS] += 1
    return order


@compiled
def _log_order(total: IntArray, orders: IntArray, order: int) -> None:
    """Put the logarithm of an order's value, and its square, in place of those before."""
    size = log(orders[0, order] / MONEY_UNIT)
    total[_ORDER_LOG] -= orders[1, order]
    total[_ORDER_LOG_SQ] -= orders[2, order]
    orders[1, order] = np.int64(np.rint(size * LOG_UNIT))
    orders[2, order] = np.int64(np.rint(size * size * LOG_UNIT))
    total[_ORDER_LOG] += orders[1, order]
    total[_ORDER_LOG_SQ] += orders[2, order]


@compiled
def _local_day(now: int, changes: IntArray, shifts: IntArray) -> int:
    low, high = 0, len(changes) - 1
    while low < high:
        middle = (low + high + 1) >> 1
        if changes[middle] <= now:
            low = middle
        else:
            high = middle - 1
    return int((now + shifts[low]) // DAY_US)


@compiled
def _open_day(
    total: IntArray, mark: IntArray, now: int, today: int, day: int, first_day: int, season: IntArray
) -> None:
    """Begin a day with orders: count it, its gap, and where in week and year it lies."""
    if day == _NO_DAY:
        mark[_FIRST] = now
    else:
        gap = today - day
        mark[_GAP] = gap
        mark[_LONGEST_GAP] = max(mark[_LONGEST_GAP], gap)
        total[_GAP_SQ] += gap * gap
    mark[_SPAN] = today - first_day
    mark[_THIRD_DAY], mark[_SECOND_DAY], mark[_DAY] = mark[_SECOND_DAY], mark[_DAY], now
    mark[_DAY_SPEND] = 0
    total[_ORDER_DAYS] += 1
    total[_WEEKEND_DAYS] += (today + 3) % 7 >= 5
    place = (today * 10_000 % _YEAR_DAYS_E4) // 10_000
    total[_SEASON_COS] += season[0, place]
    total[_SEASON_SIN] += season[1, place]
