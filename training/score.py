"""Score: every customer of a project with its model, to a file or a database."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import polars as pl

from features.errors import ConfigError
from models.csv_export import LINE_END, build_csv_frame

_ENDINGS = {".parquet", ".csv"}

REASONS = 3
"""Reasons that a score holds for each of value, churn and upgrade."""


def write_scores(scores: pl.DataFrame, output: str) -> str:
    """Write scores to where a person named; nobody ever reads half of them.

    Parameters
    ----------
    scores : DataFrame
    output : str
        A file for `save_scores`, or a database for `training.score_table.save_to_table`.

    Returns
    -------
    str
        What to call where they are.
    """
    if "://" not in output:
        return str(save_scores(scores, Path(output)))
    from training.score_table import save_to_table  # noqa: PLC0415 - likewise

    return save_to_table(scores, output)


def check_output(output: str) -> str:
    """Return where scores are to be written, before they are computed.

    Raises
    ------
    ConfigError
        When it is neither a file nor a table that scores could be written to.
    """
    if "://" in output:
        from training.score_table import split_table  # noqa: PLC0415 - only databases need SQLAlchemy

        split_table(output)
    elif Path(output).suffix not in _ENDINGS:
        raise ConfigError(f"{output}: expected a file that ends in .parquet or .csv, or postgresql://…")
    return output


def save_scores(scores: pl.DataFrame, path: Path) -> Path:
    """Write scores as Parquet or CSV, aside and then renamed.

    Raises
    ------
    ConfigError
        When the file's ending is neither, or the file can't be written.
    """
    check_output(str(path))
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".csv":
            build_csv_frame(scores).write_csv(aside, line_terminator=LINE_END)
        else:
            scores.write_parquet(aside)
        aside.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):  # it was renamed, or its folder can't be written
            aside.unlink()
    return path
