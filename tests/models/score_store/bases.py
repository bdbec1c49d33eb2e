"""Made-up scores of a whole base, small or large, and stores to publish them to."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest

AS_OF = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PUBLISHED = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
_POSTGRES = "host=127.0.0.1 port=5432 user=postgres dbname=test connect_timeout=3"
_DIMENSIONS = (
    "loyalty", "profitability", "engagement", "communication", "growth_potential", "values_alignment",
    "advocacy", "best_customer_score",
)  # fmt: skip


def build_scores(
    customers: int = 500, *, seed: int = 1, sellers: int = 0, model_version: str = "3"
) -> pl.DataFrame:
    """Return scores as the scorer makes them, with what publishing adds."""
    rng = np.random.default_rng(seed)
    expected = rng.lognormal(4, 1.2, customers).round(2)
    trailing = (expected * rng.lognormal(0, 0.5, customers)).round(2)
    valued = trailing > np.quantile(trailing, 0.8)
    probability = np.where(valued, np.nan, rng.beta(1, 8, customers))
    worth = rng.gamma(2, 80, customers).round(2)
    columns: dict[str, Any] = {"customer_id": [f"c{number:08}" for number in range(customers)]}
    if sellers:
        columns["seller_id"] = [f"s{number % sellers}" for number in range(customers)]
    columns |= {
        "as_of": pl.repeat(AS_OF, customers, eager=True),
        "horizon_days": pl.repeat(90, customers, eager=True),
        "model_version": pl.repeat(model_version, customers, eager=True),
        "evidence": rng.choice(["one_order", "few_orders", "ample"], customers),
        "expected_value": expected,
        **{
            name: expected * part for name, part in (("value_p10", 0.2), ("value_p50", 0.8), ("value_p90", 2))
        },
        "expected_orders": expected / 30,
        "next_order_date": pl.Series(rng.integers(20454, 20754, customers)).cast(pl.Int32).cast(pl.Date),
        "churn_probability": rng.beta(2, 3, customers),
        "upgrade_probability": probability,
        "threshold": pl.repeat(400.0, customers, eager=True),
        "upgrade_gap": rng.gamma(2, 80, customers),
        "upgrade_value": worth,
        "priority": probability * worth,
        "trailing_value": trailing,
        "segment": np.where(valued, "valued", rng.choice(["volume", "lapsed", "new"], customers)),
        "tier": _cut(expected),
        "current_tier": _cut(trailing),
        "value_percentile": rng.integers(0, 101, customers).astype(float),  # many equals
        **{name: rng.uniform(0, 100, customers) for name in _DIMENSIONS},
        "action": rng.choice(["call, and thank", "=offer", "invite"], customers),
        "channel": rng.choice(["e-mail", "phone"], customers),
        "reasons": _REASONS[rng.integers(0, len(_REASONS), customers)],
        "region": pl.Series(rng.choice(["north", "south", ""], customers)).replace("", None),
        "days_since_last_contact": np.where(
            rng.random(customers) < 0.3, np.nan, rng.uniform(0, 300, customers)
        ),
        "consent": pl.Series(rng.integers(0, 12, customers)).replace_strict(
            {0: False, 1: True}, default=None
        ),
    }
    return pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))


def _cut(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.select([value > np.quantile(value, 0.6), value > np.quantile(value, 0.3)], ["A", "B"], "C")


def _tell(number: int) -> list[dict[str, Any]]:
    return [
        {
            "feature": f"feature_{number + each}",
            "dimension": "loyalty",
            "contribution": (number - 50.5) / (each + 1),
            "text": f"bought on {number} days in the last {90 + each} days: EUR {number - 50} more, “really”",
            "changeable": each % 2 == 0,
        }
        for each in range(3)
    ]


_REASON = pl.Struct({
    "feature": pl.String, "dimension": pl.String, "contribution": pl.Float64, "text": pl.String,
    "changeable": pl.Boolean,
})  # fmt: skip
_REASONS = pl.Series(
    "reasons",
    [{"value": _tell(number), "churn": _tell(number + 1), "upgrade": []} for number in range(100)],
    pl.Struct({target: pl.List(_REASON) for target in ("value", "churn", "upgrade")}),
)


@contextmanager
def postgres_schema() -> Iterator[str]:
    """Give the URI of a schema of its own, dropped afterwards; skip where there is no PostgreSQL."""
    try:
        connection = psycopg.connect(_POSTGRES, autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    name = f"store_{uuid.uuid4().hex[:12]}"
    with connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
        try:
            yield f"postgresql://postgres@127.0.0.1:5432/test?options=-csearch_path%3D{name}"
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())
