"""Sends script and style, from this package alone."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from serving.console.assets import load_assets
from serving.console.route import ConsoleRoute

router = APIRouter(route_class=ConsoleRoute)


@router.get("/static/{name:path}")
def send_file(request: Request, name: str) -> Response:
    """Send a file; a browser that has it is told so."""
    asset = load_assets().get(name)
    if asset is None:
        return Response("There is no such file.", 404, media_type="text/plain")
    headers = {
        "ETag": f'"{asset.digest}"',
        "Cache-Control": "public, max-age=86400",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        packed = headers | {"Content-Encoding": "gzip"}
        return Response(asset.packed, headers=packed, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)
