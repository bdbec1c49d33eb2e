"""A bundle as a model that MLflow loads and serves: plain code that MLflow calls, and no MLflow.

The ``MLmodel`` file of a registered model names this module; `mlflow.pyfunc.load_model`,
``mlflow models serve`` and a Spark UDF find `_load_pyfunc` here. What they hand over is a pandas DataFrame,
read through its own methods.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from features.errors import DataError
from models.bundle import load_bundle
from models.request import Row, score_request
from models.scorer import Scorer

Score = Callable[[list[Row], datetime], list[Row]]
"""From customers and a moment to scores, in order, of values that JSON knows."""

LISTS = ("transactions", "events", "contacts")
COLUMNS = ("customer_id", "attributes", *LISTS)


class Table(Protocol):
    """What is asked of a pandas DataFrame."""

    def to_dict(self, orient: str) -> list[Row]:
        """Return the rows, for ``orient="records"``."""


class PyfuncModel:
    """The model that MLflow calls.

    Parameters
    ----------
    score : callable
        See `Score`.
    """

    def __init__(self, score: Score) -> None:
        self._score = score

    def predict(self, model_input: Table, params: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the scores of customers, in order.

        Parameters
        ----------
        model_input : DataFrame
            One row a customer: `customer_id`, and optionally `attributes` (an object), `transactions`,
            `events` and `contacts` (lists of objects). Objects and lists may also be given as JSON text.
        params : mapping, optional
            `as_of`, ISO 8601 with zone: the moment to predict from; without it, now.

        Raises
        ------
        DataError
            When a column, a cell or the moment is not what it should be; says which row.
        """
        table = [read_row(number, row) for number, row in enumerate(model_input.to_dict("records"), start=1)]
        return self._score(table, read_as_of((params or {}).get("as_of")))


def read_row(number: int, row: Mapping[str, Any]) -> Row:
    """Return a customer as plain data.

    Examples
    --------
    >>> read_row(1, {"customer_id": "c1", "transactions": '[{"amount": 5}]', "events": float("nan")})
    {'customer_id': 'c1', 'transactions': [{'amount': 5}]}
    """
    unknown = row.keys() - set(COLUMNS)
    if unknown:
        raise DataError(
            "model input",
            [
                f"unknown column {str(name)!r}, expected {', '.join(COLUMNS)}"
                for name in sorted(unknown, key=str)
            ],
        )
    customer = row.get("customer_id")
    if _is_missing(customer):
        raise DataError("model input", [f"row {number}: customer_id is missing"])
    read = {
        name: _read_cell(row[name], name, number) for name in COLUMNS[1:] if not _is_missing(row.get(name))
    }
    return {"customer_id": str(customer), **read}


def read_as_of(text: str | None) -> datetime:
    """Return the moment to predict from: the one that is given, else now.

    Examples
    --------
    >>> read_as_of("2026-01-31T00:00:00Z").isoformat()
    '2026-01-31T00:00:00+00:00'
    """
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(
            "params", [f"as_of {text!r}: expected ISO 8601, such as 2026-01-31T00:00:00Z"]
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_cell(cell: Any, name: str, number: int) -> Any:
    value = cell.tolist() if hasattr(cell, "tolist") else cell  # a list that came through Parquet is an array
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise DataError("model input", [f"row {number}: {name} is text, but not JSON"]) from None
    kind: type = list if name in LISTS else dict
    members = value if kind is list else [value]
    if not isinstance(value, kind) or not all(isinstance(each, dict) for each in members):
        expected = "a list of objects" if kind is list else "an object"
        raise DataError(
            "model input", [f"row {number}: {name} is {type(value).__name__}, expected {expected}"]
        )
    return value


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _load_pyfunc(path: str) -> PyfuncModel:
    """Load a bundle; MLflow calls this."""
    return PyfuncModel(score_rows(Path(path)))


def score_rows(folder: Path) -> Score:
    """Return what scores raw rows with a bundle, after the bundle was checked."""
    model = Scorer.from_bundle(load_bundle(folder))
    return lambda customers, as_of: score_request(model, customers, as_of)
