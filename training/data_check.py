"""The check before a training: everything is read once, and what is wrong stops it with its place."""

from __future__ import annotations

import datetime as dt

from features.errors import DataError
from models.settings import Settings
from training.check.findings import Finding, Severity
from training.check.tables import check_tables

_HARMLESS_BEFORE = frozenset(["future_dates"])
"""What is no error where only what lies before a given moment is used."""


def check_before_training(settings: Settings, as_of: dt.datetime | None) -> tuple[Finding, ...]:
    """Check the tables, and return the warnings; the rejected rows are kept, a page is not drawn.

    Parameters
    ----------
    settings : Settings
    as_of : datetime, optional
        The moment of the training where one is given: dates in the future then matter no more.

    Raises
    ------
    DataError
        For every error of the first table that has one.
    """
    result = check_tables(settings, dt.datetime.now(dt.UTC))
    harmless = _HARMLESS_BEFORE if as_of is not None else frozenset[str]()
    errors = [each for each in result.of(Severity.ERROR) if each.code not in harmless]
    if errors:
        table = errors[0].table
        here = [each.sentence().removeprefix(table).lstrip(":. ") for each in errors if each.table == table]
        raise DataError(table, [*here, "uptier check shows all that was found"])
    return tuple(result.of(Severity.WARNING))
