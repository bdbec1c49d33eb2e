"""The predictor: from a history and a moment to what is said of each customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import log
from typing import Any

import numpy as np

from features.catalogue import Catalogue
from features.dialect import Dialect
from features.families import create_catalogue
from features.history import History
from features.timeline import FloatArray, IntArray
from models.churn import ActivityModel
from models.distribution import ValueDistribution
from models.examples import Situation, read_trailing_value, zero_unknown
from models.forecast import FIGURES, Forecaster, build_forecaster, forecast
from models.level import Level
from models.newcomers import Newcomers
from models.predictions import Predictions, tell
from models.process import Process
from models.segments import assign_evidence
from models.sellers import read_sellers
from models.thresholds import Thresholds
from models.trees import BLOCK
from models.upgrade import UpgradeModel, widen
from models.value import ValueModel

OURS, PROCESS = "uptier", "purchase process"


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
    thresholds : Thresholds
        Trailing value from which a customer is valued, of the base and within each seller.
    process : Process
    distribution : ValueDistribution
    upgrade : UpgradeModel
    served_by, reason : str
        Which rung of the ladder serves, and why.
    value, activity : ValueModel and ActivityModel, optional
        None where the purchase process serves alone.
    level : Level
        Of the total value; where the purchase process serves alone, its factor is on each customer's.
    shift : float
        Of the log-odds of an order where the purchase process serves alone.
    further_orders : float
        Orders beyond the first for each that `models.odds.further_orders` says of who orders.
    newcomers : Newcomers
        What is said of customers who never bought.
    """

    dialect: Dialect
    horizon_days: int
    as_of: int
    thresholds: Thresholds
    process: Process
    distribution: ValueDistribution
    upgrade: UpgradeModel
    served_by: str
    reason: str
    value: ValueModel | None = None
    activity: ActivityModel | None = None
    level: Level = field(default_factory=Level)
    shift: float = 0.0
    further_orders: float = 1.0
    newcomers: Newcomers = field(default_factory=Newcomers)
    catalogue: Catalogue = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "catalogue", create_catalogue(self.dialect, (self.process.family(),)))

    @property
    def threshold(self) -> float:
        """Threshold of the whole base, in money; NaN when nobody had any value."""
        return self.thresholds.base

    def read(self, history: History, as_of: int, customers: IntArray | None = None) -> Situation:
        """Read what the models know of customers at a moment."""
        table = self.catalogue.read(history, as_of, self.horizon_days, customers)
        return Situation(
            table,
            self.process.season.span(as_of, self.horizon_days),
            self.horizon_days,
            read_trailing_value(history, as_of, self.horizon_days, table.customers),
            self.thresholds.of(read_sellers(history, table.customers)),
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
        evidence = assign_evidence(zero_unknown(situation.column("orders_ever")), self._attributes(situation))
        return tell(situation, self._show(situation), evidence, self.process.season)

    def figures(self, situation: Situation) -> dict[str, FloatArray]:
        """Return what is predicted of those who bought, by the names of `Prior`."""
        found, log_span = np.empty((len(FIGURES), len(situation))), log(situation.span_days)
        threshold = np.full(len(situation), situation.threshold)
        for at in range(0, len(situation), BLOCK):
            rows = widen(situation.features.matrix[at : at + BLOCK])
            forecast(self._forecaster, rows, at, log_span, threshold, found)
        return dict(zip(FIGURES, found, strict=True))

    @property
    def own(self) -> tuple[ValueModel, ActivityModel] | None:
        """The models of value and activity; None where the purchase process serves alone."""
        return None if self.value is None or self.activity is None else (self.value, self.activity)

    @cached_property
    def _forecaster(self) -> Forecaster:
        known = self.thresholds.known
        return build_forecaster(
            self.catalogue.names,
            self.own,
            self.upgrade,
            self.distribution,
            has_threshold=known,
            level=self.level.factor,
            shift=self.shift,
            further_orders=self.further_orders,
        )

    def _show(self, situation: Situation) -> dict[str, FloatArray]:
        """Return what is predicted of everybody."""
        figures, never = self.figures(situation), ~(situation.column("order_days_ever") > 0)
        if not never.any():
            return figures
        told = self.newcomers.figures(situation.take(np.flatnonzero(never)))
        for name, figure in figures.items():
            if name != "upgrade" or self.thresholds.known:
                figure[never] = told[name]
        return figures

    def to_parts(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Return trees as LightGBM text by name, and all else as plain data."""
        texts: dict[str, str] = {}
        trees = {"upgrade": self.upgrade.correction}
        if self.value is not None and self.activity is not None:
            trees |= {
                "value_correction": self.value.correction,
                "value_opinion": self.value.opinion,
                "value_spending": self.value.spending,
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
            "thresholds": self.thresholds.to_json(),
            "process": self.process.to_json(),
            "distribution": self.distribution.to_json(),
            "upgrade": self.upgrade.to_json(),
            "served_by": self.served_by,
            "reason": self.reason,
            "value": None if self.value is None else self.value.to_json(),
            "activity": None if self.activity is None else self.activity.to_json(),
            "level": asdict(self.level),
            "shift": self.shift,
            "further_orders": self.further_orders,
            "newcomers": self.newcomers.to_json(),
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
            Thresholds.from_json(data["thresholds"]),
            Process.from_json(data["process"]),
            ValueDistribution.from_json(data["distribution"]),
            UpgradeModel.from_json(data["upgrade"], bag("upgrade")),
            data["served_by"],
            data["reason"],
            ValueModel.from_json(
                data["value"], bag("value_correction"), bag("value_opinion"), bag("value_spending")
            )
            if ours
            else None,
            ActivityModel.from_json(data["activity"], bag("activity_correction"), bag("activity_opinion"))
            if ours
            else None,
            Level(**data["level"]),
            data["shift"],
            data["further_orders"],
            Newcomers.from_json(data["newcomers"]),
        )

    def _attributes(self, situation: Situation) -> FloatArray:
        names = self._attribute_names
        return np.isfinite(situation.columns(names)).sum(axis=1) if names else np.zeros(len(situation))

    @cached_property
    def _attribute_names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.catalogue.features if each.family == "attributes")
