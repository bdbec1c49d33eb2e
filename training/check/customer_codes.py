"""Customer ids as small numbers, the same in every table and batch of one check."""

from __future__ import annotations

import polars as pl


class CustomerCodes:
    """Gives every customer id a code from 0, in the order in which they are first met.

    Examples
    --------
    >>> codes = CustomerCodes()
    >>> codes.encode(pl.Series(["b", "a"])).to_list(), codes.encode(pl.Series(["a", "c"])).to_list()
    ([0, 1], [1, 2])
    >>> codes.decode(pl.Series([2], dtype=pl.UInt32)).to_list()
    ['c']
    """

    def __init__(self) -> None:
        self._dtype = pl.Categorical(pl.Categories.random())
        # polars forgets the codes of categories that no series uses any more.
        self._keep = pl.Series([], dtype=pl.String).cast(self._dtype)

    def encode(self, ids: pl.Series) -> pl.Series:
        """Return the codes, UInt32, of ids without nulls."""
        return ids.cast(self._dtype).to_physical()

    def decode(self, codes: pl.Series) -> pl.Series:
        """Return the ids of codes."""
        return (
            codes.cast(pl.UInt32)
            .to_frame("code")
            .select(pl.col("code").cat.to(self._dtype).cast(pl.String))
            .to_series()
        )
