from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serving.app import create_app
from tests.serving.projects import Project, Shop, create_project, fit_shop, publish


@pytest.fixture(scope="session")
def shop() -> Shop:
    return fit_shop()


@pytest.fixture
def project(tmp_path: Path, shop: Shop) -> Project:
    """A project of one test, which may break it."""
    return create_project(tmp_path, shop)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Project:
    """A project with published scores, which no test changes."""
    project = create_project(tmp_path_factory.mktemp("published"), shop)
    publish(project)
    return project


@pytest.fixture(scope="session")
def app(published: Project) -> FastAPI:
    return create_app(published.settings)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
