"""Keys: what tells the rows of a history apart, and where each row of a table belongs.

A key is the customer, or the customer and the seller. Tables bring the hashes of their keys; these are
numbered as they come, and the numbers then turned into places in the ascending order of the keys. Hashes have
64 bits: that two of a million customers share one happens once in 37 million histories.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from features.compiled import compiled
from features.timeline import IntArray

SELLER_MARK = "\x1f"
"""ASCII's unit separator parts customer and seller in a key; it sorts before all text."""

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
_ROOM = 2**12


class Keys:
    """The keys of a history, as tables bring them."""

    def __init__(self) -> None:
        self._numbering = _Numbering()
        self._texts: list[pl.Series] = []

    def number(self, frame: pl.DataFrame) -> Numbers:
        """Return the number of each row's key: the place in the order in which keys first came.

        Parameters
        ----------
        frame : DataFrame
            With the columns ``key``, text, and ``key_hash``, from `key_columns`.
        """
        numbers, newcomers = self._numbering.number(frame["key_hash"].to_numpy())
        self._texts.append(frame["key"].gather(newcomers))
        return numbers

    @property
    def texts(self) -> pl.Series:
        """The keys, each once, in the order in which they came."""
        return pl.concat(self._texts, rechunk=True)

    def sort(self) -> tuple[pl.Series, Numbers]:
        """Return the keys in ascending order, and the place there of each number."""
        found = self.texts
        ascending = found.arg_sort()
        place = np.empty(len(found), dtype=np.int32)
        place[ascending.to_numpy()] = np.arange(len(found), dtype=np.int32)
        return found.gather(ascending), place


def key_columns(key: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the columns that `Keys` reads."""
    return key.alias("key"), key.hash().alias("key_hash")


class _Numbering:
    """Numbers hashes from 0 in the order in which they first come, through a hash table that grows."""

    def __init__(self) -> None:
        self._count = 0
        self._hashes: Hashes = np.zeros(_ROOM, dtype=np.uint64)
        self._numbers: Numbers = np.full(_ROOM, -1, dtype=np.int32)

    def number(self, hashes: Hashes) -> tuple[Numbers, IntArray]:
        """Return the number of each hash, and the rows that brought a new one."""
        numbers = np.empty(len(hashes), dtype=np.int32)
        newcomers: list[IntArray] = []
        row = 0
        while row < len(hashes):
            found = np.empty(len(self._numbers) // 2 - self._count, dtype=np.int64)
            row, new = _number(hashes, row, numbers, self._hashes, self._numbers, self._count, found)
            self._count += new
            newcomers.append(found[:new])
            if row < len(hashes):
                self._grow()
        return numbers, np.concatenate([np.zeros(0, dtype=np.int64), *newcomers])

    def _grow(self) -> None:
        room = 4 * len(self._numbers)
        hashes, numbers = np.zeros(room, dtype=np.uint64), np.full(room, -1, dtype=np.int32)
        _move(self._hashes, self._numbers, hashes, numbers)
        self._hashes, self._numbers = hashes, numbers


@compiled
def _slot(key: np.uint64, hashes: Hashes, numbers: Numbers) -> int:
    mask = len(numbers) - 1
    slot = np.int64(key & np.uint64(mask))
    while numbers[slot] >= 0 and hashes[slot] != key:
        slot = (slot + 1) & mask
    return int(slot)


@compiled
def _number(
    keys: Hashes, row: int, out: Numbers, hashes: Hashes, numbers: Numbers, count: int, found: IntArray
) -> tuple[int, int]:
    """Give keys from `row` on their numbers until there is no room; return how far, and how many are new."""
    new = 0
    while row < len(keys):
        slot = _slot(keys[row], hashes, numbers)
        if numbers[slot] < 0:
            if new == len(found):
                break
            hashes[slot] = keys[row]
            numbers[slot] = count + new
            found[new] = row
            new += 1
        out[row] = numbers[slot]
        row += 1
    return row, new


@compiled
def _move(hashes: Hashes, numbers: Numbers, new_hashes: Hashes, new_numbers: Numbers) -> None:
    for slot in range(len(numbers)):
        if numbers[slot] >= 0:
            new = _slot(hashes[slot], new_hashes, new_numbers)
            new_hashes[new] = hashes[slot]
            new_numbers[new] = numbers[slot]
