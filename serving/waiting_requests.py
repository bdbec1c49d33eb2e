"""Requests that wait at the same time: they are answered in one pass.

Scoring one customer takes more than half as long as scoring eight, for most of it is what a pass costs by
itself. So requests that come in while others are being answered wait for each other, but never for a clock:
the loop hands over all that has arrived, and an idle service answers at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from serving.predicting import Answer, Asked

MOST_TOGETHER = 64
MOST_ROWS = 2_000
"""Customers, and rows of them, that are gathered for a pass: more would keep the loop from other requests."""

_Waiting = tuple[Asked, "asyncio.Future[Answer]"]


class WaitingRequests:
    """Answers small requests on the event loop, as many at a time as have arrived.

    Parameters
    ----------
    answer : callable
        Answers requests that go with each other: `serving.predicting.answer_together`.
    """

    def __init__(self, answer: Callable[[Sequence[Asked]], list[Answer]]) -> None:
        self._answer = answer
        self._waiting: list[_Waiting] = []

    async def answer(self, asked: Asked) -> Answer:
        """Return the answer to a request.

        Raises
        ------
        DataError
            When its customers can't be scored as they are; others that were answered with it don't notice.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._answer_next, 0)
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((asked, future))
        return await future

    def _answer_next(self, known: int) -> None:
        """Answer the next pass, unless more have arrived since so many were known: then look once more."""
        loop = asyncio.get_running_loop()
        if known < len(self._waiting) < MOST_TOGETHER:
            loop.call_soon(self._answer_next, len(self._waiting))
            return
        together, self._waiting = _part(self._waiting)
        if self._waiting:
            loop.call_soon(self._answer_next, len(self._waiting))
        if together:
            self._answer_together(together)

    def _answer_together(self, together: list[_Waiting]) -> None:
        try:
            answers = self._answer([asked for asked, _ in together])
        except Exception as error:  # noqa: BLE001 - each request raises its own
            self._answer_alone(together, error)
        else:
            for (_, future), answer in zip(together, answers, strict=True):
                future.set_result(answer)

    def _answer_alone(self, together: list[_Waiting], error: Exception) -> None:
        """Find who is to blame, with a turn of the loop for each."""
        if len(together) == 1:
            together[0][1].set_exception(error)
            return
        loop = asyncio.get_running_loop()
        for each in together:
            loop.call_soon(self._answer_if_wanted, each)

    def _answer_if_wanted(self, each: _Waiting) -> None:
        if not each[1].done():
            self._answer_together([each])


def _part(waiting: list[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """Return those that are scored with the first, and those that go on waiting; who gave up is left out."""
    together: list[_Waiting] = []
    rest: list[_Waiting] = []
    customers = rows = 0
    for asked, future in waiting:
        if future.done():
            continue
        has_room = customers + len(asked.customers) <= MOST_TOGETHER and rows + asked.rows <= MOST_ROWS
        if not together or (has_room and asked.goes_with(together[0][0])):
            together.append((asked, future))
            customers, rows = customers + len(asked.customers), rows + asked.rows
        else:
            rest.append((asked, future))
    return together, rest
