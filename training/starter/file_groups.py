"""Which files belong together: a folder or glob may hold several tables, and several files one table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from features.csv_files import SURPLUS, NoRowsError
from features.sources import is_uri, list_pieces, scan_source


def name_once(sources: Iterable[str]) -> list[str]:
    """Return sources without those that are an earlier one by another name."""
    first: dict[str, str] = {}
    for source in sources:
        same = source if is_uri(source) else os.path.realpath(Path(source).expanduser())
        first.setdefault(same, source)
    return list(first.values())


def split_by_header(source: str) -> list[str]:
    """Return the files of a source where their headers differ, each with others of its header if it can be.

    Parameters
    ----------
    source : str
        Path, folder, glob or address.

    Returns
    -------
    list of str
        The source itself where all of its files have one header.
    """
    pieces = list_pieces(source)
    if len(pieces) < 2:
        return [source]
    groups: dict[frozenset[str], list[Path]] = {}
    for piece in pieces:
        with suppress(NoRowsError):
            header = scan_source(str(piece)).collect_schema().names()
            groups.setdefault(frozenset(header) - {SURPLUS}, []).append(piece)
    if len(groups) < 2:
        return [source]
    return [part for paths in groups.values() for part in _name_group(paths)]


def _name_group(paths: Sequence[Path]) -> list[str]:
    pattern = find_pattern(paths)
    return [pattern] if pattern else [str(path) for path in paths]


def find_pattern(paths: Sequence[Path]) -> str | None:
    """Return a pattern that just these files fit, the path of a single one; None where there is none.

    Parameters
    ----------
    paths : sequence of Path
        At least one.
    """
    first = paths[0]
    if len(paths) == 1:
        return str(first)
    start = os.path.commonprefix([path.name for path in paths])  # noqa: RUF071 - of letters, not of folders
    pattern = f"{start}*{first.suffix}"
    fitting = {path for path in first.parent.glob(pattern) if path.is_file()}
    return str(first.parent / pattern) if fitting == set(paths) else None
