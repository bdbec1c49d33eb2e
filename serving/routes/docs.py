"""`/docs`: the reference of the routes, as a page."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from serving.api_reference import build_page

router = APIRouter(include_in_schema=False)

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/docs", response_class=HTMLResponse)
def get_docs(request: Request) -> HTMLResponse:
    """Show what routes there are, what they take and what they answer."""
    return HTMLResponse(_build(request.app), headers=_HEADERS)


@cache
def _build(app: FastAPI) -> str:
    return build_page(app.openapi())
