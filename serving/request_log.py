"""The request log: an id, a line and the figures of every request, without personal data.

Pure ASGI, the outermost part of the service. Of a customer the line holds a hash of the id, salted so that
nobody can find the customer by trying ids; of the address only the route, of the caller only the key's id.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import Metrics
from serving.problems import answer_problem

logger = logging.getLogger("serving.access")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_NO_ROUTE = "(no route)"


class RequestLog:
    """Gives requests their id, counts them, and writes a line of JSON for each.

    Parameters
    ----------
    app : ASGI application
    metrics : Metrics
    salt : bytes
        Of the hashes of customers' ids; the same one finds the same customer again.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, salt: bytes) -> None:
        self._app = app
        self._metrics = metrics
        self._salt = salt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _find_request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id.decode()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            if not status:
                detail = "the service failed, which is its own fault; the log has more under the request's id"
                await answer_problem(500, detail)(scope, receive, send_with_id)
            raise
        finally:
            self._note(scope, state, status, time.perf_counter() - started)

    def _note(self, scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or _NO_ROUTE
        method = scope["method"] if route != _NO_ROUTE else "-"  # anybody may send any method
        self._metrics.count_request(method, route, status, seconds)
        if not logger.isEnabledFor(logging.INFO):
            return
        line = {
            "request_id": state["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1_000, 3),
        }
        line |= {name: state[name] for name in ("key", "customers", "model_version") if name in state}
        customer = scope.get("path_params", {}).get("customer_id")
        if customer is not None:
            line["customer"] = self._hash(customer)
        logger.info("request", extra={"fields": line})

    def _hash(self, customer: str) -> str:
        return hmac.new(self._salt, customer.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
            :16
        ]


def _find_request_id(scope: Scope) -> bytes:
    """Return the id that the caller gave, if it is one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            found: bytes = value
            return found
    return secrets.token_hex(8).encode()
