"""Requests that wait at the same time: they are answered in one pass.

Scoring one customer takes more than half as long as scoring eight, for most of it is what a pass costs by
itself. So requests that come in while others are being answered wait for each other, but never for a clock:
the loop hands over all that has arrived, and an idle service answers at once.
"""

from __future__ import annotations

import asyncio

from serving.predicting import Answer, Asked, answer_together

MOST_TOGETHER = 64
"""Customers that are gathered for a pass: more would keep the loop from other requests for no gain."""

_Waiting = tuple[Asked, "asyncio.Future[Answer]"]


class WaitingRequests:
    """Answers small requests on the event loop, as many at a time as have arrived.

    Parameters
    ----------
    currency : str
        ISO 4217 code.
    """

    def __init__(self, currency: str) -> None:
        self._currency = currency
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
            self._answer(together)

    def _answer(self, together: list[_Waiting]) -> None:
        try:
            answers = answer_together([asked for asked, _ in together], self._currency)
        except Exception as error:  # noqa: BLE001 - each request raises its own
            if len(together) == 1:
                together[0][1].set_exception(error)
                return
            for each in together:  # one of them is to blame
                self._answer([each])
        else:
            for (_, future), answer in zip(together, answers, strict=True):
                future.set_result(answer)


def _part(waiting: list[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """Return those that are scored with the first, and those that go on waiting; who gave up is left out."""
    together: list[_Waiting] = []
    rest: list[_Waiting] = []
    customers = 0
    for asked, future in waiting:
        if future.done():
            continue
        fits = not together or (
            asked.goes_with(together[0][0]) and customers + len(asked.customers) <= MOST_TOGETHER
        )
        customers += len(asked.customers) if fits else 0
        (together if fits else rest).append((asked, future))
    return together, rest
