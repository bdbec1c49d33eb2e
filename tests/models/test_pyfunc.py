from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pandas as pd
import pytest

from features.errors import DataError
from models.pyfunc import PyfuncModel
from models.request import Row
from tests.models.small_model import AS_OF, save_small_bundle, score_small
from training.mlflow_model import write_mlflow_model

ROOT = Path(__file__).parents[2]
LINES = [
    {"timestamp": "2026-01-01T00:00:00+00:00", "amount": 5, "category": "TEA"},
    {"timestamp": "2026-01-02T00:00:00+00:00", "amount": 2.5},
    {"timestamp": "2026-03-01T00:00:00+00:00", "amount": 99.0},
]
CUSTOMERS: list[Row] = [
    {"customer_id": "c1", "transactions": LINES, "attributes": {"age": 40, "income": None}},
    {"customer_id": "c2"},
]


@pytest.fixture
def model(tmp_path: Path) -> PyfuncModel:
    save_small_bundle(tmp_path / "bundle")
    return PyfuncModel(score_small(tmp_path / "bundle"))


def _expect(folder: Path) -> list[Row]:
    return score_small(folder)(CUSTOMERS, datetime.fromisoformat(AS_OF))


def test_tables_come_as_lists_or_as_json_text(model: PyfuncModel) -> None:
    as_lists = pd.DataFrame(CUSTOMERS)
    as_text = as_lists.assign(
        transactions=[json.dumps(LINES), None], attributes=['{"age": 40, "income": null}', None]
    )
    expected = model.predict(as_lists, {"as_of": AS_OF})
    assert expected[0]["expected_value"] == 15.0
    assert expected[1]["evidence"] == "none"
    assert model.predict(as_text, {"as_of": AS_OF}) == expected


def test_a_table_that_came_through_parquet_is_read(model: PyfuncModel, tmp_path: Path) -> None:
    table = pd.DataFrame([{"customer_id": "c1", "transactions": LINES[1:]}])
    table.to_parquet(tmp_path / "customers.parquet")
    read = pd.read_parquet(tmp_path / "customers.parquet")
    assert model.predict(read, {"as_of": AS_OF}) == model.predict(table, {"as_of": AS_OF})


def test_without_a_moment_it_is_now(model: PyfuncModel) -> None:
    (score,) = model.predict(pd.DataFrame(CUSTOMERS[:1]))
    assert datetime.fromisoformat(score["as_of"]).timestamp() == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"customer": ["c1"]}, "unknown column 'customer', expected customer_id, attributes"),
        ({"customer_id": ["c1", None]}, "row 2: customer_id is missing"),
        ({"customer_id": ["c1"], "events": ["visit"]}, "row 1: events is text, but not JSON"),
        ({"customer_id": ["c1"], "events": ['{"kind": "visit"}']}, "row 1: events is dict, expected a list"),
        ({"customer_id": ["c1"], "attributes": [[1]]}, "row 1: attributes is list, expected an object"),
        (
            {"customer_id": ["c1"], "contacts": [[1, 2]]},
            "row 1: contacts is list, expected a list of objects",
        ),
    ],
)
def test_what_is_wrong_is_named(model: PyfuncModel, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        model.predict(pd.DataFrame(columns))


def test_a_moment_that_is_none_is_named(model: PyfuncModel) -> None:
    with pytest.raises(DataError, match="as_of 'yesterday': expected ISO 8601"):
        model.predict(pd.DataFrame(CUSTOMERS), {"as_of": "yesterday"})


@pytest.fixture
def mlflow_model(tmp_path: Path) -> Path:
    """An MLflow model as it is registered, but for its loader, which is the small one."""
    bundle, folder = tmp_path / "bundle", tmp_path / "model"
    save_small_bundle(bundle)
    outputs = _expect(bundle)
    ids = {"model_id": "m-1", "run_id": "r-1", "artifact_path": str(folder)}
    write_mlflow_model(folder, bundle, CUSTOMERS, outputs, as_of=datetime.fromisoformat(AS_OF), ids=ids)
    document = json.loads((folder / "MLmodel").read_text())
    flavor = document["flavors"]["python_function"]
    assert flavor["loader_module"] == "models.pyfunc"
    flavor["loader_module"] = "tests.models.small_model"
    (folder / "MLmodel").write_text(json.dumps(document))
    return folder


def test_mlflow_loads_and_serves_it(mlflow_model: Path) -> None:
    expected = _expect(mlflow_model / "bundle")
    server = _serve(mlflow_model)
    try:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        import mlflow

        loaded = mlflow.pyfunc.load_model(str(mlflow_model))
        assert loaded.predict(pd.DataFrame(CUSTOMERS), params={"as_of": AS_OF}) == expected

        # The stored example is what the signature says, and gives what was stored with it.
        place = str(mlflow_model)
        stored = loaded.metadata.load_input_example(place)
        params = loaded.metadata.load_input_example_params(place)
        assert loaded.predict(stored, params=params) == expected
        signature = loaded.metadata.signature
        assert signature.inputs.input_names() == [
            "customer_id",
            "attributes",
            "transactions",
            "events",
            "contacts",
        ]
        assert signature.inputs.required_input_names() == ["customer_id"]
        assert [each.name for each in signature.params] == ["as_of"]
        types = {each.name: str(each.type) for each in signature.outputs}
        assert types["expected_value"] == "DataType.double"

        example = (mlflow_model / "serving_input_example.json").read_bytes()
        records = {"dataframe_records": CUSTOMERS[:1], "params": {"as_of": AS_OF}}
        assert _invoke(server, example) == expected
        assert _invoke(server, json.dumps(records).encode()) == expected[:1]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _serve(folder: Path) -> subprocess.Popen[bytes]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(folder)),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # MLflow calls uvicorn by name
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONPATH": str(ROOT), "PATH": path}
    log = (folder.parent / f"{port}.log").open("wb")
    with log:
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **quiet}, stdout=log, stderr=log, start_new_session=True
        )


def _invoke(server: subprocess.Popen[bytes], body: bytes) -> Any:
    assert isinstance(server.args, list)
    port = server.args[server.args.index("--port") + 1]
    headers = {"Content-Type": "application/json"}
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(
                Request(f"http://127.0.0.1:{port}/invocations", body, headers), timeout=20
            ) as answer:
                return json.load(answer)["predictions"]
        except URLError as error:
            if time.monotonic() > deadline or server.poll() is not None or hasattr(error, "code"):
                raise
            time.sleep(0.2)
