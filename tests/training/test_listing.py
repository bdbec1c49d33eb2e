from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import uptier
from models.registry import Registry
from tests.models.small_model import save_small_bundle
from tests.training.test_tracking import _record
from training.training_record import keep_pending


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A project whose store was down when it was trained."""
    path = tmp_path / "uptier.toml"
    path.write_text('[project]\nname = "shop"\n[tables.transactions]\nsource = "lines.parquet"\n')
    save_small_bundle(tmp_path / "bundle", 2.0)
    keep_pending(tmp_path / "workspace" / "pending", _record({}), tmp_path / "bundle", None)
    return path


def ask(config: Path, *arguments: str) -> str:
    done = CliRunner().invoke(uptier.app, ["--config", str(config), "models", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_was_kept_is_listed_and_sent(config: Path) -> None:
    assert "1 model waits to be sent to the store; run: uptier models push" in ask(config)
    assert len(json.loads(ask(config, "--json"))["pending"]) == 1

    assert "version 1 is registered" in ask(config, "push")

    assert ask(config, "push") == "nothing waits to be sent\n"
    listed = json.loads(ask(config, "--json"))
    assert (listed["aliases"], listed["pending"]) == ({"challenger": 1}, [])
    assert "challenger" in ask(config)


def test_a_lost_index_is_read_anew_from_the_store(config: Path) -> None:
    ask(config, "push")
    Registry(config.parent / "workspace", "", "shop").index_path.unlink()

    assert [each["version"] for each in json.loads(ask(config, "--json"))["versions"]] == [1]


def test_push_has_a_config_of_its_own(config: Path) -> None:
    done = CliRunner().invoke(uptier.app, ["models", "push", "--config", str(config), "--json"])

    assert [each["version"] for each in json.loads(done.stdout)] == [1]
