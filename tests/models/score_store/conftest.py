from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.score_store.store import ScoreStore
from tests.models.score_store.bases import postgres_schema


@pytest.fixture(params=["sqlite", "postgresql"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'scores.sqlite'}"
        return
    with postgres_schema() as uri:
        yield uri


@pytest.fixture
def store(uri: str) -> Iterator[ScoreStore]:
    store = ScoreStore(uri)
    yield store
    store.dispose()
