from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ConfigError
from models.settings import Settings, load_settings
from training.starter.config import build_starter_config, save_starter_config
from training.starter.guess import Guess, TableGuess

COLUMNS = {"customer_id": "who", "timestamp": "ts", "amount": '"Unit Price" * Qty'}


def guess(source: str = "orders.csv", columns: dict[str, str] | None = None) -> Guess:
    return Guess({"transactions": TableGuess("transactions", source, columns or COLUMNS, "GBP")})


def test_it_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "uptier.toml"

    save_starter_config(guess(str(tmp_path / "data" / "orders.csv")), path)

    settings = load_settings(path)
    assert settings.tables.transactions.columns == COLUMNS
    assert settings.tables.transactions.source == str(tmp_path / "data" / "orders.csv")
    assert 'source = "data/orders.csv"' in path.read_text(encoding="utf-8")
    assert settings.project.currency == "GBP"


def test_a_file_above_the_config_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")

    save_starter_config(guess("../orders.csv"), Path("uptier.toml"))

    assert f'source = "{(tmp_path / "orders.csv").as_posix()}"' in Path("uptier.toml").read_text(
        encoding="utf-8"
    )


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="can't be written"):
        save_starter_config(guess(), tmp_path / "file" / "uptier.toml")


def test_every_key_is_there_with_words(tmp_path: Path) -> None:
    text = build_starter_config(guess(), tmp_path)

    document = tomllib.loads(text)
    assert document.keys() == Settings.model_fields.keys()
    assert all("#" in line for line in text.splitlines() if " = " in line and not line.startswith("source"))


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "uptier.toml"
    path.write_text("precious", encoding="utf-8")

    with pytest.raises(ConfigError, match="--force replaces it"):
        save_starter_config(guess(), path)
    assert path.read_text(encoding="utf-8") == "precious"

    save_starter_config(guess(), path, force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["uptier.toml"]
    assert load_settings(path).project.currency == "GBP"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip() == text)
)
def test_any_column_name_is_quoted_well(name: str) -> None:
    text = build_starter_config(guess(columns={"customer_id": name}), Path.cwd())

    assert tomllib.loads(text)["tables"]["transactions"]["columns"]["customer_id"] == name
