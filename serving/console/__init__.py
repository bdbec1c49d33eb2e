"""The marketers' console: how is my base doing, whom do I contact next, why this one, may I trust it.

Pages are rendered here, from what was published; nothing is computed over the base on request. Script, style
and charts' library come from this package, so that a page asks no other server for anything.
"""

from __future__ import annotations

from fastapi import APIRouter

from serving.console.candidates_page import router as candidates
from serving.console.customer_page import router as customer
from serving.console.model_page import router as model
from serving.console.overview_page import router as overview
from serving.console.route import ConsoleRoute
from serving.console.sign_in import router as sign_in
from serving.console.static_files import router as static_files

__all__ = ["create_console"]


def create_console() -> APIRouter:
    """Return the console's routes.

    They read `app.state`: `settings`, `published`, `store`, `model`, `keys` and `access`.
    """
    console = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
    for pages in (overview, candidates, customer, model, sign_in, static_files):
        console.include_router(pages)
    return console
