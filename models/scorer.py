"""The scorer: from a history and a moment to the table of scores, one row a customer.

It is everything that a bundle holds: the predictor, and what was fixed at training so that one customer alone
gets what the whole base would give: tiers, dimensions, the segments' median, the playbook.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any, get_args

import numpy as np
import polars as pl

from features.catalogue import Dimension
from features.clock import DAY_US
from features.history import History
from features.request_history import CustomerRows, build_history_of_rows
from features.timeline import FloatArray, IntArray
from models.bundle import Bundle
from models.channels import count_answers, prefer_channels
from models.dimensions import Dimensions, fit_dimensions
from models.errors import BundleError
from models.examples import Situation, zero_unknown
from models.explainer import Explainer, learn_reference
from models.manifest import Manifest
from models.playbook import Playbook, load_playbook
from models.predictions import Predictions
from models.predictor import Predictor
from models.reasons import TARGETS, explain
from models.reference import Reference
from models.score_rows import EPOCH, ScoreColumns
from models.segments import assign_churn, assign_segments, compute_volume_orders
from models.sellers import Sellers, read_sellers
from models.target import TargetConfig
from models.tiers import Tiers, fit_tiers

_PREDICTOR, _BASE = "predictor", "base"


@dataclass(frozen=True)
class Scorer:
    """A trained model with all that a score needs.

    Attributes
    ----------
    predictor : Predictor
    tiers, current_tiers : Tiers
        By expected and by trailing value.
    dimensions : Dimensions
    volume_orders : float
        Trailing orders of the median active customer, where volume begins.
    reference : Reference
        The base's typical customer, from whom reasons start.
    playbook : Playbook
    """

    predictor: Predictor
    tiers: Tiers
    current_tiers: Tiers
    dimensions: Dimensions
    volume_orders: float
    reference: Reference = field(repr=False)
    playbook: Playbook = field(default_factory=load_playbook, repr=False)

    def score(
        self,
        history: History,
        as_of: int,
        customers: IntArray | None = None,
        *,
        model_version: str = "",
        reasons: int = 0,
        currency: str = "",
    ) -> pl.DataFrame:
        """Score customers at a moment.

        Parameters
        ----------
        history : History
        as_of : int
            Microseconds since 1970 UTC; only what is earlier exists.
        customers : int64 array, shape (customers,), optional
            Positions in the history, ascending; all of them by default.
        model_version : str
            Stands in every row.
        reasons : int
            At most so many reasons for each of value, churn and upgrade; 0 leaves the column out, and the
            playbook then goes by all but the strongest reason.
        currency : str
            ISO 4217 code for the reasons' texts.

        Returns
        -------
        polars.DataFrame
            One row a customer; money in the project's currency, probabilities and shares from 0 to 1,
            percentiles and dimensions from 0 to 100, null where something does not apply.
        """
        found = self.score_columns(
            history, as_of, customers, model_version=model_version, reasons=reasons, currency=currency
        )
        return found.to_frame()

    def score_columns(
        self,
        history: History,
        as_of: int,
        customers: IntArray | None = None,
        *,
        model_version: str = "",
        reasons: int = 0,
        currency: str = "",
    ) -> ScoreColumns:
        """Score customers, column by column; parameters are those of `score`."""
        situation = self.predictor.read(history, as_of, customers)
        predictions = self.predictor.predict_situation(situation)
        sellers = read_sellers(history, predictions.customers)
        constants = {
            "as_of": EPOCH + dt.timedelta(microseconds=as_of),
            "horizon_days": self.predictor.horizon_days,
            "model_version": model_version,
        }
        keys: dict[str, Any] = {
            "customer_id": history.ids if customers is None else history.ids[predictions.customers]
        }
        if sellers is not None:
            keys["seller_id"] = sellers
        told = explain(self.explainer, situation, reasons, currency) if reasons else None
        standing = self._standing(situation, predictions, sellers)
        actions, channels = self.playbook.assign(
            standing["tier"].tolist(),
            standing["segment"].tolist(),
            predictions.evidence.tolist(),
            assign_churn(predictions.churn_probability).tolist(),
            [None] * len(predictions) if told is None else told.strongest(),
        )
        columns = _figures(predictions, as_of) | standing
        columns["action"] = actions
        columns["channel"] = prefer_channels(
            count_answers(history, situation, self.playbook.channels), channels
        )
        if told is not None:
            columns["reasons"] = told
        return ScoreColumns(constants, keys | columns, (*keys, *constants, *columns))

    def starts(self, as_of: int) -> dict[str, float]:
        """Return what reasons start from at a moment: what is predicted of the base's typical customer.

        A customer's prediction is its start and all its reasons, of which a score holds the strongest.

        Parameters
        ----------
        as_of : int
            Microseconds since 1970 UTC: with the season the start moves, it is the same for all customers.

        Returns
        -------
        dict of str to float
            For ``value`` money, for ``churn`` and ``upgrade`` percentage points.
        """
        nobody = build_history_of_rows([CustomerRows("")], self.predictor.dialect)
        found = self.explainer.explain(self.predictor.read(nobody, as_of))
        return {target: getattr(found, target).start for target in TARGETS}

    @cached_property
    def explainer(self) -> Explainer:
        """What takes predictions apart; made once, for it works out the trees' tables."""
        return Explainer(self.predictor, self.reference)

    def _standing(
        self,
        situation: Situation,
        predictions: Predictions,
        sellers: Sellers | None,
    ) -> dict[str, Any]:
        """Return where customers stand within the base."""
        tier = self.tiers.assign(predictions.expected_value, sellers)
        segment = assign_segments(
            zero_unknown(situation.column("orders_h1")),
            predictions.trailing_value,
            situation.column("tenure_days"),
            horizon_days=self.predictor.horizon_days,
            threshold=predictions.threshold,
            volume_orders=self.volume_orders,
        )
        table = situation.features
        return {
            "trailing_value": predictions.trailing_value,
            "segment": segment,
            "tier": tier,
            "current_tier": self.current_tiers.assign(predictions.trailing_value, sellers),
            "value_percentile": self.tiers.rank(predictions.expected_value),
            **self.dimensions.score(table.matrix, table.names),
        }

    def to_bundle(self, config: Mapping[str, Any], created: dt.datetime) -> Bundle:
        """Return the bundle that `from_bundle` reads.

        Parameters
        ----------
        config : mapping
            ``uptier.toml`` as it was, without passwords.
        created : datetime
        """
        texts, parts = self.predictor.to_parts()
        base = {
            "tiers": self.tiers.to_json(),
            "current_tiers": self.current_tiers.to_json(),
            "dimensions": self.dimensions.to_json(),
            "volume_orders": self.volume_orders,
            "reference": self.reference.to_json(),
        }
        moment = EPOCH + dt.timedelta(microseconds=self.predictor.as_of)
        manifest = Manifest(
            uptier=find_version(),
            id=uuid.uuid4().hex,
            created=created.isoformat(timespec="seconds"),
            as_of=moment.isoformat(),
            horizon_days=self.predictor.horizon_days,
            threshold=parts["thresholds"]["base"],
            config=dict(config),
            tiers={"cuts": list(self.tiers.cuts)},
            level={"served_by": self.predictor.served_by, **asdict(self.predictor.level)},
            features=self.predictor.catalogue.names,
        )
        return Bundle(manifest, texts=texts, documents={_PREDICTOR: parts, _BASE: base})

    @classmethod
    def from_bundle(cls, bundle: Bundle, playbook: Playbook | None = None) -> Scorer:
        """Return the scorer of a bundle.

        Parameters
        ----------
        bundle : Bundle
        playbook : Playbook, optional
            The built-in one by default: what to do is not part of a model.

        Raises
        ------
        BundleError
            When a part is missing, or was written for another catalogue of features.
        """
        try:
            base, parts = bundle.documents[_BASE], bundle.documents[_PREDICTOR]
        except KeyError as error:
            raise BundleError(f"the bundle has no part {error}; train again") from error
        predictor = Predictor.from_parts(bundle.texts, parts)
        if predictor.catalogue.names != bundle.manifest.features:
            raise BundleError(
                f"the bundle was made by uptier {bundle.manifest.uptier}, whose features differ from those of"
                f" {find_version()}; train again"
            )
        return cls(
            predictor,
            Tiers.from_json(base["tiers"]),
            Tiers.from_json(base["current_tiers"]),
            Dimensions.from_json(base["dimensions"]),
            base["volume_orders"],
            Reference.from_json(base["reference"]),
            playbook or load_playbook(),
        )


def fit_scorer(
    predictor: Predictor, history: History, target: TargetConfig, weights: Mapping[Any, float]
) -> Scorer:
    """Fix what places a customer within the base, from the base at the predictor's own moment.

    Parameters
    ----------
    predictor : Predictor
    history : History
        Of the base that the predictor was trained on.
    target : TargetConfig
    weights : mapping of dimension to float
        Of the best-customer score; 1 where not given.
    """
    situation = predictor.read(history, predictor.as_of)
    predictions = predictor.predict_situation(situation)
    known = np.nan_to_num(situation.column("order_days_ever")) > 0
    sellers = None
    if history.sellers is not None:
        sellers = history.sellers[predictions.customers].filter(pl.Series(known)).to_list()
    table = situation.features
    return Scorer(
        predictor,
        fit_tiers(predictions.expected_value[known], target.tiers, sellers),
        fit_tiers(predictions.trailing_value[known], target.tiers, sellers),
        fit_dimensions(
            table.matrix[known], table.names, {name: weights.get(name, 1.0) for name in get_args(Dimension)}
        ),
        compute_volume_orders(np.nan_to_num(situation.column("orders_h1"))[known]),
        learn_reference(predictor, situation),
    )


def find_version() -> str:
    """Return the version of uptier that runs."""
    try:
        return version("uptier")
    except PackageNotFoundError:
        return "0"


def _figures(predictions: Predictions, as_of: int) -> dict[str, Any]:
    wait: FloatArray = np.rint(predictions.next_order_days * DAY_US)
    return {
        "evidence": predictions.evidence,
        "expected_value": predictions.expected_value,
        "value_p10": predictions.value_p10,
        "value_p50": predictions.value_p50,
        "value_p90": predictions.value_p90,
        "expected_orders": predictions.expected_orders,
        "next_order_date": (as_of + wait.astype(np.int64)).astype("datetime64[us]").astype("datetime64[D]"),
        "churn_probability": predictions.churn_probability,
        "upgrade_probability": predictions.upgrade_probability,
        "threshold": np.full(len(predictions), predictions.threshold),
        "upgrade_gap": predictions.upgrade_gap,
        "upgrade_value": predictions.upgrade_value,
        "priority": predictions.priority,
    }
