from __future__ import annotations

from pathlib import Path

import features
from features.catalogue_docs import build_features_docs
from features.families import FAMILIES
from features.view import WINDOWS

PAGE = Path(features.__file__).parent.parent / "docs" / "features.md"


def test_the_page_is_what_the_declarations_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == build_features_docs(), "run: python -m features.catalogue_docs"


def test_every_feature_family_and_window_is_on_the_page() -> None:
    page = build_features_docs()

    for family in FAMILIES:
        assert f"\n## {family.name}\n\n" in page
        for reading in family.readings:
            for feature in reading.features:
                assert page.count(f"| `{feature.name}` |") == 1
    for window in WINDOWS:
        assert f"| `{window.name}` |" in page
    assert "\n\n\n" not in page
