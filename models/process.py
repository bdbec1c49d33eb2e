"""The chosen purchase process: what it expects of each customer, and its place among the features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.catalogue import Dimension, Family, Feature, Reading
from features.clock import DAY_US
from features.compiled import compiled
from features.timeline import FloatArray
from features.view import View
from models.bgnbd import BGNBD, MBGNBD
from models.gamma_gamma import GammaGamma
from models.pareto_nbd import ParetoNBD
from models.purchase_process import FULL, PurchaseProcess
from models.season import Season, to_busy_days

KINDS: dict[str, type[PurchaseProcess]] = {"BG/NBD": BGNBD, "MBG/NBD": MBGNBD, "Pareto/NBD": ParetoNBD}


def _declare(
    name: str, unit: str, dimension: Dimension, words: str, horizons: float | None = None
) -> Feature:
    return Feature(f"process_{name}", unit, dimension, "process", words, False, "transactions", horizons)


_AHEAD = "in the next {days} days, by pace and silence"
FEATURES = (
    _declare("orders", "orders", "loyalty", f"{{value}} expected {_AHEAD}", 1),
    _declare("active", "share", "loyalty", f"{{value}} chance of an order {_AHEAD}", 1),
    _declare("alive", "share", "loyalty", "{value} chance to be a customer still"),
    _declare("order_value", "money", "profitability", "{value} expected of a day with an order"),
    _declare("value", "money", "profitability", f"{{value}} expected {_AHEAD}, and by order value", 1),
)
"""What the process says of a customer; unknown for who never bought."""

STATISTICS = tuple(feature.name.removeprefix("process_") for feature in FEATURES)


@dataclass(frozen=True)
class Past:
    """What a purchase process reads of customers; days on which they ordered count once.

    Attributes
    ----------
    first, last : float64 array, shape (customers,)
        Start of the first and of the latest day with an order, in microseconds since 1970 UTC; NaN when there
        is none.
    order_days : float64 array, shape (customers,)
    value : float64 array, shape (customers,)
        Value so far, in money.
    """

    first: FloatArray
    last: FloatArray
    order_days: FloatArray
    value: FloatArray

    @classmethod
    def read(cls, view: View) -> Past:
        """Read it off a view."""
        first, last = (view.as_of - view.days_since(mark) * DAY_US for mark in ("first_bought", "day_start"))
        return cls(first, last, view.sum("order_days"), view.sum("value"))

    def frequency(self, season: Season, as_of: int) -> FloatArray:
        """Return frequency, recency and age in busy days, shape (customers, 3); zeros when never bought."""
        rows = np.empty((len(self.first), 3))
        _write_frequency(season.busy, self.first, self.last, self.order_days, as_of, rows)
        return rows

    def spending(self) -> FloatArray:
        """Return order days and mean value of one, shape (customers, 2)."""
        rows = np.empty((len(self.first), 2))
        rows[:, 0] = self.order_days
        np.maximum(self.value / np.maximum(self.order_days, 1), 0, out=rows[:, 1])
        return rows


@dataclass(frozen=True)
class Process:
    """A purchase process with its parameters, in busy time.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    parameters : mapping of str to float
    spend : mapping of str to float
        Parameters of the Gamma-Gamma model.
    season : Season
    rung : str
        What the data carried: `models.purchase_process.PurchaseProcess.rung_`.
    """

    kind: str
    parameters: Mapping[str, float]
    spend: Mapping[str, float]
    season: Season = field(default_factory=Season)
    rung: str = FULL

    @property
    def model(self) -> PurchaseProcess:
        """Return the process as an estimator."""
        model = KINDS[self.kind]()
        model.parameters_ = dict(self.parameters)
        return model

    def expect(self, past: Past, as_of: int, horizon_days: float) -> FloatArray:
        """Return what `FEATURES` name, shape (5, customers); NaN for who never bought."""
        if not len(past.order_days):
            return np.empty((len(FEATURES), 0))
        X, span, model = past.frequency(self.season, as_of), self.season.span(as_of, horizon_days), self.model
        spend = GammaGamma()
        spend.parameters_ = dict(self.spend)
        orders, active, alive = model.forecast(X, span)
        order_value = spend.forecast(past.spending())
        rows = np.stack([orders, active, alive, order_value, orders * order_value])
        return np.where(past.order_days > 0, rows, np.nan)

    def score(self, past: Past, as_of: int) -> float:
        """Return the mean log-likelihood of the purchases of who bought: the higher, the better."""
        return float(self.model.score(_observed(past.frequency(self.season, as_of), past)))

    def family(self) -> Family:
        """Return the process as a family of features."""

        def read(view: View) -> FloatArray:
            return self.expect(Past.read(view), view.as_of, view.horizon_days)

        return Family("process", "loyalty", readings=[Reading(FEATURES, read)])

    def to_json(self) -> dict[str, Any]:
        """Return the process as plain data."""
        return {
            "kind": self.kind,
            "parameters": dict(self.parameters),
            "spend": dict(self.spend),
            "season": self.season.to_json(),
            "rung": self.rung,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Process:
        """Return the process that `to_json` wrote."""
        season = Season.from_json(data["season"])
        return cls(data["kind"], data["parameters"], data["spend"], season, data.get("rung", FULL))


@compiled
def _write_frequency(
    busy: FloatArray, first: FloatArray, last: FloatArray, order_days: FloatArray, as_of: float,
    rows: FloatArray,
) -> None:  # fmt: skip
    now = to_busy_days(busy, as_of)
    for i in range(len(rows)):
        rows[i] = 0.0
        if not order_days[i] > 0 or np.isnan(first[i]):
            continue
        begin, end = to_busy_days(busy, first[i]), to_busy_days(busy, last[i])
        rows[i, 0] = order_days[i] - 1
        rows[i, 1] = max(end - begin, 0.0) if order_days[i] > 1 else 0.0
        rows[i, 2] = max(now - begin, 0.0)


def fit_process(past: Past, as_of: int, season: Season, kind: str, spend: Mapping[str, float]) -> Process:
    """Fit one kind of process to what is known at a moment."""
    model = KINDS[kind]().fit(_observed(past.frequency(season, as_of), past))
    return Process(kind, model.parameters_, spend, season, model.rung_)


def fit_spend(past: Past) -> dict[str, float]:
    """Fit the Gamma-Gamma model, and return its parameters."""
    return dict(GammaGamma().fit(_observed(past.spending(), past)).parameters_)


def _observed(rows: FloatArray, past: Past) -> FloatArray:
    """Return the rows of who bought; a row of zeros where nobody did, so that nothing is expected."""
    found = rows[past.order_days > 0]
    return found if len(found) else np.zeros((1, rows.shape[1]))
