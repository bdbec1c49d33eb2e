"""Writes `docs/api.md` from the routes: ``python -m serving.api_docs``."""

from __future__ import annotations

from pathlib import Path

from serving.api_reference import build_markdown
from serving.app import describe_routes


def build_api_docs() -> str:
    """Return `docs/api.md`."""
    return build_markdown(describe_routes())


def main() -> None:
    """Write `docs/api.md` of the checkout."""
    path = Path(__file__).parent.parent / "docs" / "api.md"
    path.write_text(build_api_docs(), encoding="utf-8")


if __name__ == "__main__":
    main()
