"""What is said of the model that serves."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field


class ModelAnswer(BaseModel):
    """The model that serves: what it is and how far it may be trusted."""

    model_version: str = Field(description="Its version.", examples=["3"])
    as_of: dt.datetime = Field(description="The moment that it was trained at.")
    registered_at: dt.datetime = Field(description="When it was registered.")
    horizon_days: int = Field(description="Length of the future that it predicts, in days.")
    served_by: str = Field(description="The rung of the ladder that predicts value.", examples=["uptier"])
    grade: str = Field(description="A to D, by what it did on the past; empty without a past to judge by.")
    forced: bool = Field(description="Whether it was promoted although the gate refused.")
    figures: dict[str, float | None] = Field(
        description="How it did on time that it had not seen.", examples=[{"value.norm_gini": 0.84}]
    )
    ladder: dict[str, dict[str, float | None]] = Field(
        description="The same figures of every rung of the ladder; empty where they were not recorded."
    )
    about: dict[str, str] = Field(description="Whatever else was recorded of it.")
    run_id: str = Field(description="Its run in MLflow.")
    trouble: str | None = Field(description="Why a newer one could not take over; null: all is well.")
