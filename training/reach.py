"""What the tables tell of reaching a customer: region, days since the last contact, consent."""

from __future__ import annotations

import polars as pl

from features.clock import DAY_US
from models.consent import read_consent
from training.places import read_regions
from training.source_history import SourceHistory

REACH = ("region", "days_since_last_contact", "consent")
"""The columns that `add_reach` adds."""


def add_reach(scores: pl.DataFrame, source: SourceHistory) -> pl.DataFrame:
    """Return scores with what candidates are chosen by besides.

    Parameters
    ----------
    scores : DataFrame
        One row a customer, or a customer and seller.
    source : SourceHistory
        What they were made from.

    Returns
    -------
    DataFrame
        With `region`: as `training.places.read_regions` tells it; `days_since_last_contact`: null for who
        never was, customers held out on purpose were not contacted; `consent`: whether they may be contacted,
        null where nothing says so. Whatever else there is of these names is replaced.
    """
    bare = scores.drop(REACH, strict=False)
    for part in (read_regions(source, source.moment), _read_contacts(source), _read_consents(source)):
        bare = bare.join(part, on="customer_id", how="left", maintain_order="left")
    return bare


def _read_contacts(source: SourceHistory) -> pl.DataFrame:
    """Return how many days ago every customer was last contacted."""
    contacts = source.tables.contacts
    if contacts is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "days_since_last_contact": pl.Float64})
    if "treated" in contacts.collect_schema():
        contacts = contacts.filter(pl.col("treated").fill_null(value=True))
    newest = pl.col("timestamp").max().dt.epoch("us")
    days = ((source.moment - newest) / DAY_US).alias("days_since_last_contact")
    return contacts.group_by("customer_id").agg(days).collect()


def _read_consents(source: SourceHistory) -> pl.DataFrame:
    """Return every customer's consent."""
    customers = source.tables.customers
    if customers is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "consent": pl.Boolean})
    known = customers.unique("customer_id", keep="last", maintain_order=True).collect()
    return known.select("customer_id", read_consent(known).alias("consent"))
