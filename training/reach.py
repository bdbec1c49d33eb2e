"""What the tables tell of reaching a customer: region, days since the last contact, consent."""

from __future__ import annotations

import polars as pl

from models.consent import read_consent
from training.source_history import SourceHistory

_DAY_US = 86_400_000_000


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
        With `region`: the attribute of this name, else that of the newest line that names one;
        `days_since_last_contact`: null for who never was, customers held out on purpose were not contacted;
        `consent`: whether they may be contacted, null where nothing says so. Whatever else there is of these
        names is replaced.
    """
    added = ("region", "days_since_last_contact", "consent")
    bare = scores.drop(added, strict=False)
    for part in (_read_regions(source), _read_contacts(source), _read_consents(source)):
        bare = bare.join(part, on="customer_id", how="left", maintain_order="left")
    return bare.with_columns(region=pl.coalesce("attribute", "region")).drop("attribute")


def _read_regions(source: SourceHistory) -> pl.DataFrame:
    """Return the region of every customer's newest line that names one."""
    lines = source.tables.transactions
    if "region" not in lines.collect_schema():
        return pl.DataFrame(schema={"customer_id": pl.String, "region": pl.String})
    newest = pl.col("region").get(pl.col("timestamp").arg_max())
    return lines.filter(pl.col("region").is_not_null()).group_by("customer_id").agg(newest).collect()


def _read_contacts(source: SourceHistory) -> pl.DataFrame:
    """Return how many days ago every customer was last contacted."""
    contacts = source.tables.contacts
    if contacts is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "days_since_last_contact": pl.Float64})
    if "treated" in contacts.collect_schema():
        contacts = contacts.filter(pl.col("treated").fill_null(value=True))
    newest = pl.col("timestamp").max().dt.epoch("us")
    days = ((source.moment - newest) / _DAY_US).alias("days_since_last_contact")
    return contacts.group_by("customer_id").agg(days).collect()


def _read_consents(source: SourceHistory) -> pl.DataFrame:
    """Return every customer's consent, and the region among their attributes."""
    customers = source.tables.customers
    if customers is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "consent": pl.Boolean, "attribute": pl.String})
    known = customers.unique("customer_id", keep="last", maintain_order=True).collect()
    region = pl.col("region") if "region" in known.columns else pl.lit(None)
    return known.select(
        "customer_id", read_consent(known).alias("consent"), region.cast(pl.String).alias("attribute")
    )
