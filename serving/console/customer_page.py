"""A customer: why this one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from models.errors import StoreError
from models.overview import CustomerDetail
from models.predictions import find_next_order
from models.score_store.publication import Publication
from models.score_store.store import ScoreStore
from models.settings import DIMENSIONS
from serving.console.changes import find_end_day, list_changes, say_since
from serving.console.pages import find_publication, link_customer, render_empty, render_published
from serving.console.reason_bars import build_points, build_waterfall
from serving.console.route import ConsoleRoute
from serving.console.session import check_reader

router = APIRouter(route_class=ConsoleRoute)


@router.get("/customer", dependencies=[Depends(check_reader)])
def find_customer(request: Request, id: str = "", seller: str = "") -> Response:
    """Send a search on to the customer's page."""
    wanted = id.strip()
    address = link_customer(wanted)
    if wanted and not address.startswith("/customer?"):
        return RedirectResponse(address, 303)
    return show_customer(request, wanted, seller)


@router.get("/customer/{customer_id:path}", dependencies=[Depends(check_reader)])
def show_customer(request: Request, customer_id: str, seller: str = "") -> Response:
    """Show a customer; of several sellers' the one asked for, else the one with the most to come."""
    publication = find_publication(request)
    if publication is None:
        return render_empty(request)
    store: ScoreStore = request.app.state.store
    rows = store.get(customer_id, publication)
    if not rows:
        return _answer_unknown(request, publication, customer_id)
    rows.sort(key=lambda row: -(row["expected_value"] or 0.0))
    row = next((row for row in rows if seller and row.get("seller_id") == seller), rows[0])
    detail = _read_detail(store, customer_id, publication)
    reasons, next_order = row.get("reasons") or {}, find_next_order(row)
    return render_published(
        request,
        "customer.html",
        publication,
        customer_id=customer_id,
        row=row,
        rows=rows,
        detail=detail,
        waterfall=build_waterfall(
            row["expected_value"], reasons.get("value") or [], publication.starts.get("value")
        ),
        churn=build_points(reasons.get("churn") or []),
        upgrade=build_points(reasons.get("upgrade") or []),
        dimensions=[(name, row.get(name)) for name in DIMENSIONS],
        changes=_compare(store, row, publication, detail),
        next_order=next_order,
        chart=_draw(detail, next_order, publication),
        recent=_list_recent(detail),
    )


def _answer_unknown(request: Request, publication: Publication, customer_id: str) -> Response:
    return render_published(
        request, "unknown_customer.html", publication, status=404, customer_id=customer_id
    )


def _read_detail(store: ScoreStore, customer_id: str, publication: Publication) -> CustomerDetail | None:
    found = store.detail(customer_id, publication)
    try:
        return None if found is None else CustomerDetail.model_validate(found)
    except ValidationError:  # another release published it
        return None


def _compare(
    store: ScoreStore, row: dict[str, Any], publication: Publication, detail: CustomerDetail | None
) -> dict[str, Any] | None:
    """Return what changed since the publication before; None where there is none."""
    try:
        previous = store.previous()
        before = [] if previous is None else store.get(row["customer_id"], previous)
    except StoreError:  # it was dropped just now
        return None
    if previous is None:
        return None
    match = next((each for each in before if each.get("seller_id") == row.get("seller_id")), None)
    changes = None if match is None else list_changes(match, row, publication.currency)
    since = find_end_day(previous) if previous.as_of < publication.as_of else None
    told = "" if detail is None or since is None else say_since(detail, since, publication.currency)
    return {"previous": previous, "changes": changes, "since": told}


def _draw(detail: CustomerDetail | None, next_order: dt.date | None, publication: Publication) -> Any:
    if detail is None or not detail.timeline.day:
        return None
    from serving.console.charts.customer_charts import draw_timeline  # noqa: PLC0415 - Altair takes half a second

    return draw_timeline(detail, next_order, publication)


def _list_recent(detail: CustomerDetail | None, most: int = 15) -> list[tuple[Any, ...]]:
    if detail is None:
        return []
    timeline = detail.timeline
    rows = zip(timeline.day, timeline.kind, timeline.words, timeline.money, timeline.count, strict=True)
    return list(rows)[: -most - 1 : -1]
