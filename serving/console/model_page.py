"""The model: may I trust it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from features.errors import UptierError
from models.model_index import ModelVersion
from models.overview import ModelReport
from models.settings import Settings
from models.trust import say_meaning
from serving.console.pages import find_publication, render
from serving.console.route import ConsoleRoute
from serving.console.session import check_reader
from serving.followed_model import FollowedModel, ServedModel

router = APIRouter(route_class=ConsoleRoute)

TARGETS = {"value": "Value", "churn": "Churn", "upgrade": "Upgrades"}
LADDER = (
    ("value.norm_gini", "ranks by value", "normalised Gini, 1 is perfect"),
    ("value.bias", "total off by", "predicted total over what came"),
    ("churn.auc", "tells who leaves", "AUC, 0.5 is chance, 1 is perfect"),
    ("upgrade.auc", "tells who upgrades", "AUC, 0.5 is chance, 1 is perfect"),
)
"""The figures that the ladder is shown by: name, words, unit."""


@dataclass(frozen=True)
class Judged:
    """What is known of how good a model is; None and empty where nothing is."""

    report: ModelReport | None = None
    charts: dict[str, Any] = field(default_factory=dict)


@router.get("/model", dependencies=[Depends(check_reader)])
def show_model(request: Request) -> Response:
    """Show the model that serves."""
    followed: FollowedModel = request.app.state.model
    served = followed.current
    settings: Settings = request.app.state.settings
    publication = find_publication(request)
    judged = Judged() if served is None else _JUDGED.get(followed, served, settings.project.currency)
    grades = None if judged.report is None else judged.report.grades
    return render(
        request,
        "model.html",
        publication=publication,
        currency=settings.project.currency,
        served=served,
        trouble=followed.trouble,
        report=judged.report,
        charts=judged.charts,
        grade=grades.overall if grades else "",
        meaning=say_meaning({name: each.letter for name, each in grades.targets.items()}) if grades else "",
        targets=TARGETS,
        ladder=LADDER,
        run=None if served is None else link_run(settings, served.version),
    )


def link_run(settings: Settings, version: ModelVersion) -> str | None:
    """Return the address of a version's page in MLflow; None where there is no server to show it.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> settings = Some(
    ...     tracking=Some(uri="https://mlflow.example", model="a shop"), project=Some(name="shop")
    ... )
    >>> link_run(settings, Some(version=3))
    'https://mlflow.example/#/models/a%20shop/versions/3'
    """
    uri = settings.tracking.uri
    if not uri.startswith(("http://", "https://")) or "@" in uri:
        return None
    model = quote(settings.tracking.model or settings.project.name, safe="")
    return f"{uri.rstrip('/')}/#/models/{model}/versions/{version.version}"


class _Reports:
    """Reads the report of the model that serves, once."""

    def __init__(self) -> None:
        self._known: tuple[ModelVersion, Judged] | None = None
        self._lock = threading.Lock()

    def get(self, followed: FollowedModel, served: ServedModel, currency: str) -> Judged:
        """Return the report with its charts."""
        with self._lock:
            if self._known is None or self._known[0] != served.version:
                self._known = (served.version, _judge(followed, served, currency))
            return self._known[1]


def _judge(followed: FollowedModel, served: ServedModel, currency: str) -> Judged:
    try:
        document = followed.registry.load(served.version).documents.get("report")
        report = ModelReport.model_validate(document) if document else None
    except (UptierError, ValidationError):  # the registry is gone, or another release wrote it
        return Judged()
    if report is None:
        return Judged()
    from serving.console.charts.model_charts import draw_model  # noqa: PLC0415 - Altair takes half a second

    return Judged(report, draw_model(report, currency))


_JUDGED = _Reports()
