"""CSV files as they come: any common delimiter, byte-order mark and encoding, ragged lines."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

import polars as pl
import pyarrow as pa

from features.errors import SourceError
from features.quotes import find_open_quote
from features.scratch import open_scratch

SURPLUS = "\0surplus"
"""Column with what a line holds beyond the header's fields; null in a good line."""


PATIENCE: dict[str, str | int] = {"max_retries": 3}
"""How often an object store that does not answer is asked again."""


class NoRowsError(SourceError):
    """A file holds nothing, or a header alone."""


@dataclass(frozen=True)
class Header:
    """How a file begins.

    Attributes
    ----------
    names : tuple of str
        Of the columns: tidied, and all different.
    delimiter : str
        Between fields.
    lines : int
        Lines up to the header's last, blank ones and the breaks within quoted names counted.
    """

    names: tuple[str, ...]
    delimiter: str
    lines: int


_DELIMITERS = ",;\t|"
_LINE_BREAK = re.compile(r"\s*[\r\n]\s*")
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{])")
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
        The file, plain or compressed (gzip, zstd), in UTF-8, UTF-16 or Windows-1252.

    Raises
    ------
    SourceError
        If it is no CSV file.
    NoRowsError
        If it is empty or has no line below its header.
    """
    encoding, quotes = _find_encoding(path)
    text = _read_beginning(path, encoding)
    header = _split_header(text.replace("\r", "\n") if "\n" not in text else text, str(path))
    if quotes % 2:
        _refuse_open_quote(path, encoding, header.delimiter)
    as_it_is = encoding == "utf-8-sig" and "\n" in text
    readable = path if as_it_is else _transcode(path, encoding, path.stat().st_mtime_ns)
    return _scan(str(readable), header)


def scan_remote_csv(uri: str) -> pl.LazyFrame:
    """Return a CSV file in an object store lazily, every column as text; UTF-8 only."""
    lines = pl.scan_csv(
        uri,
        separator="\x01",
        quote_char=None,
        has_header=False,
        infer_schema=False,
        n_rows=50,
        storage_options=PATIENCE,
    ).collect()
    text = "\n".join(lines.to_series().fill_null("")).removeprefix("\ufeff")
    return _scan(uri, _split_header(text, uri), PATIENCE)


def _scan(source: str, header: Header, options: dict[str, str | int] | None = None) -> pl.LazyFrame:
    # Polars would look the names up in the file, where they are not tidied; so it is told them, by position.
    return pl.scan_csv(
        source,
        separator=header.delimiter,
        has_header=False,
        skip_lines=header.lines,
        schema=dict.fromkeys([*header.names, SURPLUS], pl.String),
        missing_columns="insert",
        truncate_ragged_lines=True,
        glob=False,
        storage_options=options,
    )


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        head = file.read(4)
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise SourceError(f"{path} is {what}, not a CSV file; export it as CSV")
    if head.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(path))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return cast("IO[bytes]", pa.input_stream(str(path), compression="zstd"))
    return path.open("rb")


def _find_encoding(path: Path) -> tuple[str, int]:
    """Return the encoding of the whole file and its quotes; bytes that are not UTF-8 mean Windows-1252."""
    encoding, quotes = "utf-8-sig", 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with _open(path) as file:
            chunk = file.read(_CHUNK_BYTES)
            if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16", 0
            while chunk:
                quotes += chunk.count(b'"')
                encoding = encoding if _decodes(decoder, chunk) else "cp1252"
                chunk = file.read(_CHUNK_BYTES)
    except EOFError as error:
        raise SourceError(f"{path} is a truncated gzip file; copy or export it again") from error
    return encoding if _decodes(decoder, b"", final=True) else "cp1252", quotes


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_open_quote(path: Path, encoding: str, delimiter: str) -> None:
    """Raise if a quote is not closed, with the line that it stands in: the rest would be one field."""
    with io.TextIOWrapper(_open(path), encoding, errors="replace") as text:
        found = find_open_quote(text, delimiter)
    if found:
        line, field = found
        what = f"the quote in the field that begins with {field[:40]} is not closed"
        raise SourceError(f"{path}: in line {line} {what}; close it or take it out")


def _read_beginning(path: Path, encoding: str) -> str:
    with _open(path) as file:
        return file.read(_SAMPLE_BYTES).decode(encoding, errors="ignore")


def _split_header(text: str, where: str) -> Header:
    """Return the header, from the beginning of a file."""
    if not text.strip():
        raise NoRowsError(f"{where} is empty")
    if _JSON.match(text):
        raise SourceError(f"{where}: this is JSON; convert it to CSV or Parquet")
    lines = text.split("\n")
    blank = next(position for position, line in enumerate(lines) if line.strip())
    try:
        delimiter = _find_delimiter([line for line in text.splitlines() if line.strip()])
        reader = csv.reader((line + "\n" for line in lines[blank:]), delimiter=delimiter)
        names = [_LINE_BREAK.sub(" ", name.strip()) for name in next(reader)]
    except csv.Error as error:
        raise SourceError(f"{where} has a header that can't be read as CSV: {error}") from error
    end = blank + reader.line_num
    if not any(line.strip() for line in lines[end:]):
        if end > blank + 1:
            raise SourceError(f"{where}: a quote in the header is not closed; close it or take it out")
        raise NoRowsError(f"{where} holds a header and no line below it")
    return Header(tuple(_number_doubles(names)), delimiter, end)


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


@lru_cache(maxsize=64)
def _transcode(path: Path, encoding: str, changed_ns: int) -> Path:
    """Write a file anew in UTF-8 and with line feeds, all that polars reads lazily; once for each state."""
    target = open_scratch() / f"{abs(hash((path.resolve(), changed_ns)))}.csv"
    with _open(path) as binary, target.open("w", encoding="utf-8", newline="") as out:
        # Windows-1252 leaves five bytes undefined; they become the replacement sign.
        text = io.TextIOWrapper(binary, encoding, errors="replace")
        shutil.copyfileobj(text, out, _CHUNK_BYTES)
    return target
