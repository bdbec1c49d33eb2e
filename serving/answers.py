"""Answers from published scores: what stands on top of each, as JSON or CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from models.csv_export import write_header, write_lines
from models.score_store.publication import Publication
from serving.published import PublishedScores

CSV_TYPE = "text/csv; charset=utf-8"
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "JSON, or with format=csv a header and a line a customer.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
"""What a route declares that answers CSV too."""

Rows = Sequence[dict[str, Any]]


def get_published(request: Request) -> PublishedScores:
    """Return the service's published scores."""
    published: PublishedScores = request.app.state.published
    return published


def answer_json(request: Request, publication: Publication, **content: Any) -> Response:
    """Return an answer that says what it is from.

    Parameters
    ----------
    request : Request
    publication : Publication
    content
        The rest of the answer.
    """
    request.scope["state"]["model_version"] = publication.model_version
    document = {
        "model_version": publication.model_version,
        "as_of": publication.as_of,
        "published_at": publication.published_at,
        "currency": publication.currency,
        **content,
    }
    return Response(to_json(document, inf_nan_mode="null"), media_type="application/json")


def answer_csv(
    request: Request, publication: Publication, name: str, batches: Iterable[Rows], columns: Sequence[str]
) -> Response:
    """Return rows as CSV, written as they come; a spreadsheet runs nothing of it.

    Parameters
    ----------
    request : Request
    publication : Publication
    name : str
        Of the file that a browser saves.
    batches : iterable of rows
    columns : sequence of str
        Those that the rows have are written.
    """
    request.scope["state"]["model_version"] = publication.model_version
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "X-Model-Version": publication.model_version,
        "X-As-Of": publication.as_of.isoformat(),
        "X-Content-Type-Options": "nosniff",
    }
    waiting = iter(batches)
    first = next(waiting, ())  # what can't be read is refused before the answer begins
    content = write_csv(chain([first], waiting), columns)
    return StreamingResponse(content, media_type=CSV_TYPE, headers=headers)


def write_csv(batches: Iterable[Rows], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield a header, then the lines of each batch."""
    yield write_header(columns).encode()
    for rows in batches:
        yield write_lines(rows, columns).encode()
