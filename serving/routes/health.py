"""`/healthz`, `/readyz` and `/metrics`: for what watches the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from serving.access import Reads
from serving.followed_model import FollowedModel
from serving.openapi import describe_problems
from serving.schemas.health import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health)
async def get_health() -> Health:
    """Tell that the process is alive."""
    return Health(status="alive")


@router.get(
    "/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not ready."}}
)
async def get_readiness(request: Request, response: Response) -> Readiness:
    """Tell whether there is a model to predict with, and what troubles the service.

    A service that goes on with what it has, because the registry or the store is away, is ready and says so.
    """
    model: FollowedModel = request.app.state.model
    served, store = model.current, request.app.state.published
    if served is None:
        response.status_code = 503
    return Readiness(
        status="ready" if served else "not ready",
        model_version=served.name if served else None,
        as_of=served.as_of if served else None,
        model_trouble=model.trouble,
        store_trouble=store.trouble,
        published_at=store.known.published_at if store.known else None,
    )


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "content": {"text/plain": {"schema": {"type": "string"}}},
            "description": "Prometheus' text format.",
        },
        **describe_problems(400, 401, 403, 429),
    },
)
def get_metrics(request: Request, _: Reads) -> Response:
    """Return counters, latencies and ages in Prometheus' text format."""
    content: bytes = request.app.state.metrics.write()
    return Response(content, media_type="text/plain; version=0.0.4")
