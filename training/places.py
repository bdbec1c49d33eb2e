"""Places: where customers belong, as it was known at a moment: their region, and their seller."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.timeline import IntArray
from models.sellers import read_sellers
from training.evaluation.slices import StrArray
from training.source_history import SourceHistory, to_moment

_OF_LINES = {"region": "region", "seller": "seller_id"}


def read_places(source: SourceHistory, customers: IntArray, moment: int) -> dict[str, StrArray]:
    """Return region and seller of customers; an empty name is not known, and what nobody has is left out.

    The region is the attribute if there is one, else that of the newest line that names one. The seller is
    the one that the history tells apart, else the newest line's.

    Parameters
    ----------
    source : SourceHistory
    customers : int64 array, shape (customers,)
        Positions in the history.
    moment : int
        Lines at or after it do not exist, in microseconds since 1970 UTC.
    """
    ids = source.history.ids[customers].alias("customer_id")
    found = _read_lines(source, ids, moment)
    sellers, regions = read_sellers(source.history, customers), _read_attribute(source, ids)
    if sellers is not None:
        found["seller"] = pl.Series(sellers, dtype=pl.String)
    if regions is not None:
        found["region"] = regions
    return {
        name: column.fill_null("").to_numpy().astype(np.str_)
        for name, column in found.items()
        if column.null_count() < len(column)
    }


def _read_lines(source: SourceHistory, ids: pl.Series, moment: int) -> dict[str, pl.Series]:
    """Return what each customer's newest line that names it says."""
    known = source.dialect.columns["transactions"]
    names = {name: column for name, column in _OF_LINES.items() if column in known}
    if not names:
        return {}
    lines = source.tables.transactions.filter(pl.col("timestamp") < to_moment(moment))
    newest = [pl.col(column).drop_nulls().last().alias(name) for name, column in names.items()]
    table = lines.select("customer_id", "timestamp", *names.values()).sort("timestamp", maintain_order=True)
    told = table.group_by("customer_id").agg(newest).collect()
    laid = ids.to_frame().join(told, on="customer_id", how="left", maintain_order="left")
    return {name: laid[name].cast(pl.String) for name in names}


def _read_attribute(source: SourceHistory, ids: pl.Series) -> pl.Series | None:
    table = source.tables.customers
    if table is None or "region" not in table.collect_schema().names():
        return None
    regions = table.select("customer_id", pl.col("region").cast(pl.String)).unique("customer_id", keep="last")
    laid = ids.to_frame().join(regions.collect(), on="customer_id", how="left", maintain_order="left")
    return laid["region"]
