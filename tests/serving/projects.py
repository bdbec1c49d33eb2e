"""A small project with two trained models, registered as training would, without MLflow."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from features.clock import to_microseconds
from features.history import History
from features.tables import Tables
from models.bundle import save_bundle
from models.model_index import CHALLENGER, CHAMPION, ModelIndex, ModelVersion
from models.registry import BUNDLE_FOLDER, Registry
from models.score_store.store import ScoreStore
from models.scorer import Scorer, fit_scorer
from models.self_test import add_examples
from models.settings import Settings, load_settings
from models.target import TargetConfig
from tests.training.test_fit import build_fitting, zoned
from training.fit import fit_predictor
from training.synthetic import SyntheticConfig, SyntheticTables, build_tables

AS_OF = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
HORIZON_DAYS = 30


@dataclass(frozen=True)
class Shop:
    """A synthetic shop's history, and two models of it, the second of which expects double the value."""

    tables: SyntheticTables
    history: History
    scorers: tuple[Scorer, Scorer]

    def ask_for(self, who: str) -> dict[str, Any]:
        """Return a customer of the shop with all rows, as a request brings it."""
        mine = pl.col("customer_id") == who
        found: dict[str, Any] = {"customer_id": who}
        for name in ("transactions", "events", "contacts"):
            rows = getattr(self.tables, name).filter(mine, pl.col("timestamp") < AS_OF.replace(tzinfo=None))
            found[name] = [_plain(row) for row in rows.drop("customer_id").to_dicts()]
        attributes = self.tables.customers.filter(mine).drop("customer_id").to_dicts()
        return found | ({"attributes": _plain(attributes[0])} if attributes else {})


@dataclass(frozen=True)
class Project:
    """A folder with ``uptier.toml``, and a registry with the shop's models: 1, the champion, and 2."""

    folder: Path
    shop: Shop

    @property
    def config(self) -> Path:
        return self.folder / "uptier.toml"

    @property
    def settings(self) -> Settings:
        return load_settings(self.config)

    @property
    def registry(self) -> Registry:
        return Registry(self.settings.project.workspace, "", "shop")

    def promote(self, version: int) -> None:
        """Make a version the champion, as `uptier promote` leaves the index."""
        registry = self.registry
        with registry.locked():
            index = registry.read_cached()
            registry.keep_index(index.model_copy(update={"aliases": {**index.aliases, CHAMPION: version}}))


def fit_shop() -> Shop:
    """Return a shop and its models."""
    made = build_tables(SyntheticConfig(customers=300, days=500))
    tables = Tables(
        *(zoned(getattr(made, name)) for name in ("transactions", "customers", "events", "contacts"))
    )
    fitting = build_fitting(tables, to_microseconds(AS_OF), HORIZON_DAYS)
    scorer = fit_scorer(fit_predictor(fitting), fitting.history, TargetConfig(horizon_days=HORIZON_DAYS), {})
    level = scorer.predictor.level
    twice = replace(level, factor=2 * level.factor)
    other = replace(scorer, predictor=replace(scorer.predictor, level=twice))
    return Shop(made, fitting.history, (scorer, other))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as JSON has it; a moment without a zone, which is the project's."""
    return {name: each.isoformat() if isinstance(each, dt.date) else each for name, each in row.items()}


def publish(project: Project, version: int = 1) -> None:
    """Publish the scores that a version gives the whole shop."""
    moment, scorer = to_microseconds(AS_OF), project.shop.scorers[version - 1]
    scores = scorer.score(project.shop.history, moment, model_version=str(version), reasons=3, currency="EUR")
    columns = pl.Series("region", ["north", "south"] * len(scores))[: len(scores)]
    scores = scores.with_columns(
        columns,
        pl.lit(None, pl.Float64).alias("days_since_last_contact"),
        pl.lit(None, pl.Boolean).alias("consent"),
    )
    store = ScoreStore.open(project.settings)
    store.publish(scores, project="shop", currency="EUR", published_at=AS_OF)
    store.dispose()


def create_project(folder: Path, shop: Shop) -> Project:
    """Write a project whose registry holds both models."""
    (folder / "uptier.toml").write_text(
        '[project]\nname = "shop"\n[tables.transactions]\nsource = "none.csv"\n[serving]\nfollow_s = 0.1\n',
        encoding="utf-8",
    )
    project = Project(folder, shop)
    registry = project.registry
    versions = tuple(
        _register(registry, scorer, number) for number, scorer in enumerate(shop.scorers, start=1)
    )
    index = ModelIndex(
        store="", model="shop", aliases={CHAMPION: 1, CHALLENGER: len(versions)}, versions=versions
    )
    with registry.locked():
        registry.keep_index(index)
    return project


def _register(registry: Registry, scorer: Scorer, number: int) -> ModelVersion:
    """Put a bundle where the embedded store would have it; the service copies it from there."""
    source = f"mlflow/{number}"
    bundle = add_examples(scorer.to_bundle({}, AS_OF), scorer, EXAMPLES, AS_OF)
    manifest = save_bundle(registry.workspace / source / BUNDLE_FOLDER, bundle)
    return ModelVersion(
        version=number,
        bundle=manifest.checksum or "",
        created=AS_OF,
        run_id=f"run-{number}",
        source=source,
        figures={"value.norm_gini": 0.8, "ladder/bg_nbd/value.norm_gini": 0.7},
        about={"as_of": AS_OF.isoformat(), "served_by": "uptier", "grade": "B"},
    )


def build_customer(who: str, lines: int = 3) -> dict[str, Any]:
    """Return a customer with lines a day apart, as a request brings it."""
    days = (AS_OF - dt.timedelta(days=1 + 2 * i, hours=3) for i in range(lines))
    rows = [{"timestamp": day.isoformat(), "amount": 10.0 + i} for i, day in enumerate(days)]
    return {"customer_id": who, "transactions": rows}


EXAMPLES = [build_customer("C1", 1), build_customer("C2", 20), {"customer_id": "C3"}]
