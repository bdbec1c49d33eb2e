"""A score: what is predicted of a customer, with units."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Evidence = Literal["none", "attributes", "one_order", "few_orders", "ample"]
Tier = Literal["A", "B", "C"]
Segment = Literal["lapsed", "valued", "volume", "new", "occasional"]
Probability = Annotated[float, Field(ge=0, le=1)]
Percentile = Annotated[float, Field(ge=0, le=100)]


class Reason(BaseModel):
    """Why a prediction is what it is."""

    feature: str = Field(description="Name of the feature.", examples=["spend_h1"])
    dimension: str = Field(
        description="The dimension of a best customer that it belongs to.", examples=["loyalty"]
    )
    contribution: float = Field(
        description="What it adds: money for value, percentage points for churn and upgrade."
    )
    text: str = Field(description="The reason in words.")
    changeable: bool = Field(description="Whether the customer, or an offer to them, can change it.")


class Reasons(BaseModel):
    """The strongest reasons, strongest first."""

    value: list[Reason] = Field([], description="Of the expected value.")
    churn: list[Reason] = Field([], description="Of the probability of churn.")
    upgrade: list[Reason] = Field([], description="Of the probability of an upgrade.")


class Score(BaseModel):
    """What is predicted of a customer for the horizon; money is in the project's currency."""

    customer_id: str
    seller_id: str | None = Field(None, description="With sellers: whose customer this is.")
    as_of: dt.datetime = Field(description="The moment it is made from.")
    horizon_days: int = Field(description="Length of the future that it is about, in days.", examples=[90])
    model_version: str = Field(description="Version of the model that made it.", examples=["3"])
    evidence: Evidence = Field(
        description="How much is known: none, attributes (no order), one order, few (2 to 4), ample."
    )
    expected_value: float = Field(description="Mean value over the horizon, in money.", examples=[118.4])
    value_p10: float = Field(description="One in ten such customers brings less, in money.")
    value_p50: float = Field(description="Half of such customers bring less, in money.")
    value_p90: float = Field(description="One in ten such customers brings more, in money.")
    expected_orders: float = Field(description="Mean orders over the horizon.")
    next_order_date: dt.date | None = Field(None, description="When the next order is expected.")
    churn_probability: Probability = Field(description="Probability of no order within the horizon.")
    upgrade_probability: Probability | None = Field(
        description="Probability to become valued; null for who is valued already."
    )
    threshold: float | None = Field(description="Trailing value from which a customer is valued, in money.")
    upgrade_gap: float | None = Field(description="Money short of the threshold over the trailing period.")
    upgrade_value: float | None = Field(description="What the upgrade would bring, in money.")
    priority: float | None = Field(description="upgrade_probability x upgrade_value, in money.")
    trailing_value: float | None = Field(description="Value over the trailing period, in money.")
    segment: Segment
    tier: Tier = Field(description="By expected value: A makes most of the total.")
    current_tier: Tier = Field(description="The same by trailing value.")
    value_percentile: Percentile = Field(
        description="Share of the base with a lower expected value, in percent."
    )
    loyalty: Percentile | None = Field(None, description="Within the base; null where no table feeds it.")
    profitability: Percentile | None = Field(None, description="Likewise.")
    engagement: Percentile | None = Field(None, description="Likewise.")
    communication: Percentile | None = Field(None, description="Likewise.")
    growth_potential: Percentile | None = Field(None, description="Likewise.")
    values_alignment: Percentile | None = Field(None, description="Likewise.")
    advocacy: Percentile | None = Field(None, description="Likewise.")
    best_customer_score: Percentile | None = Field(None, description="The dimensions, weighted.")
    action: str = Field(description="What to do, by the playbook.")
    channel: str = Field(description="The channel to do it by.", examples=["e-mail"])
    reasons: Reasons | None = Field(None, description="Only when asked for.")


class PublishedScore(Score):
    """A published score, with what lists filter by."""

    region: str | None = Field(None, description="The customer's region.")
    days_since_last_contact: float | None = Field(
        None, description="Days from the last contact to as_of; null: never contacted."
    )
    consent: bool | None = Field(None, description="Whether they may be contacted; null: they did not say.")
