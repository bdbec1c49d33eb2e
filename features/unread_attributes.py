"""Unread attributes: what a request says of a customer and a model can make nothing of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import isnan

from features.attributes import Vocabulary
from features.errors import suggest
from features.request_rows import read_text, show

LONGEST_NAME = 64
"""Longer names get no suggestion."""

_EXPECTED = {
    "number": "a number",
    "flag": "true or false",
    "date": "a date as ISO 8601, such as 2026-01-31",
    "category": "a text that the model was trained with",
}


def find_unread(attributes: Mapping[str, object], vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Yield the names of attributes that count as unknown although something is sent, each with the reason.

    A text that was not kept apart at training is among them only where there is no "other" that it counts as.

    Parameters
    ----------
    attributes : mapping of str to value
        As a request brings them.
    vocabulary : Vocabulary
    """
    known = {attribute.name: attribute for attribute in vocabulary.attributes}
    for name, value in attributes.items():
        if name not in known:
            yield name, f"no attribute that the model was trained with; it is ignored{_suggest(name, *known)}"
            continue
        sent = read_text(value) if isinstance(value, str) else value
        if sent is not None and isnan(known[name].encode(sent)):
            expected = _EXPECTED[known[name].kind]
            yield name, f"is {show(value)}, expected {expected}; it counts as unknown"


@lru_cache(maxsize=4096)
def _suggest(name: str, *known: str) -> str:
    """Return `suggest`, which is slow, at once for who sends the same name with every customer."""
    return suggest(name, known) if len(name) <= LONGEST_NAME else ""
