"""Score: every customer of a project with its model, to a file or a database."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from features.errors import ConfigError
from models.csv_export import LINE_END, build_csv_frame
from models.reasons import LEAST
from models.sentences import say_effect, say_level, say_range
from models.trust import Trust

_ENDINGS = {".parquet", ".csv"}

REASONS = 3
"""Reasons that a score holds for each of value, churn and upgrade."""


def describe_customer(
    scores: pl.DataFrame, currency: str, starts: Mapping[str, float], trust: Trust | None = None
) -> list[str]:
    """Return what a person reads of one customer's score: a line each.

    Parameters
    ----------
    scores : DataFrame
        A row, or with sellers one for each, with reasons.
    currency : str
    starts : mapping of str to float
        What reasons start from, `Scorer.starts`.
    trust : Trust, optional
    """
    trust = trust or Trust()
    return [line for row in scores.to_dicts() for line in _describe_row(row, currency, starts, trust)]


def _describe_row(
    row: dict[str, Any], currency: str, starts: Mapping[str, float], trust: Trust
) -> Iterator[str]:
    seller = f" at {row['seller_id']}" if row.get("seller_id") else ""
    evidence = row["evidence"].replace("_", " ")
    moment = f"as of {row['as_of']:%Y-%m-%d}, for {row['horizon_days']} days"
    yield f"{row['customer_id']}{seller}, {moment}; {evidence}"
    span = say_range(row["value_p10"], row["value_p50"], row["value_p90"])
    yield f"value: {currency} {row['expected_value']:,.2f} on average, {span}{trust.caution('value')}"
    yield f"tier {row['tier']} (now {row['current_tier']}), segment {row['segment']}"
    yield f"churn: {row['churn_probability']:.0%}{trust.caution('churn')}"
    if row["upgrade_probability"] is not None:
        worth = f"{currency} {row['upgrade_value']:,.2f}"
        caution = trust.caution("upgrade")
        yield f"upgrade: {row['upgrade_probability']:.1%}, which would bring {worth}{caution}"
    for target, told in row["reasons"].items():
        if told:
            yield from (f"  {target}: {line}" for line in _add_up(row, target, starts[target], currency))
    yield f"do: {row['action']} ({row['channel']})"


def _add_up(row: dict[str, Any], target: str, start: float, currency: str) -> Iterator[str]:
    """Yield where a prediction starts, and what leads from there to what is predicted."""
    end = row["expected_value"] if target == "value" else 100 * row[f"{target}_probability"]
    yield f"the average customer: {say_level(start, target, currency)}"
    told = row["reasons"][target]
    yield from (reason["text"] for reason in told)
    rest = end - start - sum(reason["contribution"] for reason in told)
    if abs(rest) >= LEAST[target]:
        yield f"all other reasons: {say_effect(rest, target, currency)}"


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
