"""`/customers`: published scores, of one customer or as a list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from serving.access import Reads
from serving.answers import CSV_ANSWER, answer_csv, answer_json, get_published
from serving.openapi import V1, describe_problems
from serving.problems import ProblemError
from serving.schemas.lists import CustomerAnswer, CustomerPage
from serving.schemas.queries import CustomerParameters

router = APIRouter(prefix=V1, tags=["customers"])


@router.get(
    "/customers",
    response_model=CustomerPage,
    responses={**CSV_ANSWER, **describe_problems(400, 401, 403, 408, 422, 429, 503)},
)
def list_customers(request: Request, wanted: Annotated[CustomerParameters, Query()], _: Reads) -> Response:
    """List customers by what was published of them: filter, sort, page by cursor, or take all as CSV.

    A cursor stays with its publication, so that pages fit together while newer scores are published.
    """
    published, query = get_published(request), wanted.build_query()
    if wanted.format == "csv":
        publication = published.get()
        batches = published.store.stream(query)
        return answer_csv(request, publication, "customers", batches, publication.columns)
    published.get()
    page = published.store.list(query)
    return answer_json(
        request, page.publication, customers=page.customers, total=page.total, next_cursor=page.next_cursor
    )


@router.get(
    "/customers/{customer_id}",
    response_model=CustomerAnswer,
    responses=describe_problems(400, 401, 403, 404, 408, 422, 429, 503),
)
def get_customer(
    request: Request,
    customer_id: Annotated[str, Path(min_length=1, max_length=512, description="Who.", examples=["C-1001"])],
    _: Reads,
) -> Response:
    """Return what was published of one customer; with sellers a score for each."""
    published = get_published(request)
    publication = published.get()
    scores = published.store.get(customer_id, publication)
    if not scores:
        detail = "no score of this customer is published; ask /v1/predict, which needs no publication"
        raise ProblemError(404, detail)
    return answer_json(request, publication, scores=scores)
