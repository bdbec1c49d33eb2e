"""What can go wrong, for the people who can put it right.

::

    UptierError            str(error) is one clear line: where, what was found, what was expected, what to do
    ├── ConfigError        uptier.toml or an argument is wrong
    ├── SourceError        a source can't be reached or read: no such file, truncated, database down
    └── DataError          what a table holds breaks the contract; all violations of the table at once

Every error that a user can cause is one of these; a caller that catches ``UptierError`` has caught them all.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class UptierError(Exception):
    """Base of all errors that a user can cause; ``str()`` of it is meant to be read by them."""


class ConfigError(UptierError):
    """``uptier.toml`` or an argument is wrong."""


class SourceError(UptierError):
    """A source can't be reached or read."""


class DataError(UptierError):
    """What a table holds breaks the contract.

    Parameters
    ----------
    table : str
        Name of the table.
    violations : sequence of str
        Everything that is wrong with it, one clause each.

    Examples
    --------
    >>> str(DataError("events", ["column 'kind' is missing", "column 'timestamp' is missing"]))
    "events: column 'kind' is missing; column 'timestamp' is missing"
    """

    def __init__(self, table: str, violations: Sequence[str]) -> None:
        super().__init__(f"{table}: {'; '.join(violations)}")
        self.table = table
        self.violations = tuple(violations)

    def __reduce__(self) -> tuple[type[DataError], tuple[str, tuple[str, ...]]]:
        """Let the error travel between processes: it is rebuilt from its two parts."""
        return type(self), (self.table, self.violations)


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like a mistaken one, whatever its case; None if none is near.

    Examples
    --------
    >>> find_nearest("Ammount", ["timestamp", "amount"])
    'amount'
    """
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest known name, or nothing.

    Examples
    --------
    >>> suggest("Ammount", ["timestamp", "amount"])
    "; did you mean 'amount'?"
    """
    near = find_nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""
