"""`/upgrade-candidates`: whom to contact so that they become valued customers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from models.csv_export import CANDIDATE_COLUMNS, round_rows
from serving.access import Reads
from serving.answers import CSV_ANSWER, answer_csv, answer_json, get_published
from serving.openapi import V1, describe_problems
from serving.schemas.lists import CandidateList
from serving.schemas.queries import CandidateParameters

router = APIRouter(prefix=V1, tags=["candidates"])


@router.get(
    "/upgrade-candidates",
    response_model=CandidateList,
    responses={**CSV_ANSWER, **describe_problems(400, 401, 403, 408, 422, 429, 503)},
)
def list_candidates(request: Request, wanted: Annotated[CandidateParameters, Query()], _: Reads) -> Response:
    """List whom to contact, by falling priority, and what a budget buys; the same as `uptier candidates`.

    Who is valued already is not among them, nor who gave no consent to be contacted.
    """
    published = get_published(request)
    publication, chosen = published.read(lambda store: store.choose(wanted.build_wanted()))
    if wanted.format == "csv":
        columns = [name for name in CANDIDATE_COLUMNS if name in publication.columns]
        rounded = map(round_rows, chosen.read())
        return answer_csv(request, publication, "upgrade-candidates", rounded, columns)
    rows = [row for batch in chosen.read() for row in batch]
    return answer_json(request, publication, summary=asdict(chosen.summary), candidates=rows)
