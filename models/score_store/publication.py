"""A publication: the scores of a whole base, put before the service at one moment."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict

from models.score_store.summary import Summary


class Publication(BaseModel):
    """What was published, when, and what it comes to.

    Attributes
    ----------
    number : int
        From 1; the newest has the highest.
    published_at : datetime
        With a zone.
    project, currency : str
    model_version : str
        Of the model that scored.
    as_of : datetime
        The moment that the scores were made from, with a zone.
    horizon_days : int
    customers : int
        Rows: one a customer, with sellers one a customer and seller.
    by_seller : bool
    columns : tuple of str
        What a row holds, in the order of the scores.
    summary : Summary
    starts : dict of str to float
        What reasons for value (in money), churn and upgrade (in points) start from; empty when not published.
    overview : dict
        JSON of the console's overview; empty when none was published.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    published_at: dt.datetime
    project: str
    currency: str
    model_version: str
    as_of: dt.datetime
    horizon_days: int
    customers: int
    by_seller: bool
    columns: tuple[str, ...]
    summary: Summary
    starts: dict[str, float] = {}
    overview: dict[str, Any] = {}
