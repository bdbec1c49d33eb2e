"""Slices: the same figures for parts of the base, such as a tier, a region or a season."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.timeline import FloatArray, IntArray
from models.segments import EVIDENCES, SEGMENTS
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted
from training.evaluation.resampling import Evaluation, evaluate

StrArray = npt.NDArray[np.str_]

LEAST_CUSTOMERS = 200
"""Fewer say too little on their own."""

LONGEST_SEASON_DAYS = 200
MOST_GROUPS = 12
OTHERS = "all others"
DRAWS = 50
_ORDER = (*EVIDENCES, *SEGMENTS)
_TENURES = (
    (90, "under 90 days"),
    (365, "90 days to a year"),
    (730, "1 to 2 years"),
    (np.inf, "over 2 years"),
)


@dataclass(frozen=True)
class Slice:
    """Figures of one group of customers.

    Attributes
    ----------
    grouping : str
        What the base is split by, such as ``tier``.
    group : str
        Which part this is.
    rows : int
        Customers, counted once for each window.
    value : float
        What they really brought, in money.
    share : float
        Of the whole base's value.
    evaluation : Evaluation
    """

    grouping: str
    group: str
    rows: int
    value: float
    share: float
    evaluation: Evaluation

    @property
    def words(self) -> str:
        """What a person reads: "evidence one order"."""
        return f"{self.grouping} {self.group}".replace("_", " ")


def slice_evaluations(
    outcome: Outcome,
    rungs: Mapping[str, Predicted],
    groups: Mapping[str, StrArray],
    *,
    least: int = LEAST_CUSTOMERS,
    draws: int = DRAWS,
    seed: int = 7,
) -> list[Slice]:
    """Measure predictions within each group of each grouping.

    Parameters
    ----------
    outcome : Outcome
    rungs : dict of str to Predicted
    groups : dict of str to str array, shape (customers,)
        Each customer's group, by grouping; an empty name is not known and belongs to no group.
    least : int
        Smaller groups are put together; what is still smaller is left out. So is a grouping of one group.
    draws, seed
        As in `training.evaluation.resampling.evaluate`.
    """
    total = float(outcome.value.sum())
    found = []
    for grouping, names in groups.items():
        for group, rows in split(names, least):
            part = outcome.take(rows)
            predicted = {rung: each.take(rows) for rung, each in rungs.items()}
            value = float(part.value.sum())
            evaluation = evaluate(part, predicted, draws=draws, seed=seed)
            share = value / total if total else float("nan")
            found.append(Slice(grouping, group, len(rows), value, share, evaluation))
    return found


def split(names: StrArray, least: int = LEAST_CUSTOMERS) -> Iterator[tuple[str, IntArray]]:
    """Yield each group that is large enough with its rows, then the others; nothing for a single group."""
    groups, group_of, sizes = np.unique(names, return_inverse=True, return_counts=True)
    known = np.flatnonzero(groups != "")
    if len(known) < 2:
        return
    largest = known[np.argsort(-sizes[known], kind="stable")]
    kept = [int(each) for each in largest[:MOST_GROUPS] if sizes[each] >= least]
    for each in sorted(kept, key=lambda each: _place(str(groups[each]), -int(sizes[each]))):
        yield str(groups[each]), np.flatnonzero(group_of == each)
    rest = np.flatnonzero(~np.isin(group_of, kept) & (names != ""))
    if len(rest) >= least:
        yield OTHERS, rest


def _place(group: str, size: int) -> tuple[int, int]:
    tenures = [words for _, words in _TENURES]
    for order in (_ORDER, tenures, "ABC", ("Q1", "Q2", "Q3", "Q4")):
        if group in order:
            return order.index(group), 0
    return len(_ORDER), size


def band_tenure(tenure_days: FloatArray) -> StrArray:
    """Return how long each customer has been known, in words; empty for NaN.

    Examples
    --------
    >>> band_tenure(np.array([3.0, 90.0, 4000.0, np.nan])).tolist()
    ['under 90 days', '90 days to a year', 'over 2 years', '']
    """
    fits = [tenure_days < days for days, _ in _TENURES]
    bands: StrArray = np.select(fits, [words for _, words in _TENURES], default="")
    return bands


def name_season(as_of: dt.datetime, horizon_days: int) -> str:
    """Return the quarter that the middle of a horizon lies in; empty for one that covers most of a year.

    Examples
    --------
    >>> name_season(dt.datetime(2011, 9, 9), 91)
    'Q4'
    """
    if horizon_days > LONGEST_SEASON_DAYS:
        return ""
    middle = as_of + dt.timedelta(days=horizon_days / 2)
    return f"Q{(middle.month + 2) // 3}"
