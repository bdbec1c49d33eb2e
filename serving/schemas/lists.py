"""What lists answer."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from serving.schemas.score import PublishedScore


class PublishedAnswer(BaseModel):
    """What every answer from published scores says of them."""

    model_version: str = Field(description="Version of the model that scored.", examples=["3"])
    as_of: dt.datetime = Field(description="The moment that the scores are made from.")
    published_at: dt.datetime = Field(description="When they were published.")
    currency: str = Field(description="Of all money, ISO 4217.", examples=["EUR"])


class CustomerAnswer(PublishedAnswer):
    """The published score of a customer."""

    scores: list[PublishedScore] = Field(description="One, or with sellers one for each seller.")


class CustomerPage(PublishedAnswer):
    """A page of a list of customers."""

    customers: list[PublishedScore]
    total: int = Field(description="Customers that fit, on all pages together.")
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class CandidateSummary(BaseModel):
    """What contacting the candidates costs, and what is expected of them, contacted or not."""

    eligible: int = Field(description="Customers that fit, before limit and budget.")
    contacts: int = Field(description="Candidates on the list.")
    cost: float | None = Field(
        description="What contacting them costs, in money; null without cost_per_contact."
    )
    expected_upgrades: float = Field(description="Sum of their upgrade probabilities.")
    expected_value: float = Field(description="Sum of their priorities, in money.")
    in_vain: float = Field(description="Candidates who are expected not to upgrade.")


class CandidateList(PublishedAnswer):
    """Upgrade candidates by falling priority, and what is expected of them."""

    summary: CandidateSummary
    candidates: list[PublishedScore]


class BestCustomers(PublishedAnswer):
    """The customers to look after first."""

    seller_id: str | None
    customers: list[PublishedScore]
