"""Whether the day or the month comes first in dates that fit both ways, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from features.errors import DataError
from features.sources import reading, scan_source
from features.timestamps import find_month_first, read_time


@dataclass(frozen=True)
class DateOrder:
    """An assumption about dates such as 03/04/2024.

    Attributes
    ----------
    day_first : bool
        Whether that is the 3rd of April.
    doubt : str
        Why it had to be assumed.
    """

    day_first: bool
    doubt: str

    def __str__(self) -> str:
        """Return the assumption, its reason and what to do where it is wrong, in a sentence."""
        first, other = ("day", "month") if self.day_first else ("month", "day")
        return (
            f"{self.doubt}; taken as {first} first, "
            f"set day_first = {str(not self.day_first).lower()} if the {other} comes first"
        )


def guess_date_order(source: str, column: str, sample: pl.DataFrame) -> DateOrder | None:
    """Return what to assume of a column of text; None where the data tells by itself, or holds no such dates.

    That order is assumed by which more of the sample can be read, else by which its rows are more nearly in
    the order of time, else day first.

    Parameters
    ----------
    source : str
    column : str
        Name in the source; an expression tells its order itself.
    sample : DataFrame
        The source's first rows.
    """
    if sample.schema.get(column) != pl.String:
        return None
    with reading(source):
        try:
            find_month_first(scan_source(source), column, sample[column], table="")
        except DataError as error:
            doubt = error.violations[0].partition(";")[0]
            return DateOrder(max((True, False), key=lambda first: _fits(sample, column, first)), doubt)
    return None


def _fits(sample: pl.DataFrame, column: str, day_first: bool) -> tuple[int, int]:
    """Return how many texts can be read, and how few of them break the order of time, up or down."""
    moment = read_time(column, pl.String(), "UTC", month_first=not day_first)
    moments = sample.select(moment).to_series().drop_nulls()
    steps = moments.diff().drop_nulls().dt.total_seconds()
    return len(moments), -min(int((steps < 0).sum()), int((steps > 0).sum()))
