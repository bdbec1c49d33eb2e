"""A real service: `uptier serve` in a process of its own, asked over real HTTP."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Running:
    """A service that runs.

    Attributes
    ----------
    process : Popen
    port : int
    said : str
        What it said at start.
    """

    def __init__(self, config: Path, log: Path, *options: str) -> None:
        self.log = log
        command = [sys.executable, "-m", "uptier", "serve", "--config", str(config), "--port", "0", *options]
        with log.open("wb") as file:
            self.process = subprocess.Popen(command, stderr=file, stdout=file)
        try:
            self.port = self._find_port()
            self.wait_until(self._is_ready)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return status and document of an answer, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, path, content, {"content-type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] in {b"{", b"["} else text.decode()
        finally:
            connection.close()

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(each) for each in found.split()]

    def wait_until(self, condition: Any, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> int:
        """Tell it to stop; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def _find_port(self) -> int:
        self.wait_until(lambda: b"serving on" in self.log.read_bytes())
        found = re.search(r"serving on http://[^ ]*:(\d+)", self.log.read_text())
        assert found
        return int(found[1])

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False


@contextmanager
def run_service(config: Path, *options: str) -> Iterator[Running]:
    """Run a service, and end it whatever happens."""
    service = Running(config, config.with_name(f"serve-{os.getpid()}.log"), *options)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.terminate()
            service.process.wait(30)
