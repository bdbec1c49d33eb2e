"""`uptier serve` as a process: starting, refusing, stopping, workers that die, promotions under load."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from features.errors import ConfigError
from serving.keys import Scope, open_keys
from serving.service import Address, bind, serve
from tests.serving.projects import AS_OF, Project, build_customer, publish
from tests.serving.running import Running, run_service

BODY = {"as_of": AS_OF.isoformat(), "customers": [build_customer("a", 9), build_customer("b", 2)]}


def test_an_address_that_is_in_use_is_one_clear_line(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "uptier", "serve", "--config", str(project.config), "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"uptier: 127.0.0.1:{port} is in use by another program; choose another with --port"
    )


def test_without_a_key_no_other_address_is_bound(project: Project) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
        with pytest.raises(ConfigError, match="no key is configured"):
            serve(project.settings, project.config, Address(host, 0), 1)


def test_with_a_key_any_address_of_this_machine_is_bound(project: Project) -> None:
    open_keys(project.settings).create("crm", Scope.PREDICT, AS_OF)
    with pytest.raises(ConfigError, match="cannot listen there"):
        serve(project.settings, project.config, Address("192.0.2.1", 0), 1)
    with bind(Address("0.0.0.0", 0)) as listener:
        assert listener.getsockname()[1]


def test_one_process_answers_logs_and_stops_in_order(project: Project) -> None:
    publish(project)
    with run_service(project.config) as service:
        said = service.log.read_text()
        assert "no key is configured: everybody on this machine is answered, and nobody else" in said
        status, answer = service.ask("POST", "/predict", BODY, {"x-request-id": "crm-17"})
        assert status == 200
        assert [row["customer_id"] for row in answer["predictions"]] == ["a", "b"]
        service.ask("GET", "/v1/customers/somebody@example.com")
        service.ask("POST", "/predict", {"customers": [{"customer_id": "x", "attributes": 7}]})
        assert service.stop() == 0
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    requests = {line["request_id"]: line for line in lines if line["message"] == "request"}
    predicted = requests["crm-17"]
    assert predicted["route"] == "/predict"
    assert (predicted["customers"], predicted["model_version"], predicted["status"]) == (2, "1", 200)
    asked = next(line for line in lines if line.get("route") == "/v1/customers/{customer_id}")
    assert len(asked["customer"]) == 16
    assert "example.com" not in service.log.read_text()


def test_requests_that_were_accepted_are_answered_when_it_stops(project: Project) -> None:
    rows = [{"timestamp": f"2024-05-{1 + i % 28:02d}", "amount": 1 + i % 7} for i in range(60)]
    large = {
        "explain": True,
        "customers": [{"customer_id": str(i), "transactions": rows} for i in range(500)],
    }
    found: list[int] = []
    with run_service(project.config) as service:
        asking = threading.Thread(target=lambda: found.append(service.ask("POST", "/predict", large)[0]))
        asking.start()
        time.sleep(0.3)  # by now it works on it
        assert service.stop() == 0
        asking.join(30)
    assert found == [200]


class Load:
    """Asks without pause on connections that stay open, and keeps what came."""

    def __init__(self, service: Running, connections: int = 2) -> None:
        self.answers: list[dict[str, Any]] = []
        self.failures: list[str] = []
        self._service = service
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(connections)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self) -> None:
        body = json.dumps(BODY)
        connection = http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=30)
        while not self._stop.is_set():
            try:
                connection.request("POST", "/predict", body, {"content-type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            if answer.status == 200:
                self.answers.append(json.loads(text))
            else:
                self.failures.append(text.decode())
        connection.close()


def test_promotions_under_load_fail_no_request_and_mix_no_models(project: Project) -> None:
    with run_service(project.config) as service, Load(service) as load:
        for number, version in enumerate((2, 1, 2, 1)):
            time.sleep(0.5)
            if number == 2:
                (project.registry.workspace / "mlflow" / "2" / "bundle" / "base.json").write_text("{}")
                for copy in (project.registry.folder / "bundles").glob("*/base.json"):
                    copy.write_text("{}")  # broken everywhere: what serves is in memory
            project.promote(version)
        time.sleep(0.5)
    assert load.failures == []
    by_version: dict[str, set[str]] = {}
    for answer in load.answers:
        versions = {row["model_version"] for row in answer["predictions"]} | {answer["model_version"]}
        assert len(versions) == 1
        figures = {json.dumps(row["expected_value"]) for row in answer["predictions"]}
        by_version.setdefault(versions.pop(), set()).update(figures)
    assert by_version.keys() == {"1", "2"}
    assert all(len(figures) == 2 for figures in by_version.values())  # of two customers, always the same
    assert by_version["1"].isdisjoint(by_version["2"])


def test_a_killed_worker_is_replaced_while_the_others_serve(project: Project) -> None:
    with run_service(project.config, "--workers", "2") as service:
        service.wait_until(lambda: len(service.workers) == 2)
        first = service.workers
        assert service.ask("POST", "/predict", BODY)[0] == 200
        with Load(service) as load:
            time.sleep(0.5)
            os.kill(first[0], signal.SIGKILL)
            service.wait_until(lambda: len(service.workers) == 2 and set(service.workers) != set(first))
            time.sleep(0.5)
        # What the killed worker held is lost; nothing that another one was asked is.
        assert len(load.failures) <= 2
        assert len(load.answers) > 10
        service.wait_until(lambda: "version 1 serves" in service.log.read_text().rpartition("ended with")[2])
        status, metrics = service.ask("GET", "/metrics")
        assert status == 200
        counted = next(line for line in metrics.splitlines() if line.startswith("uptier_predictions_total"))
        assert float(counted.split()[-1]) >= len(load.answers)  # those of the dead worker count too
        assert service.stop() == 0
    assert "a worker ended with code -9; another takes its place" in service.log.read_text()


def test_workers_that_cannot_serve_are_not_started_for_ever(project: Project, tmp_path: Path) -> None:
    config = project.config
    config.write_text(config.read_text() + 'playbook = "nowhere.toml"\n')
    done = subprocess.run(
        [sys.executable, "-m", "uptier", "serve", "--config", str(config), "--port", "0", "--workers", "2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "nowhere.toml: no such file" in done.stderr
    assert done.stderr.splitlines()[-1] == "uptier: a worker can't serve; its reason is above"


def test_it_stops_at_once_while_it_still_starts(project: Project, tmp_path: Path) -> None:
    for delay in (0.5, 1.5, 3.0):
        command = [sys.executable, "-m", "uptier", "serve", "--config", str(project.config), "--port", "0"]
        process = subprocess.Popen([*command, "--workers", "2"], stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.terminate()
        assert process.wait(20) in {0, -signal.SIGTERM}
