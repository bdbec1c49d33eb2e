"""Attributes: what the customers table says, as numbers that a model can read.

Numbers stay as they are, true and false become 1 and 0, a date becomes the days from it to `as_of`, and text
becomes the position in a vocabulary that is fixed when a model is trained. Text that too few customers shared
then is "other", and so is text never seen then; where too few for "other" too were there to learn from, it is
missing, as what is missing anyway.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from features.clock import to_microseconds
from features.timeline import FloatArray

MAX_CATEGORIES = 100
"""Texts an attribute keeps apart, the most frequent ones; the rest is "other"."""

MIN_CUSTOMERS = 10
"""Customers who must share a text for it to be kept apart, and who must have the rest of them for "other"."""

MAX_CHANNELS = 12
"""Channels of contacts kept apart, the most frequent ones."""

_NO_ATTRIBUTES = (pl.Time, pl.Duration, pl.Binary, pl.Object)

AttributeKind = Literal["number", "flag", "date", "category"]


@dataclass(frozen=True)
class Attribute:
    """One attribute of customers.

    Attributes
    ----------
    name : str
        Its column in `customers`.
    kind : str
    categories : tuple of str
        Of text those that are kept apart.
    has_other : bool
        Whether enough customers had other texts for these to be a category too, the last one; else they are
        missing: a model would take what it never saw for the rarest that it knows.
    """

    name: str
    kind: AttributeKind
    categories: tuple[str, ...] = ()
    has_other: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Return what the numbers 0, 1, ... stand for; nothing where they are figures."""
        if self.kind == "flag":
            return ("no", "yes")
        return (*self.categories, "other") if self.has_other else self.categories

    def encode(self, value: object) -> float:
        """Return one customer's value as a number; what can't be read as this kind is missing (NaN)."""
        if value is None:
            return math.nan
        if self.kind == "category":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            return float(self.categories.index(text)) if text in self.categories else self._other
        if self.kind == "date":
            return _date_number(value)
        return _read_number(value)

    @property
    def _other(self) -> float:
        return float(len(self.categories)) if self.has_other else math.nan

    def _encode_texts(self, texts: pl.Series) -> pl.Series:
        known = list(self.categories)
        codes = texts.replace_strict(
            known, list(range(len(known))), default=self._other, return_dtype=pl.Float64
        )
        return codes.set(texts.is_null(), None)

    def expression(self) -> pl.Expr:
        """Return the same for a column of the customers table."""
        column = pl.col(self.name)
        if self.kind == "category":
            return column.cast(pl.String).map_batches(self._encode_texts, return_dtype=pl.Float64)
        if self.kind == "date":
            return column.cast(pl.Datetime("us")).to_physical().cast(pl.Float64)
        return column.cast(pl.Float64, strict=False)


@dataclass(frozen=True)
class Vocabulary:
    """What a model learned of a business's own words: attributes, kinds of events, channels of contacts.

    Attributes
    ----------
    attributes : tuple of Attribute
    kinds : tuple of str
        The kinds that the business has, the most frequent first.
    channels : tuple of str
        Those that customers were contacted through, the most frequent first.
    """

    attributes: tuple[Attribute, ...] = ()
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the vocabulary as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Vocabulary:
        """Return the vocabulary that `to_json` wrote."""
        attributes = (
            Attribute(a["name"], a["kind"], tuple(a["categories"]), a.get("has_other", True))
            for a in data["attributes"]
        )
        return cls(tuple(attributes), tuple(data["kinds"]), tuple(data.get("channels", ())))


@dataclass(frozen=True)
class Attributes:
    """Encoded attributes: float64 array, shape (customers, attributes); dates are microseconds since 1970."""

    vocabulary: Vocabulary
    values: FloatArray = field(repr=False)


def learn_vocabulary(
    customers: pl.LazyFrame | None,
    events: pl.LazyFrame | None = None,
    contacts: pl.LazyFrame | None = None,
) -> Vocabulary:
    """Learn the attributes and their categories from the tables a model is trained on.

    Parameters
    ----------
    customers, events, contacts : LazyFrame, optional
        Normalised tables, already cut at the training's `as_of` where they carry a time.
    """
    kinds = _find_frequent(events, "kind")[:MAX_CATEGORIES]
    channels = _find_frequent(contacts, "channel")[:MAX_CHANNELS]
    if customers is None:
        return Vocabulary((), kinds, channels)
    schema = customers.collect_schema()
    attributes = [
        _learn_attribute(customers, name, dtype)
        for name, dtype in schema.items()
        if name != "customer_id" and not (dtype.is_nested() or dtype in _NO_ATTRIBUTES)
    ]
    return Vocabulary(tuple(attributes), kinds, channels)


def _find_frequent(table: pl.LazyFrame | None, column: str) -> tuple[str, ...]:
    """Return the texts of a column, the most frequent first; none where there is no such column."""
    if table is None or column not in table.collect_schema():
        return ()
    found = table.group_by(column).len().sort(["len", column], descending=[True, False]).collect()
    return tuple(found[column].drop_nulls())


def encode_attributes(customers: pl.DataFrame, vocabulary: Vocabulary) -> FloatArray:
    """Encode a customers table, row by row; attributes that it lacks are missing.

    Returns
    -------
    float64 array, shape (rows, attributes)
    """
    values = np.full((len(customers), len(vocabulary.attributes)), np.nan)
    for i, attribute in enumerate(vocabulary.attributes):
        if attribute.name not in customers.columns:
            continue
        column = customers[attribute.name]
        if column.dtype == pl.String and attribute.kind != "category":  # another type at training
            values[:, i] = [attribute.encode(text) for text in column]
        else:
            values[:, i] = customers.select(attribute.expression().fill_null(math.nan)).to_series().to_numpy()
    return values


def encode_one(attributes: Sequence[Mapping[str, object]], vocabulary: Vocabulary) -> FloatArray:
    """Encode the attributes of a request's customers: float64 array, shape (customers, attributes)."""
    values = np.full((len(attributes), len(vocabulary.attributes)), np.nan)
    for row, known in enumerate(attributes):
        for i, attribute in enumerate(vocabulary.attributes):
            if attribute.name in known:
                values[row, i] = attribute.encode(known[attribute.name])
    return values


def _learn_attribute(customers: pl.LazyFrame, name: str, dtype: pl.DataType) -> Attribute:
    if dtype == pl.Boolean:
        return Attribute(name, "flag")
    if dtype.is_numeric():
        return Attribute(name, "number")
    if dtype.is_temporal():
        return Attribute(name, "date")
    texts = customers.select(pl.col(name).cast(pl.String)).drop_nulls()
    counts = texts.group_by(name).len().sort(["len", name], descending=[True, False]).collect()
    often = counts.filter(pl.col("len") >= MIN_CUSTOMERS).head(MAX_CATEGORIES)
    rest = counts.join(often, on=name, how="anti")["len"].sum()
    return Attribute(name, "category", tuple(often[name]), rest >= MIN_CUSTOMERS)


def _read_number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def _date_number(value: object) -> float:
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return math.nan
    if isinstance(value, dt.datetime):
        return float(to_microseconds(value))
    if isinstance(value, dt.date):
        return float(to_microseconds(dt.datetime.combine(value, dt.time(), dt.UTC)))
    return math.nan
