"""Text edges: whether the texts of a column begin or end in a certain way, found without copying one of them.

Polars keeps a text as 16 bytes, Arrow's string view: its length and, up to 12 bytes, the text itself; beyond
that, the buffer and the place in it where the text lies. Looking there costs a fifth of what polars needs to
cut out and compare the first and the last character.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from numba.core import cgutils, types
from numba.extending import intrinsic

from features.compiled import compiled
from features.timeline import IntArray

Bytes = npt.NDArray[np.uint8]

_VIEW = 16  # bytes
_INLINE = 12  # bytes of text within a view
_LOOSE, _DECIMAL, _HOLLOW = 1, 2, 4


def find_edges(texts: pl.Series, loose: int) -> tuple[bool, bool, bool]:
    """Find what a column of text needs.

    Parameters
    ----------
    texts : Series of str
        Nulls are passed over.
    loose : int
        Bytes below it are to be stripped.

    Returns
    -------
    bool
        Whether a text is empty, or begins or ends with a byte below `loose`.
    bool
        Whether a text ends with ``.0``.
    bool
        Whether a text has 2 to 4 bytes and begins as `values.PLACEHOLDERS` do.
    """
    found = 0
    for chunk in texts.drop_nulls().get_chunks():
        array = chunk.to_arrow(compat_level=pl.CompatLevel.newest())
        _, views, *data = array.buffers()
        if len(array):
            first = _VIEW * array.offset
            window = np.frombuffer(views, np.uint8)[first : first + _VIEW * len(array)]
            addresses = np.array([buffer.address for buffer in data], dtype=np.int64)
            found |= _find(window, window.view(np.int32), addresses, loose)
    return bool(found & _LOOSE), bool(found & _DECIMAL), bool(found & _HOLLOW)


def _load_byte(_: Any, address: Any) -> Any:
    """Return the type and the machine code of a read from an address; numba itself knows arrays only."""

    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], cgutils.voidptr_t))

    return types.uint8(types.int64), build


_byte_at: Any = intrinsic(_load_byte)


@compiled
def _find(inline: Bytes, fields: npt.NDArray[np.int32], addresses: IntArray, loose: int) -> int:
    """Return the marks of what is found; `inline` and `fields` are one memory, the views."""
    found = 0
    for row in range(len(fields) // 4):
        length = fields[4 * row]
        if length == 0:
            found |= _LOOSE
            continue
        if length <= _INLINE:
            first = inline[_VIEW * row + 4]
            place = _VIEW * row + 4 + length
            last, before = inline[place - 1], inline[place - 2]
        else:
            start = addresses[fields[4 * row + 2]] + fields[4 * row + 3]
            first = _byte_at(start)
            last, before = _byte_at(start + length - 1), _byte_at(start + length - 2)
        if first < loose or last < loose:
            found |= _LOOSE
        if last == ord("0") and before == ord("."):
            found |= _DECIMAL
        if 2 <= length <= 4 and first in (ord("#"), ord("<"), ord("N"), ord("\\"), ord("n")):
            found |= _HOLLOW
    return found
