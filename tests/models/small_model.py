"""A small real bundle, and a model of it that MLflow can load: the value is a price times what was spent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from models.bundle import Bundle, load_bundle, save_bundle
from models.manifest import Manifest
from models.pyfunc import PyfuncModel, Score
from models.request import Row

AS_OF = "2026-01-31T00:00:00+00:00"


def save_small_bundle(folder: Path, price: float = 2.0) -> str:
    """Save a bundle and return its checksum."""
    manifest = Manifest(
        uptier="0.1.0",
        id=f"price-{price}",
        created=AS_OF,
        as_of=AS_OF,
        horizon_days=90,
        threshold=100.0,
        features=("spend",),
    )
    bundle = Bundle(manifest, texts={"trees": "tree\n" * 500}, documents={"price": price})
    return save_bundle(folder, bundle).checksum or ""


def score_small(folder: Path) -> Score:
    """Return the scorer of a small bundle."""
    price = load_bundle(folder).documents["price"]

    def score(rows: list[Row], as_of: datetime) -> list[Row]:
        return [_score(row, as_of, price) for row in rows]

    return score


def _score(row: Row, as_of: datetime, price: float) -> Row:
    lines = [
        line for line in row.get("transactions", []) if datetime.fromisoformat(line["timestamp"]) < as_of
    ]
    return {
        "customer_id": row["customer_id"],
        "as_of": as_of.isoformat(),
        "expected_value": price * sum(line["amount"] for line in lines),
        "evidence": "few_orders" if lines else "none",
        "upgrade_probability": None if not lines else 0.25,
        "reasons": {"value": [{"feature": "spend", "contribution": 1.5}]},
    }


def _load_pyfunc(path: str) -> PyfuncModel:
    return PyfuncModel(score_small(Path(path)))
