"""`/models/current`: the model that serves, and how far it may be trusted."""

from __future__ import annotations

from fastapi import APIRouter, Request

from models.model_index import LADDER
from serving.access import Reads
from serving.followed_model import FollowedModel, ServedModel
from serving.openapi import V1, describe_problems
from serving.problems import ProblemError
from serving.schemas.model import ModelAnswer

router = APIRouter(prefix=V1, tags=["model"])


@router.get(
    "/models/current", response_model=ModelAnswer, responses=describe_problems(400, 401, 403, 408, 429, 503)
)
def get_current_model(request: Request, _: Reads) -> ModelAnswer:
    """Return what serves: version, moment of training, grade, figures against the ladder."""
    model: FollowedModel = request.app.state.model
    if model.current is None:
        raise ProblemError(503, model.trouble or "there is no model yet", headers={"Retry-After": "5"})
    return _describe(model.current, model.trouble)


def _describe(served: ServedModel, trouble: str | None) -> ModelAnswer:
    version = served.version
    about = dict(version.about)
    ladder: dict[str, dict[str, float | None]] = {}
    figures = {}
    for name, figure in version.figures.items():
        if name.startswith(LADDER):
            rung, _, measure = name.removeprefix(LADDER).partition("/")
            ladder.setdefault(rung, {})[measure] = figure
        else:
            figures[name] = figure
    return ModelAnswer(
        model_version=served.name,
        as_of=served.as_of,
        registered_at=version.created,
        horizon_days=served.horizon_days,
        served_by=about.pop("served_by", ""),
        grade=about.pop("grade", ""),
        forced=version.forced,
        figures=figures,
        ladder=ladder,
        about=about,
        run_id=version.run_id,
        trouble=trouble,
    )
