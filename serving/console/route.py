"""The console's kind of route: who may see a page, what a failure looks like, and headers on everything."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from features.errors import ConfigError
from models.errors import StoreError
from serving.console.pages import HEADERS, is_part, render
from serving.console.session import ForeignFormError, SignInRequiredError
from serving.problems import ProblemError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ConsoleRoute(APIRoute):
    """Answers with pages, failures too."""

    def get_route_handler(self) -> Handler:
        """Return the handler that FastAPI would use, with failures turned into pages."""
        answer = super().get_route_handler()

        async def answer_with_page(request: Request) -> Response:
            try:
                response = await answer(request)
            except SignInRequiredError:
                response = _send_to_sign_in(request)
            except ForeignFormError:
                words = "The form came from another site. Open the console itself and send it from there."
                response = render(request, "error.html", 403, title="Not accepted", words=words)
            except StoreError as error:
                response = render(
                    request, "error.html", 503, title="The scores can't be read", words=str(error)
                )
            except ProblemError as error:
                response = render(
                    request, "error.html", error.status, title="Not available", words=error.detail
                )
            except (ConfigError, RequestValidationError) as error:
                words = _say_wrong(error)
                response = render(request, "error.html", 422, title="That can't be asked", words=words)
            response.headers.update(HEADERS)
            return response

        return answer_with_page


def _send_to_sign_in(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"/sign-in?next={quote(request.url.path + query, safe='')}"
    if is_part(request):  # a redirect would be followed unseen, and end in the middle of the page
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def _say_wrong(error: ConfigError | RequestValidationError) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    return "; ".join(f"{found['loc'][-1]}: {found['msg']}" for found in error.errors()[:5])
