"""What a customer base looks like: size, history, the targets a horizon means, concentration of value."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.target import TierCuts
from models.thresholds import compute_threshold
from models.tiers import compute_golden_share, fit_tiers
from training.gaps import Gaps, measure_gaps
from training.moments import choose_labelled_days

_EPOCH = dt.date(1970, 1, 1)
_GOLDEN_POINTS = 200


@dataclass(frozen=True)
class TargetFigures:
    """What would be learnt at the latest `as_of` whose future is known.

    `as_of` is the midnight after the newest line less `days`, the future that is learned from: a horizon, or
    in a short history less. The words are those of the project: known, churned, threshold, upgraded.
    """

    as_of: dt.date
    days: int
    known: int
    churned: int
    threshold: float | None
    not_valued: int
    upgraded: int

    @property
    def churn_rate(self) -> float | None:
        """Share of the known customers without an order in the future period."""
        return self.churned / self.known if self.known else None

    @property
    def upgrade_rate(self) -> float | None:
        """Share of the not yet valued customers that reach the threshold."""
        return self.upgraded / self.not_valued if self.not_valued else None


@dataclass(frozen=True)
class Concentration:
    """How much of the trailing value the best of the known customers bring, those who ever ordered.

    `customers` have a positive value, `known` is all of them. `customer_share` and `value_share` are points
    of the curve, best customers first, both from 0 to 1.
    """

    customers: int
    known: int
    golden_customer_share: float
    golden_value_share: float
    customer_share: npt.NDArray[np.float64]
    value_share: npt.NDArray[np.float64]


@dataclass(frozen=True)
class BaseFigures:
    """The customer base in figures; money in the project's currency, days on its calendar.

    `whole_days` are those of 24 hours from the first line to the midnight after the newest one, as a training
    counts them.
    """

    lines: int
    orders: int
    customers: int
    value: float
    first_day: dt.date
    newest_day: dt.date
    whole_days: int
    gaps: Gaps
    target: TargetFigures
    concentration: Concentration | None
    by_day: pl.DataFrame

    @property
    def history_days(self) -> int:
        """Days from the first line to the midnight after the newest one."""
        return (self.newest_day - self.first_day).days + 1


def build_base_figures(
    lines: pl.DataFrame,
    horizon_days: int,
    valued_share: float,
    tiers: TierCuts,
    *,
    first_at_midnight: bool = True,
) -> BaseFigures:
    """Compute the figures of a base from its good lines.

    Parameters
    ----------
    lines
        `customer` (UInt32 code), `day` (Int32, days since 1970 on the project's calendar), `value` (Float64),
        `bought` (Boolean, amount above 0), `order` (UInt64, equal within an order); at least one row.
    horizon_days
        Length of the future and of the trailing period, in days.
    valued_share
        Share of customers with value that counts as valued.
    tiers
        Shares of the value that the tiers reach.
    first_at_midnight
        Whether the first line is of the very beginning of its day, so that this counts as a whole one.
    """
    bought = lines.lazy().filter("bought")
    orders = bought.group_by("order").agg(pl.col("day").min())
    by_day = (
        orders.group_by("day")
        .agg(orders=pl.len())
        .join(
            lines.lazy().group_by("day").agg(pl.len().alias("lines"), pl.col("value").sum()),
            on="day",
            how="right",
        )
        .select(pl.col("day").cast(pl.Date), "lines", pl.col("orders").fill_null(0), "value")
        .sort("day")
        .collect()
    )
    end = int(lines["day"].max()) + 1  # type: ignore[arg-type]  # the day of a line is an integer
    totals = _PeriodTotals(lines)
    known = totals.bought(-(2**31), end)
    whole_days = end - int(lines["day"].min()) - (not first_at_midnight)  # type: ignore[arg-type]  # likewise
    days = choose_labelled_days(whole_days, horizon_days) or horizon_days
    return BaseFigures(
        lines=len(lines),
        orders=int(by_day["orders"].sum()),
        customers=int(known.sum()),
        value=float(lines["value"].sum()),
        first_day=by_day["day"][0],
        newest_day=by_day["day"][-1],
        whole_days=whole_days,
        gaps=measure_gaps(bought.select("customer", "day")),
        target=_target(totals, end - days, days, valued_share),
        concentration=_concentration(totals.value(end - horizon_days, end)[known], tiers),
        by_day=by_day,
    )


class _PeriodTotals:
    """Sums by customer over a period of days `[start, end)`."""

    def __init__(self, lines: pl.DataFrame) -> None:
        self._customer = lines["customer"].to_numpy()
        self._day = lines["day"].to_numpy()
        self._value = lines["value"].to_numpy()
        self._bought = lines["bought"].to_numpy()
        self._size = int(self._customer.max()) + 1

    def value(self, start: int, end: int) -> npt.NDArray[np.float64]:
        rows = (self._day >= start) & (self._day < end)
        totals = np.bincount(self._customer[rows], self._value[rows], minlength=self._size)
        # Float sums leave 1e-14 where a purchase was returned; money has four decimals at most.
        return totals.astype(np.float64, copy=False).round(4)

    def bought(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        rows = (self._day >= start) & (self._day < end) & self._bought
        return np.bincount(self._customer[rows], minlength=self._size) > 0


def _target(totals: _PeriodTotals, as_of: int, days: int, valued_share: float) -> TargetFigures:
    known = totals.bought(-(2**31), as_of)
    trailing = totals.value(as_of - days, as_of)[known]
    future = totals.value(as_of, as_of + days)[known]
    active = totals.bought(as_of, as_of + days)[known]
    threshold = compute_threshold(trailing, valued_share)
    below = ~(trailing >= threshold)  # nobody is valued where nobody has value and the threshold is NaN
    return TargetFigures(
        as_of=_EPOCH + dt.timedelta(days=as_of),
        days=days,
        known=int(known.sum()),
        churned=int((~active).sum()),
        threshold=None if np.isnan(threshold) else threshold,
        not_valued=int(below.sum()),
        upgraded=int((below & (future >= threshold)).sum()),
    )


def _concentration(trailing: npt.NDArray[np.float64], shares: TierCuts) -> Concentration | None:
    value = np.sort(trailing[trailing > 0])[::-1]
    if not len(value):
        return None
    golden = compute_golden_share(fit_tiers(trailing, shares).assign(trailing), trailing)
    reached = np.cumsum(value) / value.sum()
    # Squares put most points where the curve bends: among the best customers.
    at = np.unique((np.linspace(0, 1, _GOLDEN_POINTS + 1) ** 2 * len(value)).round().astype(int))
    at = np.union1d(at, [round(golden.customers * len(trailing)), len(trailing)])
    return Concentration(
        customers=len(value),
        known=len(trailing),
        golden_customer_share=golden.customers,
        golden_value_share=golden.value,
        customer_share=at / len(trailing),
        value_share=np.r_[0.0, reached][np.minimum(at, len(value))],
    )
