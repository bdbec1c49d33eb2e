"""The self-test: examples in a bundle with their scores, so that a model proves itself before it serves.

A checksum shows that the bundle is the one that was saved. That this release, on this machine, still makes of
it what training made of it, only predicting can show.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.bundle import Bundle
from models.errors import BundleError
from models.request import Row, score_request
from models.scorer import Scorer

EXAMPLES = "examples"
"""The bundle's document with the examples."""

TOLERANCE = 1e-6
"""Figures may differ by so much, relatively: another processor rounds otherwise."""

MOST_ROWS = 100
"""Lines, events and contacts that an example keeps, each."""

_NOT_OF_THE_MODEL = frozenset({"model_version", "action", "channel", "reasons"})
"""What a score holds beyond what the model predicts."""


def add_examples(bundle: Bundle, scorer: Scorer, customers: Sequence[Row], as_of: dt.datetime) -> Bundle:
    """Return the bundle with a few customers and their scores.

    Parameters
    ----------
    bundle : Bundle
        Of the scorer.
    scorer : Scorer
    customers : sequence of dict
        Raw rows of JSON values, as `score_request` takes them.
    as_of : datetime
        The moment to score them at.
    """
    examples = [_hide(customer, number) for number, customer in enumerate(customers, start=1)]
    scores = score_request(scorer, examples, as_of)
    document = {
        "as_of": as_of.isoformat(),
        "customers": examples,
        "scores": [{name: row[name] for name in row if name not in _NOT_OF_THE_MODEL} for row in scores],
    }
    return replace(bundle, documents={**bundle.documents, EXAMPLES: document})


def check_examples(scorer: Scorer, bundle: Bundle) -> int:
    """Score a bundle's examples again and compare.

    Returns
    -------
    int
        How many examples there were; a bundle of an earlier release has none.

    Raises
    ------
    BundleError
        When a score is not what it was at training; says which.
    """
    document = bundle.documents.get(EXAMPLES)
    if document is None:
        return 0
    found = score_request(scorer, document["customers"], dt.datetime.fromisoformat(document["as_of"]))
    expected = document["scores"]
    if len(found) != len(expected):
        raise BundleError(f"the self-test gave {len(found)} scores, training {len(expected)}; train again")
    for row, was in zip(found, expected, strict=True):
        for name, value in was.items():
            if not _is_close(row.get(name), value):
                raise BundleError(
                    f"the self-test gave {name} {row.get(name)!r} for example {row['customer_id']!r},"
                    f" training {value!r}; train again"
                )
    return len(expected)


def _hide(customer: Row, number: int) -> Row:
    """Return a customer under another name, with the last rows of each table: enough to tell models apart."""
    tables = {name: rows[-MOST_ROWS:] for name, rows in customer.items() if isinstance(rows, list)}
    return {**customer, **tables, "customer_id": f"example {number}"}


def _is_close(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(found, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(found == expected)
