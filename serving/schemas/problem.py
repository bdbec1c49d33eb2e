"""The problem document of RFC 9457."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(
        description="Where: a path in the body, or the name of a parameter or header.",
        examples=["customers[0].transactions[2].amount"],
    )
    detail: str = Field(description="What was found and what was expected.")


class Problem(BaseModel):
    """Why a request was not answered, and what to send instead (RFC 9457)."""

    type: str = Field("about:blank", description="Kind of the problem; `title` says it.")
    title: str = Field(description="Name of the status.", examples=["Unprocessable Content"])
    status: int = Field(description="HTTP status.", examples=[422])
    detail: str = Field(description="What was found, what was expected, what to do.")
    errors: list[FieldError] = Field([], description="Every field that is wrong, the first twenty.")
