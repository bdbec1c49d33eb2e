"""Arrivals: which of the customers a table lists had come by a moment, as far as the tables tell."""

from __future__ import annotations

import datetime as dt

import polars as pl

from features.tables import Tables
from training.starter.column_words import normalise

SIGNUP = frozenset({
    "signup", "signupdate", "signupat", "signedup", "signedupat", "signedupon", "registered",
    "registeredat", "registeredon", "registration", "registrationdate", "created", "createdat",
    "createdon", "createddate", "creationdate", "datecreated", "accountcreated", "accountcreatedat",
    "customersince", "membersince", "clientsince", "joined", "joinedat", "joinedon", "joindate",
    "joiningdate", "enrolled", "enrolledat", "enrollmentdate", "enrolmentdate", "subscribedat",
    "firstseen", "anmeldedatum", "registrierungsdatum", "registriertam", "kundeseit", "mitgliedseit",
    "angelegtam", "dateinscription", "datecreation", "clientdepuis", "inscritle", "fechaalta",
    "fecharegistro", "fechacreacion", "clientedesde", "dataregistrazione", "dataiscrizione", "clientedal",
    "datacadastro", "dataregisto", "dataregistro", "registratiedatum", "aanmelddatum", "klantsinds",
})  # fmt: skip
"""Names of an attribute that says when a customer came, without blanks, case and accents."""


def find_latecomers(tables: Tables, as_of: dt.datetime) -> pl.Series:
    """Return who the customers table lists although they came at or after a moment.

    Who signed up later, or whose first line, event or contact came later and who has no date of signing up,
    was not there yet. Of who has neither nothing tells when they came: they count as there all along.

    Parameters
    ----------
    tables : Tables
        Not cut.
    as_of : datetime
        With a zone, in which a date or a moment without one is meant.

    Returns
    -------
    Series of str
        Ids.
    """
    if tables.customers is None:
        return pl.Series("customer_id", dtype=pl.String)
    others = (tables.transactions, tables.events, tables.contacts)
    rows = pl.concat(table.select("customer_id", "timestamp") for table in others if table is not None)
    first = pl.col("timestamp").min()
    seen = rows.group_by("customer_id").agg(before=first < as_of.astimezone(dt.UTC))
    listed = tables.customers.unique("customer_id", keep="last", maintain_order=True)
    later = _signed_up_later(tables.customers.collect_schema(), as_of)
    told = listed.select("customer_id", later).join(seen, on="customer_id", how="left")
    before = pl.col("before")
    late = ~before.fill_null(value=False) & pl.col("later").fill_null(before.is_not_null())
    return told.filter(late).collect()["customer_id"]


def _signed_up_later(schema: pl.Schema, as_of: dt.datetime) -> pl.Expr:
    """Return whether customers signed up at or after a moment; null where nothing tells."""
    dated = [name for name, dtype in schema.items() if normalise(name) in SIGNUP and dtype.is_temporal()]
    local, moment = as_of.replace(tzinfo=None), as_of.astimezone(dt.UTC)
    told = [
        pl.col(name).dt.convert_time_zone("UTC") >= moment
        if getattr(schema[name], "time_zone", None)
        else pl.col(name).cast(pl.Datetime("us")) >= local
        for name in dated
    ]
    return pl.coalesce(*told, pl.lit(None, pl.Boolean)).alias("later")
