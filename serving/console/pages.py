"""Pages: templates, what every page shows, and the headers that keep a page to itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from models.score_store.publication import Publication
from serving.console import wording
from serving.console.assets import link_asset
from serving.console.session import is_signed_in

SCRIPTS = (
    "vendor/vega-6.4.0.min.js",
    "vendor/vega-lite-6.5.0.min.js",
    "vendor/vega-embed-7.3.0.min.js",
    "vendor/htmx-2.0.11.min.js",
    "console.js",
)
"""In the order in which they need each other."""

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_FRESH_DAYS = 7
_TEMPLATES = Path(__file__).parent / "templates"
_UNSAFE_IN_PATHS = {".", "..", ""}


def render(request: Request, name: str, status: int = 200, **content: Any) -> Response:
    """Return a page, or a part of one.

    Parameters
    ----------
    request : Request
    name : str
        Of the template.
    status : int
    **content
        What the template shows; `publication` and `currency` among it where there is one.
    """
    shown = {"publication": None, "currency": "", "stale": None, "path": request.url.path, **content}
    shown["signed_in"] = is_signed_in(request)
    text = create_templates().get_template(name).render(shown)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


@lru_cache(maxsize=1)
def create_templates() -> Environment:
    """Return the templates with the filters that write figures."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "clean": wording.clean,
        "count": wording.count,
        "customer_link": link_customer,
        "day": wording.day,
        "money": wording.money,
        "percent": wording.percent,
        "sentence": wording.sentence,
        "short_money": wording.short_money,
    }
    templates.globals |= {"asset": link_asset, "scripts": SCRIPTS, "nothing": wording.NOTHING}
    return templates


def find_publication(request: Request) -> Publication | None:
    """Return what is published; None before the first publication.

    Raises
    ------
    StoreError
        When the store can't be read.
    """
    publication: Publication | None = request.app.state.published.refresh()
    return publication


def render_published(request: Request, name: str, publication: Publication, **content: Any) -> Response:
    """Return a page about a publication, with a note where its data is old."""
    shown = {"publication": publication, "currency": publication.currency, **content}
    return render(request, name, stale=find_stale(publication, dt.datetime.now(dt.UTC)), **shown)


@dataclass(frozen=True)
class Stale:
    """How many days old the data behind scores is, and whether all that they foresee is over."""

    days: int
    over: bool


def find_stale(publication: Publication, now: dt.datetime) -> Stale | None:
    """Return how old a publication's data is; None where it is new enough for what it foresees."""
    days = (now - publication.as_of).days
    if not publication.customers or days <= max(_FRESH_DAYS, publication.horizon_days / 3):
        return None
    return Stale(days, days >= publication.horizon_days)


def render_empty(request: Request) -> Response:
    """Return the page that is shown while nothing is published."""
    return render(request, "empty.html")


def link_customer(customer_id: str) -> str:
    """Return the address of a customer's page.

    Examples
    --------
    >>> link_customer("a/b c?"), link_customer("..")
    ('/customer/a%2Fb%20c%3F', '/customer?id=..')
    """
    quoted = quote(customer_id, safe="", errors="replace")
    # A browser takes dots for folders, and leaves them out.
    return f"/customer?id={quoted}" if customer_id in _UNSAFE_IN_PATHS else f"/customer/{quoted}"


def is_part(request: Request) -> bool:
    """Return whether the page itself asks for a part of it."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def read_form_texts(values: Mapping[str, str]) -> dict[str, str]:
    """Return what was filled in; an empty field is none."""
    return {name: text.strip() for name, text in values.items() if text.strip()}
