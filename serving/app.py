"""The service as an application: routes, access, limits, the followed model and the published scores."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from features.errors import UptierError
from models.errors import StoreError
from models.score_store.store import ScoreStore
from models.scorer import find_version
from models.settings import ServingConfig, Settings
from serving.access import Access
from serving.console import create_console
from serving.console.warm_up import WarmUp
from serving.followed_model import FollowedModel, open_model
from serving.keys import Keys, open_keys
from serving.limits import Limits
from serving.metrics import Metrics
from serving.openapi import finish_openapi, name_operation
from serving.predicting import answer_together
from serving.problems import answer_http_error, answer_user_error, answer_wrong_parameters
from serving.published import PublishedScores
from serving.rates import Rates
from serving.request_log import RequestLog
from serving.routes import best_customers, candidates, customers, docs, health, model, predict, summary
from serving.waiting_requests import WaitingRequests

_DESCRIPTION = """Future value, churn and upgrade of every customer, and why.

Money is in the project's currency, probabilities run from 0 to 1, percentiles and dimensions from 0 to 100,
moments are ISO 8601. Errors are problem documents (RFC 9457) that name the field and what to send.
"""
_MB = 1_000_000


def create_app(
    settings: Settings,
    *,
    model: FollowedModel | None = None,
    keys: Keys | None = None,
    store: ScoreStore | None = None,
) -> FastAPI:
    """Return the service of a project.

    Parameters
    ----------
    settings : Settings
    model, keys, store : optional
        What the settings name, by default.
    """
    app = _create_routes()
    state = app.state
    state.settings, state.model, state.keys = (
        settings,
        model or open_model(settings),
        keys or open_keys(settings),
    )
    state.published = PublishedScores(store or ScoreStore.open(settings))
    state.store = state.published.store
    state.console = WarmUp(state.store)
    state.waiting_requests = WaitingRequests(partial(answer_together, currency=settings.project.currency))
    state.access = Access(state.keys, Rates(settings.serving.max_rate))
    state.metrics = Metrics(lambda: _read_gauges(state.model, state.published))
    state.model.swapped, state.model.refused = state.metrics.swaps.inc, state.metrics.refusals.inc
    _add_middleware(app, settings.serving)
    return app


def _add_middleware(app: FastAPI, serving: ServingConfig) -> None:
    """Put the limits before the routes, and the log before the limits."""
    app.add_middleware(
        Limits,
        max_body=int(serving.max_body_mb * _MB),
        max_in_flight=serving.max_in_flight,
        timeout_s=serving.timeout_s,
    )
    salt = serving.log_salt.encode() or secrets.token_bytes(16)
    app.add_middleware(RequestLog, metrics=app.state.metrics, salt=salt)


def describe_routes() -> dict[str, Any]:
    """Return the OpenAPI document; it needs no project."""
    return _create_routes().openapi()


def _create_routes() -> FastAPI:
    app = FastAPI(
        title="uptier",
        version=find_version(),
        description=_DESCRIPTION,
        lifespan=_live,
        generate_unique_id_function=name_operation,
        docs_url=None,
        redoc_url=None,
    )
    for module in (predict, customers, candidates, best_customers, summary, model, health, docs):
        app.include_router(module.router)
    app.include_router(create_console())
    app.add_exception_handler(RequestValidationError, answer_wrong_parameters)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(UptierError, answer_user_error)
    finish_openapi(app)
    return app


@asynccontextmanager
async def _live(app: FastAPI) -> AsyncIterator[None]:
    """Follow the registry, the keys and the publications while the service runs."""
    state = app.state
    state.keys.refresh()
    state.large_requests = ThreadPoolExecutor(1, thread_name_prefix="large-requests")
    watches = [each.watch for each in (state.model, state.keys, state.console)]
    for watch in watches:
        watch.start()
    try:
        yield
    finally:
        for watch in watches:
            watch.stop()
        state.large_requests.shutdown()
        state.keys.dispose()
        state.store.dispose()


def _read_gauges(model: FollowedModel, published: PublishedScores) -> Mapping[str, tuple[str, float]]:
    """Return the figures that are worked out when they are asked for."""
    now = dt.datetime.now(dt.UTC)
    with suppress(StoreError):
        published.refresh()
    gauges = {
        "registry_trouble": ("1 when the registry can't be followed.", float(model.trouble is not None)),
        "store_trouble": ("1 when the score store can't be read.", float(published.trouble is not None)),
    }
    if model.current is not None:
        age = (now - model.current.as_of).total_seconds()
        gauges["model_version"] = ("Version of the model that serves.", model.current.version.version)
        gauges["model_age_seconds"] = ("Since the moment that the model was trained at.", age)
    if published.known is not None:
        age = (now - published.known.as_of).total_seconds()
        gauges["score_age_seconds"] = ("Since the moment that the published scores are made from.", age)
    return gauges
