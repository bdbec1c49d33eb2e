"""What is predicted: the horizon, what counts as value, who counts as valued, where the tiers are cut."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class TierCuts(BaseModel):
    """Cumulative shares of the total expected value at which a tier ends; C is what remains."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    A: float = Field(0.80, gt=0, lt=1, description="share of the total value that tier A reaches")
    B: float = Field(
        0.95, gt=0, le=1, description="share of the total value that tiers A and B reach together"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.A >= self.B:
            raise ValueError(f"expected A below B, found A = {self.A:g} and B = {self.B:g}")
        return self


class TargetConfig(BaseModel):
    """The section `[target]`: what the predictions are about.

    Examples
    --------
    >>> TargetConfig(horizon_days=30).tiers.A
    0.8
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    horizon_days: int = Field(
        90, ge=1, le=3650, description="length of the future that is predicted, in days"
    )
    value: Literal["amount", "margin"] = Field(
        "amount", description='what counts as value: "amount", or "margin" for amount - cost'
    )
    valued_share: float = Field(
        0.2, gt=0, lt=1, description="share of the customers with value that counts as valued"
    )
    tiers: TierCuts = Field(TierCuts(), description="where the tiers are cut")
    by_seller: bool = Field(False, description="true: one prediction per customer and seller")
