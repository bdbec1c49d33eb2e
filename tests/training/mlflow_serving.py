"""``mlflow models serve`` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.training.conftest import find_free_port

ROOT = Path(__file__).parents[2]


@contextmanager
def serve_with_mlflow(folder: Path) -> Iterator[Callable[[bytes], Any]]:
    """Serve a model's folder; yield what asks it, which waits until it answers."""
    port = find_free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(folder)),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # MLflow calls uvicorn by name
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONPATH": str(ROOT), "PATH": path}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **quiet}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield lambda body: _ask(process, f"http://127.0.0.1:{port}", body)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _ask(process: subprocess.Popen[bytes], address: str, body: bytes) -> Any:

    request = Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{address}/ping", timeout=5), urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise RuntimeError(f"mlflow models serve did not answer: {process.poll()}")
