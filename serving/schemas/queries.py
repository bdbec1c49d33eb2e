"""What lists may be asked: the parameters in the address."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.candidates import Wanted
from models.score_store.query import MOST, CustomerQuery, SortColumn
from serving.schemas.score import Evidence, Segment, Tier

Format = Literal["json", "csv"]
Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Money = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]
Share = Annotated[float, Field(ge=0, le=1)]

MOST_IN_JSON = 10_000
"""Candidates in one JSON document; CSV is written piece by piece and has no end."""


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CustomerParameters(_Parameters):
    """Filters, order and page of a list of customers."""

    tier: Annotated[Tier | None, Field(description="By expected value.")] = None
    current_tier: Annotated[Tier | None, Field(description="By trailing value.")] = None
    segment: Segment | None = None
    evidence: Evidence | None = None
    seller_id: Annotated[Name | None, Field(description="With sellers: of this one only.")] = None
    region: Name | None = None
    channel: Annotated[Name | None, Field(description="The one to reach them by.")] = None
    action: Annotated[Name | None, Field(description="What the playbook says to do.")] = None
    min_expected_value: Annotated[Money | None, Field(description="In money, included.")] = None
    max_expected_value: Annotated[Money | None, Field(description="In money, included.")] = None
    min_churn_probability: Share | None = None
    max_churn_probability: Share | None = None
    min_upgrade_probability: Share | None = None
    max_upgrade_probability: Share | None = None
    sort: Annotated[SortColumn, Field(description="Who lacks the figure comes last.")] = "expected_value"
    descending: Annotated[bool, Field(description="Largest first.")] = True
    limit: Annotated[int, Field(ge=1, le=MOST, description="Customers a page.")] = 100
    cursor: Annotated[
        str | None,
        Field(max_length=1_000, description="`next_cursor` of the page before; the rest as it was."),
    ] = None
    format: Annotated[
        Format, Field(description="json: a page; csv: all that fit, for a spreadsheet or a CRM import.")
    ] = "json"

    def build_query(self) -> CustomerQuery:
        """Return the query for the score store."""
        return CustomerQuery(**self.model_dump(exclude={"format"}))


class CandidateParameters(_Parameters):
    """Which upgrade candidates, and how many."""

    limit: Annotated[
        int | None,
        Field(
            ge=0,
            le=10_000_000,
            description=f"At most so many; 100 if there is no budget either. JSON holds {MOST_IN_JSON:,}.",
        ),
    ] = None
    min_probability: Annotated[float, Field(ge=0, le=1, description="Least upgrade_probability.")] = 0.0
    budget: Annotated[
        float | None, Field(ge=0, le=1e15, description="Money to spend; needs cost_per_contact.")
    ] = None
    cost_per_contact: Annotated[
        float | None, Field(gt=0, le=1e15, description="Money that a contact costs.")
    ] = None
    seller_id: Annotated[Name | None, Field(description="With sellers: of this one only.")] = None
    region: Name | None = None
    channel: Annotated[Name | None, Field(description="The one to reach them by.")] = None
    segment: Segment | None = None
    not_contacted_days: Annotated[
        float | None, Field(ge=0, le=100_000, description="Not contacted for so many days, or never.")
    ] = None
    format: Annotated[Format, Field(description="csv: for a spreadsheet or a CRM import.")] = "json"

    def build_wanted(self) -> Wanted:
        """Return what is wanted of the score store."""
        limit = self.limit
        if limit is None and self.budget is None:
            limit = 100
        if self.format == "json":
            limit = min(MOST_IN_JSON, MOST_IN_JSON if limit is None else limit)
        return Wanted(**{**self.model_dump(exclude={"format"}), "limit": limit})


class BestCustomerParameters(_Parameters):
    """Whose best customers, and how many."""

    seller_id: Annotated[Name | None, Field(description="With sellers: of this one only.")] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="At most so many.")] = 100
