"""A server that is asked, and what answering costs its processor."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import cast

import httptools
import uvloop

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A server that is asked: its process, port and path."""

    process: int
    port: int
    path: str = "/predict"

    def processor_s(self) -> float:
        """Return what it and its children have computed so far, in seconds."""
        return sum(_ticks(each) for each in _family(self.process)) / _TICKS

    def ask(self, body: bytes, times: int, together: int = 1) -> list[float]:
        """Ask so many times on each of some connections; return how long each request took, in seconds."""
        lines = (
            f"POST {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        request = "\r\n".join((*lines, "", "")).encode() + body
        return uvloop.run(self._ask(request, times, together))

    async def _ask(self, request: bytes, times: int, together: int) -> list[float]:
        loop = asyncio.get_running_loop()
        askers = []
        for _ in range(together):
            _, asker = await loop.create_connection(lambda: Asker(request, times), "127.0.0.1", self.port)
            askers.append(asker)
        async with asyncio.timeout(120):
            return [each for asker in askers for each in await asker.done]


class Asker(asyncio.Protocol):
    """A connection that asks again as soon as it is answered.

    Parameters
    ----------
    request : bytes
    times : int

    Attributes
    ----------
    done : future
        How long each request took, in seconds.
    """

    def __init__(self, request: bytes, times: int) -> None:
        self.done: asyncio.Future[list[float]] = asyncio.get_running_loop().create_future()
        self._request = request
        self._times = times
        self._taken: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Read what comes."""
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail, if it was not ended on purpose."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def on_message_complete(self) -> None:
        """Ask again."""
        self._taken.append(time.perf_counter() - self._started)
        if self._parser.get_status_code() != HTTPStatus.OK:
            self.done.set_exception(AssertionError(f"answered {self._parser.get_status_code()}"))
        elif len(self._taken) == self._times:
            self.done.set_result(self._taken)
        else:
            self._ask()
            return
        self._transport.close()

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._started = time.perf_counter()
        self._transport.write(self._request)


def _family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(each for child in children for each in _family(int(child)))]


def _ticks(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
