"""What tells how the service does."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The process is alive."""

    status: Literal["alive"]


class Readiness(BaseModel):
    """Whether the service can answer, and what troubles it."""

    status: Literal["ready", "not ready"]
    model_version: str | None = Field(description="Version of the model that serves; null: none yet.")
    as_of: dt.datetime | None = Field(description="The moment that it was trained at.")
    model_trouble: str | None = Field(description="Why the registry can't be followed; null: all is well.")
    store_trouble: str | None = Field(description="Why published scores can't be read; null: all is well.")
    published_at: dt.datetime | None = Field(description="When scores were published last; null: never.")
