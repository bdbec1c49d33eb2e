"""Arrivals: when the customers of a table signed up, and who of them had not come by a moment."""

from __future__ import annotations

import datetime as dt

import polars as pl

from features.tables import Tables
from features.timestamps import UTC, read_time
from training.column_names import normalise

_SIGNUP = frozenset({
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


def read_signups(customers: pl.LazyFrame, timezone: str) -> pl.DataFrame:
    """Read when customers signed up: of several dates that one has, the earliest.

    Parameters
    ----------
    customers : LazyFrame
        Of a customer's several rows the last one holds.
    timezone : str
        IANA zone of days, and of moments that carry none.

    Returns
    -------
    DataFrame
        `customer_id` and `signed_up`, a moment in UTC, of who has a date. Who has none counts as there all
        along.
    """
    dates = [
        read_time(name, dtype, timezone, month_first=False)
        for name, dtype in customers.collect_schema().items()
        if isinstance(dtype, pl.Date | pl.Datetime) and normalise(name) in _SIGNUP
    ]
    if not dates:
        return pl.DataFrame(schema={"customer_id": pl.String, "signed_up": UTC})
    listed = customers.unique("customer_id", keep="last", maintain_order=True)
    return listed.select("customer_id", signed_up=pl.min_horizontal(dates)).drop_nulls().collect()


def find_latecomers(tables: Tables, as_of: dt.datetime, timezone: str) -> pl.Series:
    """Return who signed up at or after a moment, and of whom no line, event or contact is older than it.

    Parameters
    ----------
    tables : Tables
        Not cut.
    as_of : datetime
        With a zone.
    timezone : str
        As for `read_signups`.

    Returns
    -------
    Series of str
        Ids.
    """
    if tables.customers is None:
        return pl.Series("customer_id", dtype=pl.String)
    moment = as_of.astimezone(dt.UTC)  # as the tables' moments are; polars compares only equal zones
    late = (
        read_signups(tables.customers, timezone).filter(pl.col("signed_up") >= moment).select("customer_id")
    )
    for table in (tables.transactions, tables.events, tables.contacts):
        if table is not None and len(late):
            before = table.filter(pl.col("timestamp") < moment)
            late = late.lazy().join(before, on="customer_id", how="anti", maintain_order="left").collect()
    return late["customer_id"]
