"""Quotes: where in a CSV file one opens that nothing closes."""

from __future__ import annotations

from collections.abc import Iterable


def find_open_quote(lines: Iterable[str], delimiter: str) -> tuple[int, str] | None:
    """Return the line, from 1, and the field in which a quote opens that is not closed; None if all are.

    What follows such a quote reads inside out: the next quote that opens a field closes this one. So a quote
    at the beginning of a field, with text behind it, tells that an earlier one should have been closed.

    Examples
    --------
    >>> find_open_quote(['a,b', '1,"open', '2,"x"'], ",")
    (2, '"open')
    >>> find_open_quote(['1,"two', 'lines"', '2,5" pipe'], ",")
    (3, '5" pipe')
    """
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if '"' not in line:
            continue
        fields = line.rstrip("\r\n").replace('""', "").split(delimiter)
        for field in fields:
            if opened and field.startswith('"') and len(field) > 1:
                return opened
            if field.count('"') % 2:
                opened = None if opened else (number, field)
    return opened
