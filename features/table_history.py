"""The history of all customers, built from tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from features.attributes import Attributes, encode_attributes
from features.dialect import CODED, CONTACTS, MONEY, VALUED, Dialect
from features.events import SCORED
from features.history import History
from features.keys import SELLER_MARK, Keys, Numbers, key_columns
from features.purchases import Lines, build_purchases
from features.running import COLUMNS
from features.stream import Happenings, build_stream
from features.tables import Tables
from features.timeline import Positions

HASHED = {"order_id": "order", **CODED}
"""Columns that are told apart by a hash, and the field of `Lines` that holds it: two texts of one customer in
2**63 could be mistaken for one."""

_NULL = int(pl.Series([None], dtype=pl.String).hash().to_numpy().view(np.int64)[0])
_PIECE_ROWS = 200_000


def build_history(tables: Tables, dialect: Dialect, *, until: dt.datetime | None = None) -> History:
    """Build the history of every customer that a table knows.

    Parameters
    ----------
    tables : Tables
        Normalised tables; rows in any order.
    dialect : Dialect
    until : datetime, optional
        Rows at or after this moment are left out, to save memory; features never look past their
        `as_of` anyway.
    """
    keys = Keys()
    numbered = list(_number_lines(_until(tables.transactions, until), dialect, keys))
    sellers = _sellers(keys.texts) if dialect.by_seller else None
    customers, events, contacts = (
        None if table is None else _collect(table, sellers)
        for table in (
            tables.customers,
            None if tables.events is None else _events(_until(tables.events, until), dialect),
            None if tables.contacts is None else _contacts(_until(tables.contacts, until), dialect),
        )
    )
    numbers = [None if table is None else keys.number(table) for table in (customers, events, contacts)]
    texts, place = keys.sort()
    positions = [None if number is None else place[number] for number in numbers]
    size = len(texts)
    lines = [Lines(place[number], **columns, unknown=_NULL) for number, columns in numbered]
    del numbered
    values = np.full((size, len(dialect.vocabulary.attributes)), np.nan)
    if customers is not None:  # of a customer's several rows the last one holds
        values[positions[0]] = encode_attributes(customers, dialect.vocabulary)
    streams = [
        None
        if table is None or position is None
        else build_stream(_happenings(table, position, kinds, channels), size)
        for table, position, kinds, channels in (
            (events, positions[1], dialect.vocabulary.kinds, ()),
            (contacts, positions[2], CONTACTS, dialect.vocabulary.channels),
        )
    ]
    contacted = None if streams[1] is None else streams[1].timeline
    purchases = build_purchases(lines, size, dialect.clock, margin=dialect.margin, contacts=contacted)
    ids, seller_ids = _ids(texts, dialect.by_seller)
    return History(ids, purchases, streams[0], streams[1], Attributes(dialect.vocabulary, values), seller_ids)


def _line_key(by_seller: bool) -> pl.Expr:
    pair = pl.concat_str("customer_id", pl.col("seller_id").fill_null(""), separator=SELLER_MARK)
    return pair if by_seller else pl.col("customer_id")


def _sellers(keys: pl.Series) -> pl.LazyFrame:
    """Return which sellers each customer has, so that other tables can be laid beside each of them."""
    pairs = keys.alias("key").to_frame().lazy()
    return pairs.with_columns(customer_id=pl.col("key").str.split(SELLER_MARK).list.first())


def _collect(table: pl.LazyFrame, sellers: pl.LazyFrame | None) -> pl.DataFrame:
    """Collect a table without sellers, with its keys: a customer of two sellers has its rows twice."""
    key = pl.col("customer_id")
    if sellers is not None:
        table = table.join(sellers, on="customer_id", how="left", maintain_order="left")
        key = pl.coalesce("key", pl.concat_str("customer_id", pl.lit(""), separator=SELLER_MARK))
    return table.with_columns(key_columns(key)).drop("customer_id").collect()


def _ids(keys: pl.Series, by_seller: bool) -> tuple[pl.Series, pl.Series | None]:
    """Return the customers in the order of the history, and with sellers those."""
    if not by_seller:
        return keys.alias("customer_id"), None
    parts = keys.str.split_exact(SELLER_MARK, 1).struct.unnest()
    return parts["field_0"].alias("customer_id"), parts["field_1"].replace("", None).alias("seller_id")


def _until(table: pl.LazyFrame, until: dt.datetime | None) -> pl.LazyFrame:
    return table if until is None else table.filter(pl.col("timestamp") < until)


def _microseconds() -> pl.Expr:
    return pl.col("timestamp").to_physical().alias("time")


def _line_columns(columns: list[str], dialect: Dialect) -> Iterator[pl.Expr]:
    """Yield what is read of transactions: time, money, and codes for what is counted."""
    yield _microseconds()
    yield pl.col("amount").cast(pl.Float64)
    yield from (pl.col(name).cast(pl.Float64) for name in MONEY if name in columns)
    for name, field in HASHED.items():
        if name in columns:
            yield pl.col(name).hash().alias(field)
    wanted = {name: dialect.values_of(name) for name in VALUED if name in columns}
    fits = [pl.col(name).is_in(list(texts)) for name, texts in wanted.items() if texts]
    if fits:
        yield pl.any_horizontal(fits).fill_null(False).alias("fits_values")


def _number_lines(
    lines: pl.LazyFrame, dialect: Dialect, keys: Keys
) -> Iterator[tuple[Numbers, dict[str, Any]]]:
    """Yield the columns of `Lines` in pieces, with the number of each row's key.

    A piece is numbered while the next is read, and text is let go of at once: it takes most of the memory.
    """
    columns = _line_columns(lines.collect_schema().names(), dialect)
    chosen = lines.select(*key_columns(_line_key(dialect.by_seller)), *columns)
    empty = pl.DataFrame(schema=chosen.collect_schema())  # so that there is a piece, whatever is read
    for piece in chain([empty], chosen.collect_batches(chunk_size=_PIECE_ROWS)):
        arrays = {name: piece[name].to_numpy() for name in ("time", *COLUMNS) if name in piece.columns}
        arrays |= {name: arrays[name].view(np.int64) for name in HASHED.values() if name in arrays}
        yield keys.number(piece), arrays


def _events(events: pl.LazyFrame, dialect: Dialect) -> pl.LazyFrame:
    """Return the kind of each event, by its position in the vocabulary (-1: not in it), and its score."""
    score = []
    if "value" in events.collect_schema().names():
        score = [pl.when(pl.col("kind").is_in(SCORED)).then("value").alias("figure")]
    return events.select("customer_id", _microseconds(), _place("kind", dialect.vocabulary.kinds), *score)


def _place(column: str, texts: tuple[str, ...]) -> pl.Expr:
    """Return where among some texts a column's are; -1 for none of them."""
    if not texts:
        return pl.lit(-1, pl.Int64).alias(column)
    return pl.col(column).replace_strict(texts, list(range(len(texts))), default=-1, return_dtype=pl.Int64)


def _contacts(contacts: pl.LazyFrame, dialect: Dialect) -> pl.LazyFrame:
    """Return contacts, costs and channels; who was held out on purpose was not contacted."""
    columns = contacts.collect_schema().names()
    if "treated" in columns:
        contacts = contacts.filter(pl.col("treated").fill_null(True))
    cost = [pl.col("cost").alias("figure")] if "cost" in columns else []
    channel = [_place("channel", dialect.vocabulary.channels)] if dialect.vocabulary.channels else []
    return contacts.select("customer_id", _microseconds(), pl.lit(0, pl.Int64).alias("kind"), *cost, *channel)


def _happenings(
    frame: pl.DataFrame, customer: Positions, kinds: tuple[str, ...], channels: tuple[str, ...]
) -> Happenings:
    figure, channel = (
        frame[name].to_numpy() if name in frame.columns else None for name in ("figure", "channel")
    )
    time, kind = frame["time"].to_numpy(), frame["kind"].to_numpy()
    return Happenings(customer, time, kind, figure, kinds, channel, channels)
