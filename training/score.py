"""Score: every customer of a project with its model, to a file or a database."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from features.errors import ConfigError, DataError
from features.timeline import IntArray
from models.candidates import Candidates, Wanted, choose_candidates
from models.csv_export import CANDIDATE_COLUMNS, build_csv_frame
from models.playbook import load_playbook
from models.scorer import Scorer
from models.settings import Settings
from training.reach import add_reach
from training.score_table import save_to_table, split_table
from training.source_history import SourceHistory, read_history
from training.train import open_registry

_ENDINGS = {".parquet", ".csv"}

BLOCK = 5_000
"""Customers that are scored at a time."""

REASONS = 3
"""Reasons that a score holds for each of value, churn and upgrade."""


def score_base(
    settings: Settings,
    as_of: dt.datetime | None = None,
    *,
    customer: str | None = None,
    reasons: int = REASONS,
) -> pl.DataFrame:
    """Score every customer that a table knows.

    Parameters
    ----------
    settings : Settings
    as_of : datetime, optional
        With a zone; by default the midnight after the newest line.
    customer : str, optional
        Only this one.
    reasons : int
        At most so many for each of value, churn and upgrade; 0 leaves them out.

    Raises
    ------
    TrackingError
        When there is no model yet.
    DataError
        When there is no such customer.
    """
    return score_source(settings, as_of, customer=customer, reasons=reasons)[0]


def score_source(
    settings: Settings,
    as_of: dt.datetime | None = None,
    *,
    customer: str | None = None,
    reasons: int = REASONS,
) -> tuple[pl.DataFrame, SourceHistory]:
    """Return the scores and what they were made from; parameters are those of `score_base`."""
    registry = open_registry(settings)
    version = registry.read().find_serving()
    playbook = Path(settings.serving.playbook) if settings.serving.playbook else None
    scorer = Scorer.from_bundle(registry.load(version), load_playbook(playbook))
    source = read_history(settings, as_of, scorer.predictor.dialect)
    chosen = None if customer is None else _find(source.history.ids, customer)
    score = partial(
        scorer.score,
        source.history,
        source.moment,
        model_version=str(version.version),
        reasons=reasons,
        currency=settings.project.currency,
    )
    if reasons:
        _ = scorer.explainer  # made once, before threads ask for it
    everybody = np.arange(len(source.history), dtype=np.int64) if chosen is None else chosen
    return _score_in_blocks(score, everybody), source


def _score_in_blocks(score: Callable[[IntArray], pl.DataFrame], customers: IntArray) -> pl.DataFrame:
    """Score some customers after the others, on all cores: reasons of a whole base would fill the memory."""
    blocks = [customers[start : start + BLOCK] for start in range(0, max(1, len(customers)), BLOCK)]
    with ThreadPoolExecutor(min(len(blocks), len(os.sched_getaffinity(0)))) as pool:
        return pl.concat(pool.map(score, blocks))


def choose_from_base(settings: Settings, wanted: Wanted, as_of: dt.datetime | None = None) -> Candidates:
    """Choose upgrade candidates among the base: those whose consent is refused are never among them.

    Parameters
    ----------
    settings : Settings
    wanted : Wanted
    as_of : datetime, optional
        As in `score_base`.
    """
    scores, source = score_source(settings, as_of)
    return choose_candidates(add_reach(scores, source), wanted)


def write_candidates(chosen: Candidates, output: str) -> str:
    """Write the list, ready for a CRM: `models.csv_export.CANDIDATE_COLUMNS`, as far as they are known.

    Parameters
    ----------
    chosen : Candidates
    output : str
        As in `write_scores`.
    """
    there = [name for name in CANDIDATE_COLUMNS if name in chosen.customers.columns]
    return write_scores(chosen.customers.select(there), output)


def describe_candidates(chosen: Candidates, currency: str) -> str:
    """Return in one sentence what contacting the candidates would bring."""
    bought = chosen.summary
    return (
        f"{bought.contacts:,} of {bought.eligible:,} customers; expected:"
        f" {bought.expected_upgrades:,.1f} upgrades worth {currency} {bought.expected_value:,.0f},"
        f" {bought.in_vain:,.1f} contacts in vain"
    )


def describe_customer(scores: pl.DataFrame, currency: str) -> list[str]:
    """Return what a person reads of one customer's score: a line each."""
    lines = []
    for row in scores.to_dicts():
        seller = f" at {row['seller_id']}" if row.get("seller_id") else ""
        low, high = (f"{row[name]:,.2f}" for name in ("value_p10", "value_p90"))
        lines += [
            f"{row['customer_id']}{seller}, as of {row['as_of']:%Y-%m-%d}, for {row['horizon_days']} days;"
            f" {row['evidence'].replace('_', ' ')}",
            f"value: {currency} {row['expected_value']:,.2f}, most likely between {low} and {high}",
            f"tier {row['tier']} (now {row['current_tier']}), segment {row['segment']}",
            f"churn: {row['churn_probability']:.0%}",
        ]
        if row["upgrade_probability"] is not None:
            worth = f"{currency} {row['upgrade_value']:,.2f}"
            lines.append(f"upgrade: {row['upgrade_probability']:.1%}, which would bring {worth}")
        for target, told in row["reasons"].items():
            lines += [f"  {target}: {reason['text']}" for reason in told]
        lines.append(f"do: {row['action']} ({row['channel']})")
    return lines


def _find(ids: pl.Series, customer: str) -> IntArray:
    found = np.flatnonzero((ids == customer).to_numpy())
    if not len(found):
        raise DataError("customers", [f"nobody has the id {customer!r}; no table knows this customer"])
    return found


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
    return save_to_table(scores, output) if "://" in output else str(save_scores(scores, Path(output)))


def check_output(output: str) -> str:
    """Return where scores are to be written, before they are computed.

    Raises
    ------
    ConfigError
        When it is neither a file nor a table that scores could be written to.
    """
    if "://" in output:
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
            build_csv_frame(scores).write_csv(aside)
        else:
            scores.write_parquet(aside)
        aside.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):  # it was renamed, or its folder can't be written
            aside.unlink()
    return path
