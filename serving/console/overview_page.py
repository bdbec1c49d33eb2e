"""The overview: how is my base doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from models.overview import Overview
from models.score_store.publication import Publication
from models.score_store.summary import Move
from serving.console.pages import find_publication, render_empty, render_published
from serving.console.remembered import Remembered
from serving.console.route import ConsoleRoute
from serving.console.session import check_reader

router = APIRouter(route_class=ConsoleRoute)


@dataclass(frozen=True)
class Drawn:
    """The overview of a publication with its charts by name; None and empty where none was published."""

    overview: Overview | None = None
    charts: dict[str, Any] = field(default_factory=dict)


@router.get("/", dependencies=[Depends(check_reader)])
def show_overview(request: Request) -> Response:
    """Show the base."""
    publication = find_publication(request)
    if publication is None:
        return render_empty(request)
    drawn = DRAWN.get(request.app.state.store, publication)
    return render_published(
        request,
        "overview.html",
        publication,
        summary=publication.summary,
        overview=drawn.overview,
        charts=drawn.charts,
        golden_least=request.app.state.settings.target.tiers.A,
        tier_moves=arrange_moves(publication.summary.tier_moves),
        segment_moves=arrange_moves(publication.summary.segment_moves),
    )


def read_overview(publication: Publication) -> Overview | None:
    """Return what was published for pages; None where nothing was, or another release did."""
    try:
        return Overview.model_validate(publication.overview) if publication.overview else None
    except ValidationError:
        return None


def arrange_moves(moves: Iterable[Move]) -> dict[str, dict[str, int]]:
    """Return how many customers went from which group to which: by the one before, then by the one now."""
    found: dict[str, dict[str, int]] = {}
    for move in moves:
        found.setdefault(move.before, {})[move.now] = move.customers
    return found


def _draw(publication: Publication) -> Drawn:
    overview = read_overview(publication)
    if overview is None:
        return Drawn()
    from serving.console.charts.overview_charts import draw_overview  # noqa: PLC0415 - Altair takes half a second

    return Drawn(overview, draw_overview(overview, publication.currency))


DRAWN = Remembered(_draw)
"""The overviews of the last publications."""
