"""The predictor: from a history and a moment to what is said of each customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import expit

from features.catalogue import Catalogue
from features.dialect import Dialect
from features.families import create_catalogue
from features.history import History
from features.timeline import FloatArray, IntArray
from models.churn import ActivityModel
from models.distribution import ValueDistribution
from models.examples import Situation, read_trailing_value
from models.predictions import Predictions
from models.prior import Prior
from models.process import Process
from models.segments import assign_evidence
from models.upgrade import UpgradeModel
from models.value import ValueModel

OURS, PROCESS = "uptier", "purchase process"
_MOST_DAYS = 3652.0


@dataclass(frozen=True)
class Predictor:
    """All parts of a trained model.

    Attributes
    ----------
    dialect : Dialect
        How rows are read.
    horizon_days : int
    as_of : int
        When the model was trained from, in microseconds since 1970 UTC.
    threshold : float
        Trailing value from which a customer is valued, in money; NaN when nobody had any.
    process : Process
    distribution : ValueDistribution
    upgrade : UpgradeModel
    served_by, reason : str
        Which rung of the ladder serves, and why.
    value, activity : ValueModel and ActivityModel, optional
        None where the purchase process serves alone.
    level, shift : float
        Of the purchase process where it serves alone: factor on its value, shift of the log-odds of an order.
    prior : Prior
    """

    dialect: Dialect
    horizon_days: int
    as_of: int
    threshold: float
    process: Process
    distribution: ValueDistribution
    upgrade: UpgradeModel
    served_by: str
    reason: str
    value: ValueModel | None = None
    activity: ActivityModel | None = None
    level: float = 1.0
    shift: float = 0.0
    prior: Prior = field(default_factory=Prior)
    catalogue: Catalogue = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "catalogue", create_catalogue(self.dialect, (self.process.family(),)))

    def read(self, history: History, as_of: int, customers: IntArray | None = None) -> Situation:
        """Read what the models know of customers at a moment."""
        table = self.catalogue.read(history, as_of, self.horizon_days, customers)
        return Situation(
            table,
            self.process.season.span(as_of, self.horizon_days),
            self.horizon_days,
            read_trailing_value(history, as_of, self.horizon_days, table.customers),
        )

    def predict(self, history: History, as_of: int, customers: IntArray | None = None) -> Predictions:
        """Predict from a moment.

        Parameters
        ----------
        history : History
        as_of : int
            Microseconds since 1970 UTC; only what is earlier exists.
        customers : int64 array, shape (customers,), optional
            Positions in the history, ascending; all of them by default.
        """
        return self.predict_situation(self.read(history, as_of, customers))

    def predict_situation(self, situation: Situation) -> Predictions:
        """Predict from what is known already; a row depends on nothing but itself."""
        figures = self.figures(situation)
        bought = situation.column("order_days_ever") > 0
        shown = {
            name: np.where(bought, figure, getattr(self.prior, name)) for name, figure in figures.items()
        }
        trailing = situation.trailing_value
        valued = trailing >= self.threshold
        upgrade = np.where(valued, np.nan, shown["upgrade"])
        worth = np.where(valued, np.nan, np.maximum(np.nan_to_num(self.threshold) - shown["value"], 0.0))
        return Predictions(
            customers=situation.features.customers,
            expected_value=shown["value"],
            value_p10=np.minimum(shown["low"], shown["median"]),
            value_p50=shown["median"],
            value_p90=np.maximum(shown["high"], shown["median"]),
            expected_orders=shown["orders"],
            next_order_days=_wait(shown["active"], self.horizon_days),
            churn_probability=1 - shown["active"],
            upgrade_probability=upgrade,
            trailing_value=trailing,
            upgrade_gap=np.where(valued, np.nan, np.nan_to_num(self.threshold) - trailing),
            upgrade_value=worth,
            priority=upgrade * worth,
            evidence=assign_evidence(
                np.nan_to_num(situation.column("orders_ever")), self._attributes(situation)
            ),
            threshold=self.threshold,
        )

    def figures(self, situation: Situation) -> dict[str, FloatArray]:
        """Return what is predicted of those who bought, by the names of `Prior`."""
        value, active = self.expect(situation)
        given = expected_given_active(situation)
        orders = np.maximum(given * active, active)
        spread = self.distribution
        low, high = spread.range(value, active, given)
        median = spread.quantile(0.5, value, active, given)
        reach = spread.chance_above(self.threshold, value, active, given)
        if np.isfinite(self.threshold):
            upgrade = self.upgrade.predict(situation, reach, value, self.threshold)
        else:
            upgrade = np.zeros(len(value))
        return {
            "value": value, "low": low, "median": median, "high": high,
            "orders": orders, "active": active, "upgrade": upgrade,
        }  # fmt: skip

    def expect(self, situation: Situation) -> tuple[FloatArray, FloatArray]:
        """Return expected value and the probability of an order of those who bought."""
        if self.value is None or self.activity is None:
            return self.level * situation.expectation(), expit(situation.activity() + self.shift)
        return self.value.predict(situation), self.activity.predict(situation)

    def to_parts(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Return trees as LightGBM text by name, and all else as plain data."""
        texts: dict[str, str] = {}
        trees = {"upgrade": self.upgrade.correction}
        if self.value is not None and self.activity is not None:
            trees |= {
                "value_correction": self.value.correction,
                "value_opinion": self.value.opinion,
                "activity_correction": self.activity.correction,
                "activity_opinion": self.activity.opinion,
            }
        for name, bag in trees.items():
            if bag is not None:
                texts |= {f"{name}-{i}": text for i, text in enumerate(bag.to_texts())}
        return texts, {
            "dialect": self.dialect.to_json(),
            "horizon_days": self.horizon_days,
            "as_of": self.as_of,
            "threshold": self.threshold if np.isfinite(self.threshold) else None,
            "process": self.process.to_json(),
            "distribution": self.distribution.to_json(),
            "upgrade": self.upgrade.to_json(),
            "served_by": self.served_by,
            "reason": self.reason,
            "value": None if self.value is None else self.value.to_json(),
            "activity": None if self.activity is None else self.activity.to_json(),
            "level": self.level,
            "shift": self.shift,
            "prior": self.prior.to_json(),
        }

    @classmethod
    def from_parts(cls, texts: Mapping[str, str], data: Mapping[str, Any]) -> Predictor:
        """Return the predictor that `to_parts` wrote."""

        def bag(name: str) -> Sequence[str]:
            count = sum(each.rpartition("-")[0] == name for each in texts)
            return [texts[f"{name}-{i}"] for i in range(count)]

        ours = data["value"] is not None
        return cls(
            Dialect.from_json(data["dialect"]),
            data["horizon_days"],
            data["as_of"],
            float("nan") if data["threshold"] is None else data["threshold"],
            Process.from_json(data["process"]),
            ValueDistribution.from_json(data["distribution"]),
            UpgradeModel.from_json(data["upgrade"], bag("upgrade")),
            data["served_by"],
            data["reason"],
            ValueModel.from_json(data["value"], bag("value_correction"), bag("value_opinion"))
            if ours
            else None,
            ActivityModel.from_json(data["activity"], bag("activity_correction"), bag("activity_opinion"))
            if ours
            else None,
            data["level"],
            data["shift"],
            Prior.from_json(data["prior"]),
        )

    def _attributes(self, situation: Situation) -> FloatArray:
        names = [each.name for each in self.catalogue.features if each.family == "attributes"]
        return np.isfinite(situation.columns(names)).sum(axis=1) if names else np.zeros(len(situation))


def expected_given_active(situation: Situation) -> FloatArray:
    """Return the orders that the purchase process expects given that there is one: at least 1."""
    active = np.maximum(np.nan_to_num(situation.column("process_active")), 1e-9)
    given: FloatArray = np.maximum(np.nan_to_num(situation.column("process_orders")) / active, 1.0)
    return given


def _wait(active: FloatArray, horizon_days: int) -> FloatArray:
    """Return the days until an order is as likely as not, at the even pace that the chance of one means."""
    pace = -np.log1p(-np.clip(active, 1e-12, 1 - 1e-12)) / horizon_days
    wait: FloatArray = np.minimum(np.log(2) / pace, _MOST_DAYS)
    return wait
