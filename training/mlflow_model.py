"""A bundle in the clothes of an MLflow model: a folder with ``MLmodel``, requirements, signature and example.

The format is MLflow's documented one, written as JSON, which YAML includes. Written by hand because MLflow's
own writer wants pandas, loads the model and looks for requirements in what is imported; here all is known.
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.bundle import load_bundle
from models.pyfunc import COLUMNS
from models.registry import BUNDLE_FOLDER
from models.request import Row

_ANY = {"type": "any", "required": False}
_OBJECT = {"type": "map", "values": {"type": "any"}, "required": False}

# Tables are of any type: they may come as JSON text, as a Spark column often does, and MLflow checks lists
# of objects with a pandas series for every single value. `models.pyfunc` checks them, and names the row.
_INPUTS = [
    {"type": "string", "name": "customer_id", "required": True},
    *({**_ANY, "name": name} for name in COLUMNS[1:]),
]
_PARAMS = [{"name": "as_of", "type": "string", "default": "", "shape": None}]


def write_mlflow_model(
    folder: Path,
    bundle: Path,
    examples: Sequence[Row],
    outputs: Sequence[Row],
    *,
    as_of: datetime,
    ids: dict[str, str],
) -> None:
    """Write a bundle as an MLflow model.

    Parameters
    ----------
    folder : Path
        To write into; must not exist.
    bundle : Path
        Folder of the bundle.
    examples : sequence of dict
        A few customers as raw rows, the input example.
    outputs : sequence of dict
        Their scores: name and type of every output.
    as_of : datetime
        The examples' moment.
    ids : dict
        `model_id`, `run_id` and `artifact_path` in the store.
    """
    folder.mkdir(parents=True)
    shutil.copytree(bundle, folder / BUNDLE_FOLDER)
    params = {"as_of": as_of.isoformat()}
    columns = [name for name in COLUMNS if any(name in row for row in examples)]
    table = {"columns": columns, "data": [[row.get(name) for name in columns] for row in examples]}
    _write(folder / "input_example.json", {"inputs": table, "params": params})
    _write(folder / "serving_input_example.json", {"dataframe_split": table, "params": params})
    maker = load_bundle(bundle).manifest.uptier
    (folder / "requirements.txt").write_text(f"uptier=={maker}\n", encoding="utf-8")
    _write(
        folder / "python_env.yaml",
        {"python": platform.python_version(), "dependencies": ["-r requirements.txt"]},
    )
    _write(folder / "MLmodel", _describe(outputs, as_of, ids))


def _describe(outputs: Sequence[Row], as_of: datetime, ids: dict[str, str]) -> dict[str, Any]:
    return {
        "flavors": {
            "python_function": {
                "loader_module": "models.pyfunc",
                "data": BUNDLE_FOLDER,
                "env": {"virtualenv": "python_env.yaml"},
                "python_version": platform.python_version(),
            }
        },
        "mlflow_version": version("mlflow-skinny"),
        **ids,
        "model_uuid": ids["model_id"],
        "utc_time_created": as_of.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "signature": {
            "inputs": json.dumps(_INPUTS),
            "outputs": json.dumps(_describe_outputs(outputs)),
            "params": json.dumps(_PARAMS),
        },
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
            "pandas_orient": "split",
            "params": "true",
        },
    }


def _describe_outputs(outputs: Sequence[Row]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for row in outputs for name in row)
    return [{**_describe_values([row.get(name) for row in outputs]), "name": name} for name in names]


def _describe_values(values: Sequence[Any]) -> dict[str, Any]:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {dict}:
        return _OBJECT
    if kinds in ({float}, {float, int}):
        return {"type": "double", "required": False}
    names = {str: "string", int: "long", bool: "boolean"}
    return (
        {"type": names[kinds.pop()], "required": False} if len(kinds) == 1 and kinds <= names.keys() else _ANY
    )


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
