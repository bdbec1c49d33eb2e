"""Places: where customers belong, as it was known at a moment: their region, and their seller."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.timeline import IntArray
from models.segments import StrArray
from models.sellers import read_sellers
from training.source_history import SourceHistory, to_moment


def read_places(source: SourceHistory, customers: IntArray, moment: int) -> dict[str, StrArray]:
    """Return region and seller of customers; an empty name is not known, and what nobody has is left out.

    Parameters
    ----------
    source : SourceHistory
    customers : int64 array, shape (customers,)
        Positions in the history. The seller is the one that it tells apart, else the newest line's.
    moment : int
        As in `read_regions`.
    """
    ids = source.history.ids[customers].alias("customer_id").to_frame()
    sellers = read_sellers(source.history, customers)
    found = {
        "region": _lay(read_regions(source, moment), ids),
        "seller": pl.Series(sellers, dtype=pl.String)
        if sellers is not None
        else _lay(_read_newest(source, "seller_id", moment), ids),
    }
    return {
        name: column.fill_null("").to_numpy().astype(np.str_)
        for name, column in found.items()
        if column.null_count() < len(column)
    }


def read_regions(source: SourceHistory, moment: int) -> pl.DataFrame:
    """Return `customer_id` and `region`: the attribute, else that of the newest line that names one.

    Parameters
    ----------
    source : SourceHistory
    moment : int
        Lines at or after it do not exist, in microseconds since 1970 UTC.
    """
    lines, customers = _read_newest(source, "region", moment), source.tables.customers
    if customers is None or "region" not in customers.collect_schema():
        return lines
    attribute = customers.unique("customer_id", keep="last", maintain_order=True).select(
        "customer_id", attribute=pl.col("region").cast(pl.String)
    )
    both = attribute.collect().join(lines, on="customer_id", how="full", coalesce=True)
    return both.select("customer_id", region=pl.coalesce("attribute", "region"))


def _read_newest(source: SourceHistory, column: str, moment: int) -> pl.DataFrame:
    """Return `customer_id` and a column of every customer's newest line that names one."""
    lines = source.tables.transactions
    if column not in lines.collect_schema():
        return pl.DataFrame(schema={"customer_id": pl.String, column: pl.String})
    named = lines.filter(pl.col("timestamp") < to_moment(moment), pl.col(column).is_not_null())
    newest = pl.col(column).get(pl.col("timestamp").arg_max()).cast(pl.String)
    return named.group_by("customer_id").agg(newest).collect()


def _lay(told: pl.DataFrame, ids: pl.DataFrame) -> pl.Series:
    """Return what is told of customers in their order."""
    return ids.join(told, on="customer_id", how="left", maintain_order="left").to_series(1)
