"""What the summary answers."""

from __future__ import annotations

from pydantic import Field

from models.score_store.summary import Summary
from serving.schemas.lists import PublishedAnswer


class SummaryAnswer(PublishedAnswer):
    """What the published scores come to."""

    horizon_days: int = Field(description="Length of the future that the scores are about, in days.")
    customers: int = Field(description="Scores; with sellers one for each customer and seller.")
    summary: Summary = Field(
        description="Golden share now and before, tiers, segments, moves between them, and the focus."
    )
