"""The history: everything that is known of customers, ready to be read off at any moment.

One history holds a million customers or one request's single customer. `features.table_history` builds it
from tables, `features.request_history` from the rows of a request; `features.view` reads it at a moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from features.attributes import Attributes
from features.purchases import Purchases
from features.stream import Stream


@dataclass(frozen=True)
class History:
    """What is known of every customer.

    Attributes
    ----------
    ids : Series of str, shape (customers,)
        Ascending when built from tables.
    purchases : Purchases
    events, contacts : Stream or None
        None when there is no such table.
    attributes : Attributes
    sellers : Series of str or None
        With `by_seller` each row of the history is a customer of one seller.
    """

    ids: pl.Series
    purchases: Purchases
    events: Stream | None
    contacts: Stream | None
    attributes: Attributes
    sellers: pl.Series | None = None

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.ids)
