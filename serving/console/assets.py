"""Script and style: the files of this package that a page may ask for."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """A file with its media type."""

    content: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        """Changes when the content does."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @cached_property
    def packed(self) -> bytes:
        """The content, compressed."""
        return gzip.compress(self.content, mtime=0)


@lru_cache(maxsize=1)
def load_assets() -> dict[str, Asset]:
    """Return every file that may be sent, by its name below the folder."""
    return {
        path.relative_to(FOLDER).as_posix(): Asset(path.read_bytes(), _TYPES[path.suffix])
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in _TYPES
    }


def link_asset(name: str) -> str:
    """Return the address of a file, another one when its content is another."""
    return f"/static/{name}?v={load_assets()[name].digest}"
