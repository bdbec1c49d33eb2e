"""A service under load for a minute: promotions, a broken bundle, a registry that goes and comes, bad bodies.

``python -m tests.benchmarks.soak [SECONDS]`` runs a real MLflow server and, on its models, `uptier serve`
with two workers. No request may fail, and every answer has to be of exactly one model.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.bundle import save_bundle
from models.model_index import ModelVersion
from models.registry import BUNDLE_FOLDER, Registry
from tests.benchmarks.serve import build_body, find_free_port, wait_for
from tests.serving.malformed import build_bodies
from tests.serving.projects import AS_OF, EXAMPLES, Project, create_project, fit_shop
from tests.serving.running import Running
from training.tracking import Tracking
from training.training_record import DatasetRecord, TrainingRecord

PROMOTION_S = 5.0
BAD_BODIES = 10_000


@dataclass
class Seen:
    """What the load saw."""

    answers: Counter[str] = field(default_factory=Counter)
    figures: dict[str, set[str]] = field(default_factory=dict)
    mixed: int = 0
    failures: list[str] = field(default_factory=list)
    bad_bodies: Counter[int] = field(default_factory=Counter)

    def note(self, answer: dict[str, Any]) -> None:
        """Note an answer's version, and the figures that it came with."""
        versions = {row["model_version"] for row in answer["predictions"]} | {answer["model_version"]}
        self.mixed += len(versions) > 1
        version = versions.pop()
        self.answers[version] += 1
        values = json.dumps([row["expected_value"] for row in answer["predictions"]])
        self.figures.setdefault(version, set()).add(values)


class MlflowServer:
    """A real MLflow server, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = find_free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        store = f"sqlite:///{self._folder}/mlflow.db"
        command = [*(sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store)]
        command += ["--artifacts-destination", str(self._folder / "artifacts"), "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}
        with (self._folder / "mlflow.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=quiet, start_new_session=True
            )
        wait_for(self.port, "/health")

    def set_champion(self, version: int) -> None:
        """Move the alias as MLflow's own pages do, where nobody checks the bundle."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        asked = json.dumps({"name": "shop", "alias": "champion", "version": str(version)})
        path = "/api/2.0/mlflow/registered-models/alias"
        connection.request("POST", path, asked, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()

    def kill(self) -> None:
        """Kill it and all that it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def register(tracking: Tracking, project: Project, number: int) -> ModelVersion:
    """Record one of the project's models as training does."""
    bundle = project.registry.workspace / "mlflow" / str(number) / BUNDLE_FOLDER
    record = TrainingRecord(
        config={"project": {"name": "shop"}},
        figures={},
        headline={},
        about={"as_of": AS_OF.isoformat(), "model": str(number)},
        dataset=DatasetRecord(source="shop", digest=str(number), rows=1, first=AS_OF, last=AS_OF),
        features=project.shop.scorers[0].predictor.catalogue.names,
        as_of=AS_OF,
        examples=tuple(EXAMPLES),
        outputs=({"customer_id": "C1"},),
    )
    return tracking.record(record, bundle)


def ask_on(port: int, seen: Seen, stop: threading.Event) -> None:
    """Ask without pause on one connection."""
    body = build_body(3, 20, explain=2)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not stop.is_set():
        try:
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            seen.failures.append(repr(error))
            connection.close()
            continue
        if answer.status == 200:
            seen.note(json.loads(text))
        else:
            seen.failures.append(f"{answer.status} {text[:200]!r}")
    connection.close()


def send_bad_bodies(port: int, seen: Seen) -> None:
    """Send malformed bodies, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in build_bodies(BAD_BODIES):
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        seen.bad_bodies[answer.status] += 1
    connection.close()


def disturb(
    seconds: float, tracking: Tracking, server: MlflowServer, versions: list[int], broken: int
) -> list[str]:
    """Promote by turns; in between promote the broken one, and take the registry away for a while."""
    done = []
    for turn in range(int(seconds / PROMOTION_S)):
        time.sleep(PROMOTION_S)
        if turn % 6 == 2:
            server.set_champion(broken)
            done.append("broken")
        elif turn % 6 == 4:
            server.kill()
            time.sleep(PROMOTION_S / 2)
            server.start()
            done.append("registry gone and back")
        else:
            version = versions[sum(each.startswith("promoted") for each in done) % 2 - 1]
            tracking.promote(version)
            done.append(f"promoted {version}")
    return done


def measure_mib(service: Running) -> list[int]:
    """Return the resident memory of each worker, in MiB."""
    sizes = (Path(f"/proc/{each}/statm").read_text().split()[1] for each in service.workers)
    return [int(size) * os.sysconf("SC_PAGE_SIZE") // 2**20 for size in sizes]


def main() -> None:
    """Run it, and print what came as JSON."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    folder = Path(tempfile.mkdtemp())
    server = MlflowServer(folder)
    try:
        server.start()
        print(json.dumps(soak(folder, server, seconds)))
    finally:
        server.kill()
        shutil.rmtree(folder)


def soak(folder: Path, server: MlflowServer, seconds: float) -> dict[str, Any]:
    """Return what came of the load."""
    project = create_project(folder, fit_shop())
    text = project.config.read_text().replace("follow_s = 0.1", "follow_s = 0.5")
    project.config.write_text(f'{text}[tracking]\nuri = "{server.uri}"\nmodel = "shop"\n')
    tracking = Tracking(Registry(project.settings.project.workspace, server.uri, "shop"))
    versions = [register(tracking, project, number).version for number in (1, 2)]
    broken = break_bundle(tracking, project)
    tracking.promote(versions[0])
    service, seen, stop = (
        Running(project.config, folder / "serve.log", "--workers", "2"),
        Seen(),
        threading.Event(),
    )
    service.wait_until(lambda: service.log.read_text().count("serves") >= 2)
    load = [threading.Thread(target=ask_on, args=(service.port, seen, stop)) for _ in range(2)]
    bad = threading.Thread(target=send_bad_bodies, args=(service.port, seen))
    try:
        before = measure_mib(service)
        for thread in (*load, bad):
            thread.start()
        done = disturb(seconds, tracking, server, versions, broken)
        bad.join()
    finally:
        stop.set()
        for thread in load:
            thread.join()
        after, code = measure_mib(service), service.stop()
    return {
        "answers": dict(seen.answers),
        "failures": len(seen.failures),
        "first failures": seen.failures[:3],
        "mixed": seen.mixed,
        "different answers of a version": {name: len(each) for name, each in seen.figures.items()},
        "bad bodies": {str(status): number for status, number in sorted(seen.bad_bodies.items())},
        "memory of workers before and after, MiB": [before, after],
        "disturbed": done,
        "exit code": code,
    }


def break_bundle(tracking: Tracking, project: Project) -> int:
    """Register a third model, and alter its bundle by one byte wherever it is kept."""
    scorer = project.shop.scorers[0]
    level = scorer.predictor.level
    thrice = replace(level, factor=3 * level.factor)
    third = replace(scorer, predictor=replace(scorer.predictor, level=thrice))
    save_bundle(project.registry.workspace / "mlflow" / "3" / BUNDLE_FOLDER, third.to_bundle({}, AS_OF))
    version = register(tracking, project, 3)
    shutil.rmtree(project.registry.folder / "bundles" / version.bundle)
    for manifest in (project.folder / "artifacts").rglob("manifest.json"):
        if version.bundle in manifest.read_text():
            path = manifest.with_name("base.json")
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(bytes(content))
    return version.version


if __name__ == "__main__":
    main()
