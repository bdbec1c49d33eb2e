"""Gaps between a customer's orders, and the horizon that they suggest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

RUNGS_DAYS = (7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 730)
"""Horizons that people use, in days; a suggestion is one of them."""

REPEAT_SHARE = 0.80
"""Share of the repeat orders that a horizon should be long enough to see."""


@dataclass(frozen=True)
class Gaps:
    """How long returning customers stay away, each customer counting the same.

    A frequent buyer has many short gaps; weighing every gap by one over the customer's number of gaps asks
    about customers rather than about visits.

    Parameters
    ----------
    days
        Distinct gaps in days between consecutive days with an order, ascending, at least 1.
    share
        Share of the repeat orders that came after exactly so many days; adds up to 1.
    customers
        Number of customers with at least one gap.
    """

    days: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]
    customers: int

    def share_within(self, days: float) -> float:
        """Return the share of returns that came within so many days, 0 without repeat orders."""
        return float(self.share[self.days <= days].sum())

    def quantile(self, share: float) -> int | None:
        """Return the days within which this share of the repeat orders came, None without repeat orders."""
        if not len(self.days):
            return None
        reached = int(np.searchsorted(np.cumsum(self.share), share - 1e-9))
        return int(self.days[min(reached, len(self.days) - 1)])

    def suggest_horizon_days(self, history_days: int) -> int | None:
        """Return the usual horizon nearest to the gap that covers `REPEAT_SHARE` of the returns.

        Never more than half of the history: learning needs a past and a future of one horizon each.
        None without repeat orders, or where the history is too short for any.
        """
        typical = self.quantile(REPEAT_SHARE)
        possible = [days for days in RUNGS_DAYS if 2 * days <= history_days]
        if typical is None or not possible:
            return None
        return min(possible, key=lambda days: abs(np.log(days / typical)))


def measure_gaps(bought: pl.DataFrame | pl.LazyFrame) -> Gaps:
    """Measure the gaps between days with an order.

    Parameters
    ----------
    bought
        `customer` (anything that compares) and `day` (integer day number or Date), one or more rows a
        purchase, in any order.

    Examples
    --------
    >>> gaps = measure_gaps(pl.DataFrame({"customer": [1, 1, 1, 2], "day": [0, 10, 40, 5]}))
    >>> gaps.days.tolist(), gaps.share_within(10), gaps.customers
    ([10, 30], 0.5, 1)
    """
    same = pl.col("customer") == pl.col("customer").shift()
    counted = (
        bought.lazy()
        .select("customer", day=pl.col("day").to_physical().cast(pl.Int64))
        .unique()
        .sort("customer", "day")
        .with_columns(gap=pl.when(same).then(pl.col("day").diff()))
        .filter(pl.col("gap").is_not_null())
        .with_columns(of=pl.len().over("customer"))
        .group_by("gap", "of")
        .len()
        # In a fixed order, the sums are the same to the last bit on every run.
        .sort("gap", "of")
        .group_by("gap", maintain_order=True)
        .agg(weight=(pl.col("len") / pl.col("of")).sum())
        .collect()
    )
    weight = counted["weight"].to_numpy()
    customers = round(float(weight.sum()))
    return Gaps(counted["gap"].to_numpy(), weight / max(customers, 1), customers)
