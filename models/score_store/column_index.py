"""The index of a publication: columns and orders of the whole base, from which any list is answered.

A database has no index for every mix of filters and order, and without one a list of a million customers
takes it a second. A publication never changes, so its orders can be worked out once and kept: a page is then
a stretch of an order, less those whom the filters leave out. A column is loaded when a list first needs it.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_

import numpy as np
import numpy.typing as npt
import polars as pl

from features.errors import ConfigError
from models.candidates import Wanted, rank_candidates
from models.consent import find_consent_columns
from models.score_store.query import FILTERS, RANGES, SORTS, CustomerQuery

Places = npt.NDArray[np.uint32]

BEST = "best"
"""The order by best-customer score, then by expected value."""

CANDIDATES, STANDING, SCHEMA = "candidates", "standing", "schema"
_FIGURES = ("upgrade_probability", "upgrade_value", "days_since_last_contact")
_GROUPS = ("seller_id", "region", "channel", "segment")


def build_index(scores: pl.DataFrame, empty: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the index.

    Parameters
    ----------
    scores : DataFrame
        In the order of customer and seller: the place of a row is its position.
    empty : DataFrame
        What is published, without its rows: for the types.
    """
    yield SCHEMA, _write(empty)
    there = set(scores.columns)
    categories = scores.select(_encode(scores[name]) for name in FILTERS if name in there)
    for column in (*categories, *scores.select(name for name in RANGES if name in there)):
        yield f"column:{column.name}", _write(column.to_frame())
    for name in SORTS:
        if name in there and name != "customer_id":
            for descending in (True, False):
                yield _name_order(name, descending=descending), _write(_sort(scores, descending, name))
    if {"best_customer_score", "expected_value"} <= there:
        best = _sort(scores, True, "best_customer_score", "expected_value")
        yield _name_order(BEST, descending=True), _write(best)
    if {"upgrade_probability", "upgrade_value"} <= there:
        yield CANDIDATES, _write(_build_candidates(scores, categories))
    keys = [name for name in ("customer_id", "seller_id", "tier") if name in there]
    yield STANDING, _write(scores.select(keys))


@dataclass(frozen=True)
class Stretch:
    """A part of a list.

    Attributes
    ----------
    places : array of uint32
    next : int or None
        Where the next part begins; None after the last.
    total : int
        Rows of the whole list.
    """

    places: Places
    next: int | None
    total: int


class ColumnIndex:
    """The index of one publication.

    Parameters
    ----------
    rows : int
        Of the publication.
    read : callable
        Returns the content of a name, None where the publication has none of it.
    """

    def __init__(self, rows: int, read: Callable[[str], bytes | None]) -> None:
        self._rows = rows
        self._read = read
        self._frames: dict[str, pl.DataFrame | None] = {}
        self._orders: dict[str, Places] = {}
        self._lock = threading.Lock()

    def find(self, query: CustomerQuery, start: int = 0, order: str | None = None) -> Stretch:
        """Return the part of a query's list that begins at a position of the order."""
        ordered = self._load_order(order or query.sort, descending=query.descending)
        fits = self._filter(query)
        if fits is None:
            stop = min(start + query.limit, self._rows)
            return Stretch(ordered[start:stop], stop if stop < self._rows else None, self._rows)
        hits = np.flatnonzero(fits[ordered])
        first = int(np.searchsorted(hits, start))
        chosen = hits[first : first + query.limit]
        more = first + len(chosen) < len(hits)
        return Stretch(ordered[chosen], int(chosen[-1]) + 1 if more else None, len(hits))

    def find_all(self, query: CustomerQuery) -> Places:
        """Return the places of a query's whole list."""
        ordered = self._load_order(query.sort, descending=query.descending)
        fits = self._filter(query)
        return ordered if fits is None else ordered[fits[ordered]]

    def load_candidates(self, wanted: Wanted) -> pl.DataFrame:
        """Return the ranked candidates, the place for the id; nobody where nobody is as wanted.

        Raises
        ------
        ConfigError
            When the scores were published without upgrades.
        """
        able = self.load(CANDIDATES)
        if able is None:
            raise ConfigError("the published scores hold no upgrades to choose candidates by")
        for name in _GROUPS:
            value = getattr(wanted, name)
            if value is not None and name in able.columns and value not in _list_categories(able[name]):
                return able.clear()
        return able

    def load_standing(self) -> pl.DataFrame | None:
        """Return who is in which tier and segment; None where that was not published."""
        tiers, segments = self.load(STANDING), self.load("column:segment")
        return None if tiers is None or segments is None else tiers.hstack(segments)

    def load(self, name: str) -> pl.DataFrame | None:
        """Return a part of the index; what was loaded once is kept."""
        with self._lock:
            if name not in self._frames:
                content = self._read(name)
                self._frames[name] = None if content is None else pl.read_ipc(io.BytesIO(content))
            return self._frames[name]

    def _filter(self, query: CustomerQuery) -> npt.NDArray[np.bool_] | None:
        """Return who fits, by place; None when everybody does."""
        conditions = [
            self._is(name, value) for name in FILTERS if (value := getattr(query, name)) is not None
        ]
        for name in RANGES:
            least, most = (getattr(query, f"{bound}_{name}") for bound in ("min", "max"))
            if least is not None or most is not None:
                conditions.append(self._is_between(name, least, most))
        return reduce(and_, conditions).fill_null(value=False).to_numpy() if conditions else None

    def _is(self, name: str, value: str) -> pl.Series:
        frame = self.load(f"column:{name}")
        if frame is None or value not in _list_categories(frame[name]):
            return pl.repeat(False, self._rows, eager=True)
        return frame[name] == value

    def _is_between(self, name: str, least: float | None, most: float | None) -> pl.Series:
        frame = self.load(f"column:{name}")
        if frame is None:
            return pl.repeat(False, self._rows, eager=True)
        lowest, highest = -np.inf if least is None else least, np.inf if most is None else most
        return frame[name].is_between(lowest, highest)

    def _load_order(self, name: str, *, descending: bool) -> Places:
        """Return all places in an order; those without the figure come last."""
        key = _name_order(name, descending=descending)
        found = self._orders.get(key)
        if found is None:
            places = np.arange(self._rows, dtype=np.uint32)
            if name == "customer_id":
                found = places[::-1] if descending else places
            else:
                frame = self.load(key)
                known = places[:0] if frame is None else frame["place"].to_numpy()
                found = np.concatenate([known, np.delete(places, known)])
                self._frames.pop(key, None)
            self._orders[key] = found
        return found


def _name_order(name: str, *, descending: bool) -> str:
    return f"order:{name}:{'falling' if descending else 'rising'}"


def _encode(column: pl.Series) -> pl.Series:
    """Return texts as numbers into the list of the different ones."""
    texts = column.cast(pl.String)
    return texts.cast(pl.Enum(texts.drop_nulls().unique().sort()))


def _list_categories(column: pl.Series) -> pl.Series:
    return column.dtype.categories if isinstance(column.dtype, pl.Enum) else column.unique()


def _sort(scores: pl.DataFrame, descending: bool, *names: str) -> pl.DataFrame:
    """Return the places of rows that have the first figure, in its order; equals by place."""
    known = scores.select(names).with_row_index("place").filter(pl.col(names[0]).is_not_null())
    ordered = known.sort(names, descending=descending, nulls_last=True, maintain_order=True)
    return ordered.select(pl.col("place").cast(pl.UInt32))


def _build_candidates(scores: pl.DataFrame, categories: pl.DataFrame) -> pl.DataFrame:
    """Return the candidates in their order; the place stands for the id, whose order it has."""
    consent = find_consent_columns(scores.columns)
    narrow = scores.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("customer_id"),
        *(name for name in (*_FIGURES, *consent) if name in scores.columns),
    )
    filters = [name for name in _GROUPS if name in categories.columns]
    return rank_candidates(narrow.hstack(categories.select(filters))).drop(consent)


def _write(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.rechunk().write_ipc(content, compression="lz4")
    return content.getvalue()
