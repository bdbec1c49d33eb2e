"""Sellers: who sold to each row of a history, and what a thin seller borrows from the whole base."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import polars as pl

from features.history import History
from features.timeline import FloatArray, IntArray

Sellers = Sequence[str | None]
"""A seller for each customer; None where no line says who sold."""

Own = TypeVar("Own")

AMPLE_CUSTOMERS = 100
"""Customers of positive value from which a seller's own cuts stand; with fewer it borrows from the base."""


def read_sellers(history: History, customers: IntArray) -> Sellers | None:
    """Return the seller of each row of a history, shape (customers,); None where sellers are not told apart.

    Parameters
    ----------
    history : History
    customers : int64 array, shape (customers,)
        Positions in the history.
    """
    return None if history.sellers is None else history.sellers[customers].to_list()


def number_people(ids: pl.Series) -> IntArray:
    """Return a number for each row of a history that rows of one customer with several sellers share."""
    people: IntArray = ids.rle_id().to_numpy().astype(np.int64)  # rows of one customer lie together
    return people


def group_by_seller(values: FloatArray, sellers: Sellers) -> dict[str, FloatArray]:
    """Return the values of each seller; the unknown seller's are under the empty name.

    Raises
    ------
    ValueError
        When there are more or fewer sellers than values.
    """
    names, codes = np.unique([seller or "" for seller in sellers], return_inverse=True)
    if len(codes) != len(values):
        raise ValueError(f"{len(codes)} sellers for {len(values)} values")
    order = np.argsort(codes, kind="stable")
    parts = np.split(values[order], np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])
    return dict(zip(names.tolist(), parts, strict=True))


def look_up(own: Mapping[str, Own], base: Own, sellers: Sellers) -> list[Own]:
    """Return what each seller has of its own, and the base's for a seller that training never saw."""
    return [own.get(seller or "", base) for seller in sellers]


def borrow(own: float, base: float, customers: int) -> float:
    """Return a seller's amount, drawn towards the whole base's the more, the fewer customers the seller has.

    It is the geometric mean of both, the seller's own with the weight customers / `AMPLE_CUSTOMERS`.

    Parameters
    ----------
    own, base : float
        A cut or threshold of the seller and of the whole base, in money, above 0.
    customers : int
        The seller's customers of positive value; with none, the base's amount stands.

    Examples
    --------
    >>> round(borrow(1000, 10, 50), 6)
    100.0
    """
    if customers == 0:
        return base
    if customers >= AMPLE_CUSTOMERS:
        return own
    weight = customers / AMPLE_CUSTOMERS
    return math.exp(weight * math.log(own) + (1 - weight) * math.log(base))
