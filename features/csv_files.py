"""CSV files as they come: any common delimiter, byte-order mark and encoding, ragged lines."""

from __future__ import annotations

import atexit
import codecs
import csv
import gzip
import io
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

import polars as pl

from features.errors import SourceError

SURPLUS = "\0surplus"
"""Column with what a line holds beyond the header's fields; null in a good line."""

_DELIMITERS = ",;\t|"
_SAMPLE_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 24
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"%PDF": "a PDF",
}


def scan_csv(path: Path) -> pl.LazyFrame:
    """Return a CSV file lazily, every column as text, with :data:`SURPLUS` as the last.

    Parameters
    ----------
    path : pathlib.Path
        The file, plain or gzipped, in UTF-8, UTF-16 or Windows-1252.

    Raises
    ------
    SourceError
        If it is empty, has no line below its header, or is no CSV file.
    """
    encoding = _find_encoding(path)
    header, delimiter = _read_header(path, encoding)
    readable = path if encoding == "utf-8-sig" else _transcode(path, encoding, path.stat().st_mtime_ns)
    return _scan(str(readable), header, delimiter)


def scan_remote_csv(uri: str) -> pl.LazyFrame:
    """Return a CSV file in an object store lazily, every column as text; UTF-8 only."""
    lines = pl.scan_csv(
        uri, separator="\x01", quote_char=None, has_header=False, infer_schema=False, n_rows=50
    ).collect()
    text = "\n".join(lines.to_series().fill_null("")).removeprefix("\ufeff")
    header, delimiter = _split_header(text, uri)
    return _scan(uri, header, delimiter)


def _scan(source: str, header: list[str], delimiter: str) -> pl.LazyFrame:
    return pl.scan_csv(
        source,
        separator=delimiter,
        schema=dict.fromkeys([*header, SURPLUS], pl.String),
        missing_columns="insert",
        truncate_ragged_lines=True,
        glob=False,
    )


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        head = file.read(4)
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise SourceError(f"{path} is {what}, not a CSV file; export it as CSV")
    return cast("IO[bytes]", gzip.open(path)) if head.startswith(b"\x1f\x8b") else path.open("rb")


def _find_encoding(path: Path) -> str:
    """Return the encoding of the whole file; bytes that are not UTF-8 mean Windows-1252."""
    try:
        with _open(path) as file:
            chunk = file.read(_CHUNK_BYTES)
            if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            decoder = codecs.getincrementaldecoder("utf-8")()
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(_CHUNK_BYTES)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    except EOFError as error:
        raise SourceError(f"{path} is a truncated gzip file; copy or export it again") from error
    return "utf-8-sig"


def _read_header(path: Path, encoding: str) -> tuple[list[str], str]:
    with _open(path) as file:
        text = file.read(_SAMPLE_BYTES).decode(encoding, errors="ignore")
    return _split_header(text, str(path))


def _split_header(text: str, where: str) -> tuple[list[str], str]:
    """Return the header's fields and the delimiter, from the beginning of a file."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise SourceError(f"{where} is empty")
    if len(lines) == 1:
        raise SourceError(f"{where} holds a header and no line below it")
    delimiter = _find_delimiter(lines)
    header = next(csv.reader(io.StringIO(text.lstrip("\r\n")), delimiter=delimiter))
    return _number_doubles([name.strip() for name in header]), delimiter


def _find_delimiter(lines: list[str]) -> str:
    """Return the delimiter that splits most of the first lines into as many fields as the header."""

    def score(delimiter: str) -> tuple[bool, bool, int]:
        rows = list(csv.reader(lines[:20], delimiter=delimiter))
        width = len(rows[0])
        return width > 1, sum(len(row) == width for row in rows) * 2 > len(rows), width

    return max(_DELIMITERS, key=score)


def _number_doubles(names: list[str]) -> list[str]:
    """Return a header with names for the nameless and different names for equal ones."""
    seen: dict[str, int] = {}
    result = []
    for position, given in enumerate(names, start=1):
        name = given or f"column_{position}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


@lru_cache(maxsize=1)
def _create_scratch() -> Path:
    """Return a folder for transcoded files that lives as long as the process."""
    folder = Path(tempfile.mkdtemp(prefix="uptier-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache(maxsize=64)
def _transcode(path: Path, encoding: str, changed_ns: int) -> Path:
    """Write a file anew in UTF-8, as polars reads nothing else lazily; once for each state of the file."""
    target = _create_scratch() / f"{abs(hash((path.resolve(), changed_ns)))}.csv"
    with _open(path) as binary, target.open("w", encoding="utf-8", newline="") as out:
        # Windows-1252 leaves five bytes undefined; they become the replacement sign.
        text = io.TextIOWrapper(binary, encoding, errors="replace", newline="")
        shutil.copyfileobj(text, out, _CHUNK_BYTES)
    return target
