from __future__ import annotations

from pathlib import Path

import models
from models.settings import Settings
from models.settings_docs import build_config_docs

PAGE = Path(models.__file__).parent.parent / "docs" / "config.md"


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == build_config_docs(), "run: python -m models.settings_docs"


def test_every_key_has_words() -> None:
    page = build_config_docs()

    for section in Settings.model_fields:
        assert f"## [{section}]" in page
    assert "|  |" not in page
    assert "`tiers.A`" in page
    assert "`transactions.source`" in page
