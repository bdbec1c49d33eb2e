"""`/summary`: how the base does."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from serving.access import Reads
from serving.answers import answer_json, get_published
from serving.openapi import V1, describe_problems
from serving.schemas.summary import SummaryAnswer

router = APIRouter(prefix=V1, tags=["summary"])


@router.get(
    "/summary", response_model=SummaryAnswer, responses=describe_problems(400, 401, 403, 408, 429, 503)
)
def get_summary(request: Request, _: Reads) -> Response:
    """Return the golden share now and before, tiers, segments, moves between them, and whom to focus on."""
    publication = get_published(request).get()
    return answer_json(
        request,
        publication,
        horizon_days=publication.horizon_days,
        customers=publication.customers,
        summary=publication.summary.model_dump(mode="json"),
    )
