"""The yardstick of the service: an empty FastAPI route that parses the same body model."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI

from serving.schemas.predict import PredictRequest

app = FastAPI()


@app.post("/predict")
async def predict(body: PredictRequest) -> dict[str, Any]:
    """Answer nothing."""
    return {"model_version": "none", "predictions": []}


@app.get("/readyz")
async def is_ready() -> None:
    """Tell that it answers."""


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), http="httptools", loop="uvloop", access_log=False, log_level="error"
    )
