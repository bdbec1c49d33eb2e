"""MLflow's stores: a real server with PostgreSQL, and embedded ones without their slow beginning."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest

from models.registry import Registry
from training import tracking

_POSTGRES = "host=127.0.0.1 port=5432 user=postgres dbname=test connect_timeout=3"


@pytest.fixture(scope="session", autouse=True)
def _tables_of_one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Begin embedded stores with the tables of a first one: MLflow takes seconds for its many migrations."""
    first = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    prepare = tracking._prepare_embedded

    def prepare_with_tables(registry: Registry) -> str:
        uri = prepare(registry)
        store = Path(uri.removeprefix("sqlite:///"))
        if not store.stat().st_size:
            if not first.exists():
                from mlflow import MlflowClient

                MlflowClient(f"sqlite:///{first}").search_experiments()
            shutil.copyfile(first, store)
        return uri

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "_prepare_embedded", prepare_with_tables)
        yield


@dataclass
class MlflowServer:
    """A server process; `uri` waits until it answers."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    @property
    def uri(self) -> str:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urlopen(f"{self.address}/health", timeout=5):
                    return self.address
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        raise RuntimeError(f"MLflow server did not start:\n{self.log.read_text()[-2000:]}")


def find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """Start a server once and early: MLflow takes ten seconds for that."""
    try:
        postgres = psycopg.connect(_POSTGRES, autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    name = f"mlflow_{uuid.uuid4().hex[:12]}"
    folder = tmp_path_factory.mktemp("mlflow_server")
    port = find_free_port()
    with postgres:
        postgres.execute(f"CREATE DATABASE {name}")
        try:
            with _start(folder, name, port) as server:
                yield server
        finally:
            postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _start(folder: Path, database: str, port: int) -> Iterator[MlflowServer]:
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--artifacts-destination", str(folder / "artifacts")),
        *("--backend-store-uri", f"postgresql+psycopg://postgres@127.0.0.1:5432/{database}"),
    ]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **quiet}, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield MlflowServer(process, f"http://127.0.0.1:{port}", log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
