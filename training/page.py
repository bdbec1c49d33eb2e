"""Pages to hand around: self-contained HTML of one look, and files that appear together or not at all."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"


def create_templates(folder: Path) -> Environment:
    """Return the templates of a folder, which may extend ``page.html`` and include ``pictures.html``."""
    return Environment(
        loader=FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def save_together(texts: Mapping[Path, str]) -> None:
    """Write text files, their folders too: all aside before the first is renamed.

    So a reader never meets half a file, nor a page and figures of different runs because the disk was full.
    """
    asides = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            asides[path].write_text(text, encoding="utf-8")
        for path, aside in asides.items():
            aside.replace(path)
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)


def write_json(content: Any) -> str:
    """Return content as JSON for people and programs, with null for what JSON has no number for."""
    return json.dumps(clean(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def clean(content: Any) -> Any:
    """Return content with None for numbers that are not finite."""
    if isinstance(content, dict):
        return {key: clean(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [clean(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
