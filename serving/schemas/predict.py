"""What `/predict` takes and answers."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.problem import FieldError
from serving.schemas.rows import Customer, Moment, word_union
from serving.schemas.score import Score

MOST_CUSTOMERS = 1_000
MOST_REASONS = 20
REASONS = 5
"""Reasons for each of value, churn and upgrade when they are asked for without a number."""


class PredictRequest(BaseModel):
    """Customers as raw rows, and the moment to predict from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2026-02-01T00:00:00Z",
                    "explain": True,
                    "customers": [
                        {
                            "customer_id": "C-1001",
                            "attributes": {"age": "35-44"},
                            "transactions": [
                                {"timestamp": "2026-01-10T12:00:00Z", "amount": 24.9, "order_id": "10042"},
                                {"timestamp": "2026-01-27T17:30:00Z", "amount": 61.2, "order_id": "10077"},
                            ],
                        },
                        {"customer_id": "C-1002"},
                    ],
                }
            ]
        },
    )

    as_of: Annotated[
        Moment | None,
        Field(description="The moment to predict from; only earlier rows count. Now, if not given."),
    ] = None
    explain: Annotated[
        Annotated[bool, Field(strict=True)] | Annotated[int, Field(ge=0, le=MOST_REASONS, strict=True)],
        word_union(f"true, false or a number from 0 to {MOST_REASONS}"),
        Field(
            description=f"Reasons for each of value, churn and upgrade: how many, or true for {REASONS}.",
        ),
    ] = False
    customers: Annotated[
        list[Customer],
        Field(
            min_length=1,
            max_length=MOST_CUSTOMERS,
            fail_fast=True,
            description="Customers, each once; answered in order.",
        ),
    ]

    @property
    def reasons(self) -> int:
        """How many reasons are wanted of each target."""
        return REASONS if self.explain is True else int(self.explain)


class PredictResponse(BaseModel):
    """The scores of the customers of a request."""

    model_version: str = Field(
        description="Version of the model that made every one of them.", examples=["3"]
    )
    as_of: dt.datetime = Field(description="The moment they are made from, UTC.")
    currency: str = Field(description="Of all money, ISO 4217.", examples=["EUR"])
    predictions: list[Score] = Field(
        description="In the order of the request; with sellers, one for each customer and seller."
    )
    warnings: list[FieldError] = Field(
        description="Attributes that the model can't read, and customers all of whose rows are too late for"
        " `as_of`: it answers as if these were not sent. Of a model of margins also lines without a cost."
    )
