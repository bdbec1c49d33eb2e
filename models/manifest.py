"""The manifest of a bundle: what it holds, what it was made from, and the checksums that prove it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from models.errors import BundleError

MANIFEST = "manifest.json"
FORMAT = 5
"""Version of the bundle's layout that this release writes, and the newest that it reads."""

RESTORE = "restore the bundle from its store, or train again"

_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}\.(txt|json|parquet)")
_VOLATILE = {"id", "created", "checksum"}


def _check_file_name(name: str) -> str:
    if not _FILE_NAME.fullmatch(name) or name == MANIFEST:
        raise ValueError(f"{name!r} is no name for a part: expected lower-case letters, digits, _ and -")
    return name


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, AfterValidator(_check_file_name)]
Document = dict[str, JsonValue]


class Manifest(BaseModel):
    """What a bundle is; `files` and `checksum` are filled in when it is saved."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: int = Field(FORMAT, ge=1, description="version of the bundle's layout")
    uptier: str = Field(description="version of uptier that made it")
    id: str = Field(description="identifies this bundle, whatever it holds")
    created: str = Field(description="when it was made, ISO 8601")
    as_of: str = Field(description="moment it was trained at, ISO 8601")
    horizon_days: int = Field(ge=1, description="length of the future that it predicts")
    threshold: float | None = Field(description="trailing value that makes a customer valued, in money")
    config: Document = Field({}, description="uptier.toml as it was")
    tiers: Document = Field({}, description="cuts and percentiles of the tiers")
    level: Document = Field({}, description="forecast of the level")
    features: tuple[str, ...] = Field((), strict=False, description="the model's columns, in their order")
    files: dict[FileName, Digest] = Field({}, description="SHA-256 of every other file")
    checksum: Digest | None = Field(None, description="SHA-256 of the manifest without this key")

    @property
    def content(self) -> str:
        """Digest of all but `id`, `created` and `checksum`: equal for equal data, config and seed."""
        return _digest(self.model_dump(mode="json", exclude=_VOLATILE))

    def sealed(self, files: Mapping[str, str]) -> Manifest:
        """Return the manifest of these files (digests by name), with its checksum."""
        unsealed = Manifest.model_validate({**self.model_dump(), "files": dict(files), "checksum": None})
        return unsealed.model_copy(update={"checksum": unsealed.compute_checksum()})

    def compute_checksum(self) -> str:
        """Return the digest of the manifest without its checksum."""
        return _digest(self.model_dump(mode="json", exclude={"checksum"}))

    def encode(self) -> bytes:
        """Return the bytes of ``manifest.json``."""
        return encode_json(self.model_dump(mode="json"))


def parse_manifest(content: bytes, where: str) -> Manifest:
    """Read ``manifest.json`` and check it against its own checksum.

    Parameters
    ----------
    content : bytes
    where : str
        What messages call the bundle.

    Raises
    ------
    BundleError
        When it is no manifest, of another release's format, or altered.
    """
    try:
        document = json.loads(content, parse_constant=_refuse)
        _check_format(document, where)
        manifest = Manifest.model_validate(document)
        # Written in one way only, so that not even a blank can change unseen.
        unaltered = manifest.checksum == manifest.compute_checksum() and manifest.encode() == content
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{where}: {MANIFEST} is none that uptier wrote; {RESTORE}") from error
    if not unaltered:
        raise BundleError(f"{where}: {MANIFEST} was altered since it was saved; {RESTORE}")
    return manifest


def encode_json(document: object) -> bytes:
    """Return a document as bytes: equal for equal content, sorted keys, floats that read back the same.

    Raises
    ------
    ValueError
        When a figure is not finite, which JSON has no way to write.
    """
    text = json.dumps(document, sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False)
    return f"{text}\n".encode()


def _check_format(document: Any, where: str) -> None:
    version = document.get("format") if isinstance(document, dict) else None
    if isinstance(version, int) and version != FORMAT:
        remedy = "update uptier" if version > FORMAT else "train again"
        raise BundleError(
            f"{where}: made by uptier {document.get('uptier')!s:.40} in format {version}, "
            f"this release reads format {FORMAT}; {remedy}"
        )


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _digest(document: object) -> str:
    return hashlib.sha256(encode_json(document)).hexdigest()
