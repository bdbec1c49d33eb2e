"""Where tables come from: files, folders and globs, object stores, databases.

A source is scanned lazily. CSV comes as text, so that ``00123`` stays what it is; ``tables`` types it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import polars as pl

from features.csv_files import PATIENCE, NoRowsError, scan_csv, scan_remote_csv
from features.databases import is_database, scan_database
from features.errors import SourceError
from features.values import read_text

ENDINGS = {
    "parquet": (".parquet", ".pq", ".parq"),
    "csv": tuple(name + packed for name in (".csv", ".tsv", ".txt") for packed in ("", ".gz", ".zst")),
}
"""Endings of files that a folder is searched for, by format."""

logger = logging.getLogger(__name__)

_REMOTE = re.compile(r"^(s3a?|gs|gcs|az|azure|adl|abfss?|hf|https?)://", re.IGNORECASE)
_URI = re.compile(r"^[A-Za-z][\w+.-]*://")
_GLOB = re.compile(r"[*?\[]")
_OPEN_QUOTE = re.compile(r"could not parse `(\".*)")
_STRAY_QUOTE = re.compile(r"CSV malformed: .* row_offset (\d+)")
_MAGIC = b"PAR1"


def is_uri(source: str) -> bool:
    """Return whether a source is an address, such as an object store's or a database's, and not a path."""
    return _URI.match(source) is not None


def scan_source(source: str, query: str | None = None) -> pl.LazyFrame:
    """Return everything a source holds, lazily, under its own names and types.

    Parameters
    ----------
    source : str
        Path of a Parquet or CSV file, of a folder of them, a glob, an object-store URI (its options come from
        the environment) or a database URI. A piece that a folder or glob holds twice, by whatever names, is
        read once.
    query : str, optional
        What to ask a database.

    Raises
    ------
    SourceError
        If there is nothing there, or it can't be read.
    """
    source = _path_of(source)
    with reading(source if not is_database(source) else "the database"):
        if is_database(source):
            return scan_database(source, query)
        if _REMOTE.match(source):
            return _scan_remote(source)
        if is_uri(source):
            raise SourceError(f"{source}: a source is a file, s3://, gs://, az://, https:// or postgresql://")
        return _scan_pieces(_drop_copies(_find_pieces(source)), source)


def list_pieces(source: str) -> list[Path]:
    """Return the files that a source is read from, in that order; none for an object store or a database."""
    source = _path_of(source)
    return [] if is_uri(source) else _drop_copies(_find_pieces(source))


def _path_of(source: str) -> str:
    """Return the path that a ``file://`` address names; anything else as it is."""
    return url2pathname(urlsplit(source).path) if source.lower().startswith("file://") else source


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn what polars and the system say about a source into one clear line.

    Lazy reading can fail late; who collects wraps it: ``with reading("transactions"): frame.collect()``.

    Parameters
    ----------
    where : str
        What is being read.

    Raises
    ------
    SourceError
        In place of polars' and the system's errors; its panics, which are no exceptions else, among them.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise SourceError(f"{where} can't be read: {_explain(str(error)) or type(error).__name__}") from error


def _explain(message: str) -> str:
    """Return what polars says in one line, with what to do where that is known."""
    first_line = next(iter(message.strip().splitlines()), "")
    if found := _OPEN_QUOTE.match(first_line):
        begin = found[1][:40].rstrip("`")
        return f"the quote in the field that begins with {begin} is not closed; close it or take it out"
    if found := _STRAY_QUOTE.search(first_line):
        return f"after row {found[1]} a field holds a quote that is not closed; double it or take it out"
    return first_line


def _scan_remote(source: str) -> pl.LazyFrame:
    path = source.split("?", maxsplit=1)[0].lower()
    if path.endswith(ENDINGS["csv"]):
        return scan_remote_csv(source)
    frame = pl.scan_parquet(source, storage_options=PATIENCE)
    frame.collect_schema()  # so that a store that can't be reached is said here, with the place
    return frame


def _find_pieces(source: str) -> list[Path]:
    """Return the files of a source in the order of their paths."""
    path = Path(source).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        return _find_in_folder(path)
    if _GLOB.search(source):
        anchor = Path(path.anchor or ".")
        pattern = str(path.relative_to(path.anchor)) if path.anchor else str(path)
        pieces = sorted(each for each in anchor.glob(pattern) if each.is_file())
        if not pieces:
            raise SourceError(f"{source}: no file fits this pattern")
        return pieces
    raise SourceError(f"{source}: no such file{_list_neighbours(path)}")


def _find_in_folder(folder: Path) -> list[Path]:
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        form = next((form for form, ends in ENDINGS.items() if path.name.lower().endswith(ends)), None)
        if form and not hidden and path.is_file():
            found.setdefault(form, []).append(path)
    if not found:
        raise SourceError(f"{folder}: no Parquet or CSV file in this folder")
    if len(found) > 1:
        counts = " and ".join(f"{len(paths)} {form}" for form, paths in sorted(found.items()))
        raise SourceError(
            f"{folder} holds {counts} files; choose one kind with a pattern such as '*.parquet'"
        )
    return next(iter(found.values()))


def _drop_copies(pieces: Sequence[Path]) -> list[Path]:
    """Return the pieces without those whose content an earlier one of the same partition has, byte by byte.

    A copy would count every line twice. Only files of equal size are looked into.
    """
    sizes = Counter(piece.stat().st_size for piece in pieces)
    kept: dict[object, Path] = {}
    for piece in pieces:
        size = piece.stat().st_size
        content = (size, _hash_content(piece), _partition_of(piece)) if sizes[size] > 1 and size else piece
        first = kept.setdefault(content, piece)
        if first is not piece:
            logger.warning("%s is a copy of %s; it is read once", piece, first)
    return list(kept.values())


def _hash_content(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()


def _partition_of(path: Path) -> tuple[str, ...]:
    """Return what a piece's folders say of its rows, such as ``year=2011``."""
    return tuple(part for part in path.parent.parts if "=" in part)


def _list_neighbours(path: Path) -> str:
    """Return what is beside a file that is not there, for the error."""
    if not path.parent.is_dir():
        return f"; its folder {path.parent} does not exist either"
    names = sorted(each.name for each in path.parent.iterdir() if not each.name.startswith("."))
    return f"; its folder holds {', '.join(names[:5])}{', …' if len(names) > 5 else ''}" if names else ""


def _scan_pieces(pieces: Sequence[Path], source: str) -> pl.LazyFrame:
    if len(pieces) > 1:
        filled = [piece for piece in pieces if piece.stat().st_size]
        for piece in set(pieces).difference(filled):
            logger.warning("%s is empty; it is passed over", piece)
        pieces = filled or pieces[:1]
    are_parquet = {_is_parquet(piece) for piece in pieces}
    if len(are_parquet) > 1:
        raise SourceError(
            f"{source}: some of its {len(pieces)} files are Parquet and some are CSV; choose one kind"
        )
    if not are_parquet.pop():
        return _join(_scan_filled(pieces))
    in_partitions = any("=" in piece.parent.name for piece in pieces)
    schemas = [_read_parquet_schema(piece) for piece in pieces]
    if all(dict(schema) == dict(schemas[0]) for schema in schemas):
        return pl.scan_parquet([*pieces], glob=False, hive_partitioning=in_partitions)
    return _join([pl.scan_parquet(piece, glob=False, hive_partitioning=in_partitions) for piece in pieces])


def _scan_filled(pieces: Sequence[Path]) -> list[pl.LazyFrame]:
    """Return the CSV files that hold rows; one at least does."""
    frames = []
    problem: NoRowsError | None = None
    for piece in pieces:
        try:
            frames.append(scan_csv(piece))
        except NoRowsError as error:
            problem = error
            logger.warning("%s; it is passed over", error) if len(pieces) > 1 else None
    if problem and not frames:
        raise problem
    return frames


def _is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet, by content; refuse one that is not what its ending says."""
    size = path.stat().st_size
    if not size:
        raise SourceError(f"{path} is empty")
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(size - 4, 0))
        tail = file.read(4)
    named_parquet = path.name.lower().endswith(ENDINGS["parquet"])
    if named_parquet and head != _MAGIC:
        raise SourceError(
            f"{path} is not a Parquet file, though its name says so; rename it to .csv if it is text"
        )
    if head == _MAGIC and not named_parquet and path.name.lower().endswith(ENDINGS["csv"]):
        raise SourceError(f"{path} is a Parquet file, though its name says CSV; rename it to .parquet")
    if head == _MAGIC and tail != _MAGIC:
        raise SourceError(f"{path} is a truncated Parquet file: its end is missing; copy or export it again")
    return head == _MAGIC


def _read_parquet_schema(path: Path) -> pl.Schema:
    with reading(str(path)):
        return pl.scan_parquet(path, glob=False).collect_schema()


def _join(frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """Return pieces one after the other; columns meet by name, a number meets text as text."""
    if len(frames) == 1:
        return frames[0]
    schemas = [frame.collect_schema() for frame in frames]
    texts = {name for schema in schemas for name, dtype in schema.items() if dtype == pl.String}
    aligned = [
        frame.with_columns(
            read_text(name, dtype).alias(name)
            for name, dtype in schema.items()
            if name in texts and dtype != pl.String
        )
        for frame, schema in zip(frames, schemas, strict=True)
    ]
    return pl.concat(aligned, how="diagonal_relaxed")
