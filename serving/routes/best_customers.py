"""`/best-customers`: whom to look after first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from serving.access import Reads
from serving.answers import answer_json, get_published
from serving.openapi import V1, describe_problems
from serving.schemas.lists import BestCustomers
from serving.schemas.queries import BestCustomerParameters

router = APIRouter(prefix=V1, tags=["best customers"])


@router.get(
    "/best-customers",
    response_model=BestCustomers,
    responses=describe_problems(400, 401, 403, 408, 422, 429, 503),
)
def list_best_customers(
    request: Request, wanted: Annotated[BestCustomerParameters, Query()], _: Reads
) -> Response:
    """List whom to look after first: by the score of the seven dimensions, then by expected value."""
    publication, customers = get_published(request).read(
        lambda store: store.best(wanted.seller_id, wanted.limit)
    )
    return answer_json(request, publication, seller_id=wanted.seller_id, customers=customers)
