"""The service over real HTTP, beside an empty route and beside MLflow's own server of the same bundle.

A request's cost is the server's processor time, which other programs on the machine don't change; how long
single requests take is measured by turns, so that all suffer alike.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.registry import BUNDLE_FOLDER
from models.request import score_request
from tests.benchmarks.server import Server
from tests.serving.projects import AS_OF, EXAMPLES, Project, build_customer, create_project, fit_shop
from tests.serving.running import Running
from training.mlflow_model import write_mlflow_model

WARM_S = 8.0
"""After so long nothing is warmed up any more, in seconds."""

ROUNDS = 5

TOGETHER = 16
"""Connections that ask at the same time, where throughput is measured."""


def build_body(customers: int, lines: int, **more: Any) -> bytes:
    """Return a request whose lines have what a shop system knows of them."""
    asked = []
    for number in range(customers):
        customer = build_customer(f"C{number}", lines)
        for i, row in enumerate(customer["transactions"]):
            row |= {
                "order_id": f"{number}-{i // 3}",
                "product_id": f"P{i}",
                "category": "COFFEE",
                "quantity": 2,
            }
        asked.append(customer)
    return json.dumps({"as_of": AS_OF.isoformat(), "customers": asked, **more}).encode()


def measure(server: Server, body: bytes, times: int, together: int) -> tuple[float, list[float]]:
    """Return the processor's seconds a request, and the times that requests took."""
    before = server.processor_s()
    taken = server.ask(body, times, together)
    return (server.processor_s() - before) / len(taken), taken


def compare(
    servers: dict[str, tuple[Server, bytes]], times: int, together: int = 1
) -> dict[str, dict[str, float]]:
    """Return each server's processor time a request and 50th and 99th percentile, in milliseconds.

    `together` connections ask at the same time, so many `times` each.
    """
    costs: dict[str, list[float]] = {name: [] for name in servers}
    taken: dict[str, list[float]] = {name: [] for name in servers}
    for server, body in servers.values():
        server.ask(body, 50, together)
    for _ in range(ROUNDS):
        for name, (server, body) in servers.items():
            cost, found = measure(server, body, times, together)
            costs[name].append(cost)
            taken[name] += found
    return {name: _describe(costs[name], taken[name]) for name in servers}


def _describe(costs: list[float], taken: list[float]) -> dict[str, float]:
    percentiles = statistics.quantiles(taken, n=100)
    return {"cpu": 1e3 * min(costs), "p50": 1e3 * percentiles[49], "p99": 1e3 * percentiles[98]}


@contextmanager
def run_empty(folder: Path) -> Iterator[Server]:
    """Run the empty route."""
    port = find_free_port()
    with _run(
        [sys.executable, "-m", "tests.benchmarks.empty_service", str(port)], folder / "empty.log"
    ) as process:
        wait_for(port, "/readyz")
        yield Server(process, port)


@contextmanager
def run_mlflow(project: Project) -> Iterator[Server]:
    """Run ``mlflow models serve`` on the bundle that the service serves."""
    model, port = project.folder / "mlflow-model", find_free_port()
    bundle = project.registry.workspace / "mlflow" / "1" / BUNDLE_FOLDER
    outputs = score_request(project.shop.scorers[0], EXAMPLES, AS_OF)
    ids = {"model_id": "m-1", "run_id": "r-1", "artifact_path": str(model)}
    write_mlflow_model(model, bundle, EXAMPLES, outputs, as_of=AS_OF, ids=ids)
    command = [*(sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model))]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with _run(command, project.folder / "mlflow.log") as process:
        wait_for(port, "/ping")
        yield Server(process, port, "/invocations")


@contextmanager
def _run(command: list[str], log: Path) -> Iterator[int]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # MLflow calls uvicorn by name
    environment = {
        **os.environ,
        "PATH": path,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONPATH": str(Path.cwd()),
    }
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True, env=environment)
    try:
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def find_free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers with 200."""
    until = time.monotonic() + 120
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            assert connection.getresponse().status == 200
        except (OSError, AssertionError):
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            connection.close()
            return


def measure_memory(service: Running) -> float:
    """Return the mean proportional memory of a service's workers, in MiB."""
    sizes = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in service.workers]
    shares = [int(line.split()[1]) for text in sizes for line in text.splitlines() if line.startswith("Pss:")]
    return sum(shares) / len(shares) / 1024


def main() -> None:
    """Print the figures as JSON."""
    folder = Path(tempfile.mkdtemp())
    project = create_project(folder, fit_shop())
    one, many = build_body(1, 20), build_body(100, 20)
    told = build_body(1, 20, explain=5)
    split = {"columns": ["customer_id", "transactions"]}
    asked = json.loads(one)
    rows = [[each["customer_id"], each["transactions"]] for each in asked["customers"]]
    invocation = {"dataframe_split": {**split, "data": rows}, "params": {"as_of": asked["as_of"]}}
    started = time.perf_counter()
    service = Running(project.config, folder / "serve.log")
    found: dict[str, Any] = {"ready_s": time.perf_counter() - started}
    time.sleep(WARM_S)
    ours = Server(service.process.pid, service.port)
    try:
        with run_empty(folder) as empty:
            routes = {"empty": (empty, one), "one": (ours, one), "reasons": (ours, told)}
            found |= compare(routes, 400)
            found["together"] = compare(routes, 50, TOGETHER)
            found |= compare({"hundred": (ours, many)}, 20)
        with run_mlflow(project) as mlflow:
            routes = {"one": (ours, one), "mlflow": (mlflow, json.dumps(invocation).encode())}
            found["mlflow"] = compare(routes, 40)
            found["mlflow_together"] = compare(routes, 5, TOGETHER)
        found["ready_cpu_s"] = measure_start(project)
    finally:
        service.stop()
    workers = Running(project.config, folder / "workers.log", "--workers", "2")
    workers.wait_until(lambda: workers.log.read_text().count("version 1 serves") == 2)
    found["worker_mib"] = measure_memory(workers)
    workers.stop()
    shutil.rmtree(folder)
    print(json.dumps(found))


def measure_start(project: Project) -> float:
    """Return the processor time from start to ready, in seconds."""
    service = Running(project.config, project.folder / "again.log")
    taken = Server(service.process.pid, service.port).processor_s()
    service.stop()
    return taken


if __name__ == "__main__":
    main()
