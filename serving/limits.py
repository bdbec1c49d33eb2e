"""Limits: how large a body, how long and how many at a time; beyond them a reason, never a crash."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import ProblemError, answer_problem

_ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by what watches the service, which has to see it when it is busy."""


class Limits:
    """Pure ASGI: refuses what is too large, too slow or too much at once.

    Parameters
    ----------
    app : ASGI application
    max_body : int
        Bytes, counted as they come where no length is given.
    max_in_flight : int
        Requests that are answered at a time.
    timeout_s : float
        From the first byte of a request to the first of its answer, in seconds.
    """

    def __init__(self, app: ASGIApp, max_body: int, max_in_flight: int, timeout_s: float) -> None:
        self._app = app
        self._max_body = max_body
        self._max_in_flight = max_in_flight
        self._timeout_s = timeout_s
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._max_in_flight:
            detail = f"{self._max_in_flight} requests are being answered already; try again in a second"
            await answer_problem(503, detail, headers={"Retry-After": "1"})(scope, receive, send)
            return
        self._in_flight += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, self._max_body, _find_length(scope))
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            if not started:
                started = True
                limit.reschedule(None)  # a long stream of rows may take its time
            await send(message)

        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                await self._app(scope, body.receive, send_and_note)
        except TimeoutError:
            if started or not limit.expired():
                raise
            await self._refuse_slow(body)(scope, receive, send)

    def _refuse_slow(self, body: _Body) -> ASGIApp:
        if not body.complete:
            return answer_problem(
                408, f"the body did not arrive within {self._timeout_s:g} seconds; send it again"
            )
        detail = f"no answer within {self._timeout_s:g} seconds; send fewer customers a request"
        return answer_problem(503, detail, headers={"Retry-After": "5"})


class _Body:
    """Counts what arrives of a body."""

    def __init__(self, receive: Receive, most: int, length: int | None) -> None:
        self._receive = receive
        self._most = most
        self._length = length
        self._arrived = 0
        self.complete = False

    async def receive(self) -> Message:
        if self._length is not None and self._length > self._most:
            raise self._too_large()
        message = await self._receive()
        if message["type"] == "http.request":
            self._arrived += len(message.get("body", b""))
            self.complete = not message.get("more_body", False)
            if self._arrived > self._most:
                raise self._too_large()
        return message

    def _too_large(self) -> ProblemError:
        detail = f"the body is larger than {self._most:,} bytes; send fewer customers a request"
        return ProblemError(413, detail, headers={"Connection": "close"})


def _find_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None
