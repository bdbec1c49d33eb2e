"""Signing in with an API key, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from serving.console.pages import render
from serving.console.route import ConsoleRoute
from serving.console.session import check_origin, end_session, start_session
from serving.keys import Keys, Scope

router = APIRouter(route_class=ConsoleRoute)


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "/") -> Response:
    """Show the form; where no key is configured there is nothing to sign in to."""
    if not request.app.state.keys.configured:
        return RedirectResponse(_keep_inside(next), 303)
    return render(request, "sign_in.html", next=_keep_inside(next), refused=False)


@router.post("/sign-in")
def sign_in(
    request: Request,
    key: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Start a session with a key of scope read."""
    check_origin(request)
    keys: Keys = request.app.state.keys
    found = keys.check(key.strip(), Scope.READ)
    if found is None:
        return render(request, "sign_in.html", 403, next=_keep_inside(next), refused=True)
    response = RedirectResponse(_keep_inside(next), 303)
    start_session(request, response, found)
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End the session."""
    check_origin(request)
    response = RedirectResponse("/sign-in", 303)
    end_session(response)
    return response


def _keep_inside(address: str) -> str:
    r"""Return an address of this site; the front page instead of any other.

    Examples
    --------
    >>> _keep_inside("/model"), _keep_inside("//evil.example"), _keep_inside("/\\\\evil.example")
    ('/model', '/', '/')
    """
    inside = address.startswith("/") and address[1:2] not in {"/", "\\"}
    return address if inside and address.isprintable() else "/"
