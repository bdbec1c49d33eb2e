"""The bundle: what training stores and serving loads, a folder of text, JSON and Parquet that proves itself.

Nothing in it can run code, and nothing is read before its checksum is known to be right.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from models.errors import BundleError
from models.manifest import MANIFEST, RESTORE, Manifest, encode_json, parse_manifest

_READERS: dict[str, Callable[[bytes], Any]] = {
    "txt": bytes.decode,
    "json": json.loads,
    "parquet": lambda content: pl.read_parquet(io.BytesIO(content)),
}


@dataclass(frozen=True)
class Bundle:
    """A trained model as parts that are data only. Names are lower-case letters, digits, ``_`` and ``-``.

    Attributes
    ----------
    manifest : Manifest
    texts : mapping of str to str
        Trees as LightGBM text; kept in ``name.txt``.
    documents : mapping of str to JSON
        Kept in ``name.json``; figures are finite.
    frames : mapping of str to DataFrame
        Kept in ``name.parquet``.
    """

    manifest: Manifest
    texts: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def save_bundle(folder: Path, bundle: Bundle) -> Manifest:
    """Write a bundle: aside first, then renamed, so that nobody ever sees half of one.

    Parameters
    ----------
    folder : Path
        Must not exist yet; its parents are made.
    bundle : Bundle

    Returns
    -------
    Manifest
        With the checksums.

    Raises
    ------
    BundleError
        When the folder exists or can't be written; nothing is left behind.
    ValueError
        When a part has a bad name or a document holds what JSON can't.
    """
    files = _encode(bundle)
    manifest = bundle.manifest.sealed({name: _digest(content) for name, content in files.items()})
    aside = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.partial"
    try:
        if os.path.lexists(folder):
            raise BundleError(f"{folder}: exists already; a bundle is never overwritten, choose a new folder")
        aside.mkdir(parents=True)
        for name, content in {**files, MANIFEST: manifest.encode()}.items():
            _write(aside / name, content)
        aside.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        raise BundleError(f"{folder}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifest


def load_bundle(folder: Path, called: str = "") -> Bundle:
    """Load a bundle after checking that it is, to the last byte, what was saved.

    Parameters
    ----------
    folder : Path
        What `save_bundle` wrote, wherever it was copied to.
    called : str
        What errors call it; the folder by default.

    Raises
    ------
    BundleError
        When it is missing, incomplete, altered or newer than this release, or holds files, folders or links
        that are not its own.
    """
    where = called or str(folder)
    found = _list_files(folder)
    if MANIFEST not in found:
        raise BundleError(f"{where}: {MANIFEST} is missing, so this is no complete bundle; {RESTORE}")
    manifest = parse_manifest(_read(folder / MANIFEST), where)
    missing, extra = manifest.files.keys() - found, found - manifest.files.keys() - {MANIFEST}
    if missing:
        raise BundleError(f"{where}: {', '.join(sorted(missing))} missing; {RESTORE}")
    if extra:
        raise BundleError(
            f"{where}: holds {', '.join(map(repr, sorted(extra)))}, which no bundle wrote; {RESTORE}"
        )
    contents = {name: _read(folder / name) for name in manifest.files}
    altered = [name for name, content in contents.items() if _digest(content) != manifest.files[name]]
    if altered:
        raise BundleError(f"{where}: {', '.join(sorted(altered))} altered since it was saved; {RESTORE}")
    return _decode(manifest, contents, where)


def _encode(bundle: Bundle) -> dict[str, bytes]:
    files = {f"{name}.txt": text.encode() for name, text in bundle.texts.items()}
    files |= {f"{name}.json": encode_json(document) for name, document in bundle.documents.items()}
    for name, frame in bundle.frames.items():
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        files[f"{name}.parquet"] = buffer.getvalue()
    return dict(sorted(files.items()))


def _decode(manifest: Manifest, contents: Mapping[str, bytes], where: str) -> Bundle:
    parts: dict[str, dict[str, Any]] = {kind: {} for kind in _READERS}
    for name, content in contents.items():
        stem, _, kind = name.rpartition(".")
        try:
            parts[kind][stem] = _READERS[kind](content)
        except (ValueError, RecursionError, pl.exceptions.PolarsError) as error:
            raise BundleError(
                f"{where}: {name} cannot be read, though it is unaltered; train again"
            ) from error
    return Bundle(manifest, parts["txt"], parts["json"], parts["parquet"])


def _list_files(folder: Path) -> set[str]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        raise BundleError(f"{folder}: no such folder, expected a bundle") from None
    except NotADirectoryError:
        raise BundleError(f"{folder}: is a file, expected the folder of a bundle") from None
    except OSError as error:
        raise BundleError(f"{folder}: cannot be read ({error.strerror})") from error
    for entry in entries:
        if entry.is_symlink():
            raise BundleError(f"{folder}: {entry.name!r} is a link, and a bundle has none; {RESTORE}")
        if not entry.is_file(follow_symlinks=False):
            raise BundleError(
                f"{folder}: {entry.name!r} is no file, and a bundle holds files only; {RESTORE}"
            )
    return {entry.name for entry in entries}


def _read(path: Path) -> bytes:
    """Read a file once, and only a file: what was checked is what is used."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "not a file")
            return file.read()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror})") from error


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a rename outlast a power cut, where folders can be synced."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
