"""The seven dimensions of a best customer, each 0 to 100 within the base, and the score made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue import Dimension
from features.compiled import compiled_with_memory
from features.timeline import BoolArray, FloatArray, IntArray
from models.percentiles import Percentiles, fit_percentiles
from models.settings import DIMENSIONS

_KNOTS = 201
_MIDDLE = 50.0
_ONE_GROUP = np.zeros(len(DIMENSIONS), dtype=np.int64)
_OWN_EVENT = re.compile(r"event_.*_h1")


@dataclass(frozen=True)
class Signal:
    """A feature that tells of a dimension.

    Attributes
    ----------
    dimension : str
        One of `DIMENSIONS`.
    feature : str
        Name in the catalogue.
    weight : float
        In the mean of the dimension's signals.
    falling : bool
        Whether less is better.
    optional : bool
        Whether the signal is left out where the feature is unknown, as a rate of nothing is; else unknown is
        the least, as the time since the last order is for who never ordered.
    """

    dimension: Dimension
    feature: str
    weight: float = 1.0
    falling: bool = False
    optional: bool = False


SIGNALS = (
    Signal("loyalty", "orders_h4", weight=2),
    Signal("loyalty", "days_since_last_order", weight=2, falling=True),
    Signal("loyalty", "tenure_days"),
    Signal("loyalty", "overdue_ratio", falling=True, optional=True),
    Signal("loyalty", "gap_variation", weight=0.5, falling=True, optional=True),
    Signal("profitability", "value_h1", weight=2),
    Signal("profitability", "value_per_horizon", weight=2),
    Signal("profitability", "margin_h1", weight=2),
    Signal("profitability", "margin_rate_ever", optional=True),
    Signal("profitability", "return_rate_ever", weight=0.5, falling=True, optional=True),
    Signal("profitability", "discount_rate_ever", weight=0.5, falling=True, optional=True),
    Signal("profitability", "service_per_order", weight=0.5, falling=True, optional=True),
    Signal("engagement", "visits_h1", weight=2),
    Signal("engagement", "searches_h1"),
    Signal("engagement", "carts_h1"),
    Signal("engagement", "loyalty_actions_h1"),
    Signal("engagement", "days_since_last_event", falling=True),
    Signal("communication", "click_rate_ever", weight=2, optional=True),
    Signal("communication", "open_rate_ever", optional=True),
    Signal("communication", "emails_clicked_h1"),
    Signal("communication", "answer_rate", weight=2, optional=True),
    Signal("communication", "answers_h1"),
    Signal("growth_potential", "spending_trend_h1", weight=2),
    Signal("growth_potential", "orders_trend_h1"),
    Signal("growth_potential", "spending_trend_h1_2"),
    Signal("growth_potential", "order_value_trend", optional=True),
    Signal("growth_potential", "new_categories_h1"),
    Signal("growth_potential", "new_products_h1"),
    Signal("values_alignment", "values_line_share_ever", weight=2, optional=True),
    Signal("values_alignment", "values_lines_h1"),
    Signal("values_alignment", "values_lines_ever"),
    Signal("advocacy", "referrals_ever", weight=2),
    Signal("advocacy", "reviews_ever"),
    Signal("advocacy", "shares_ever"),
    Signal("advocacy", "surveys_ever", weight=0.5),
    Signal("advocacy", "mean_review_score", optional=True),
    Signal("advocacy", "mean_survey_score", optional=True),
)
"""What the dimensions are read from; features that a business's tables don't feed are left out.

A business's own kinds of events are engagement too."""


@dataclass(frozen=True)
class Dimensions:
    """Ranks customers in each dimension against the base of the training.

    Attributes
    ----------
    signals : tuple of Signal
        Those that the base's tables feed.
    percentiles : Percentiles
        Of each signal's feature, shape (signals, knots).
    means : Percentiles
        Of each dimension's mean over its signals' percentiles, shape (7, knots); NaN where no table feeds it.
    weights : mapping of str to float
        Of the dimensions in the best-customer score, 1 where not given.
    """

    signals: tuple[Signal, ...]
    percentiles: Percentiles
    means: Percentiles
    weights: Mapping[str, float]

    def score(self, matrix: npt.ArrayLike, names: Sequence[str]) -> dict[str, FloatArray]:
        """Score customers; each gets alone what they would get in the whole base.

        Parameters
        ----------
        matrix : array-like of shape (customers, features)
            As `features.catalogue.FeatureTable` holds it.
        names : sequence of str
            The features' names, among them those of all signals.

        Returns
        -------
        dict of str to float64 array, shape (customers,)
            The seven dimensions, then ``best_customer_score``. A dimension goes from 0, the least that the
            base shows, to 100; it is NaN in all rows where no table feeds it, and 50 for a customer of whom
            nothing is known that is known of others.

        Raises
        ------
        ValueError
            When the feature of a signal is missing.
        """
        means = self._reading.means(self.percentiles, _columns(matrix, names, self._reading.features))
        ranks = self._spread(self.means.rank(means))
        ranks = np.where(self._fed & np.isnan(means), _MIDDLE, ranks)
        best = np.empty((1, ranks.shape[1]))
        _mean_by_group(ranks, self._weights, _ONE_GROUP, best)
        return dict(zip((*DIMENSIONS, "best_customer_score"), (*ranks, *best), strict=True))

    def _spread(self, ranks: FloatArray) -> FloatArray:
        """Stretch percentiles so that the base's least is 0 and its best 100, however many share them.

        Who is beyond either, as customers of a request may be, gets no more and no less.
        """
        least, room = self._edges
        spread: FloatArray = np.where(room > 0, (ranks - least) * 100 / np.where(room > 0, room, 1), ranks)
        return np.clip(spread, 0.0, 100.0)

    @cached_property
    def _reading(self) -> _Reading:
        return _Reading.of(self.signals)

    @cached_property
    def _fed(self) -> BoolArray:
        """Which dimensions a table feeds, shape (7, 1)."""
        return ~np.isnan(self.means.quantiles[:, :1])

    @cached_property
    def _weights(self) -> FloatArray:
        return np.array([self.weights.get(dimension, 1.0) for dimension in DIMENSIONS], dtype=np.float64)

    @cached_property
    def _edges(self) -> tuple[FloatArray, FloatArray]:
        least, best = self.means.rank(self.means.quantiles[:, [0, -1]]).T[:, :, None]
        return least, best - least

    def to_json(self) -> dict[str, Any]:
        """Return the ranks as plain data."""
        return {
            "signals": [asdict(signal) for signal in self.signals],
            "percentiles": self.percentiles.to_json(),
            "means": self.means.to_json(),
            "weights": dict(self.weights),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Dimensions:
        """Return the ranks that `to_json` wrote."""
        return cls(
            tuple(Signal(**signal) for signal in data["signals"]),
            Percentiles.from_json(data["percentiles"]),
            Percentiles.from_json(data["means"]),
            dict(data["weights"]),
        )


def fit_dimensions(
    matrix: npt.ArrayLike,
    names: Sequence[str],
    weights: Mapping[Dimension, float] | None = None,
    signals: Sequence[Signal] = SIGNALS,
) -> Dimensions:
    """Store where the base stands in each dimension.

    Parameters
    ----------
    matrix : array-like of shape (customers, features)
        Features of the whole base at training's `as_of`.
    names : sequence of str
        The features' names.
    weights : mapping of str to float, optional
        Weights of the dimensions in the best-customer score, from ``[dimensions]``.
    signals : sequence of Signal
        What to read the dimensions from.
    """
    figures = np.asarray(matrix)
    fed = {name for name, column in zip(names, figures.T, strict=True) if np.isfinite(column).any()}
    own = [Signal("engagement", name) for name in names if _OWN_EVENT.fullmatch(name)]
    known = [signal for signal in (*signals, *own) if signal.feature in fed]
    reading = _Reading.of(known)
    columns = _columns(figures, names, reading.features)
    percentiles = fit_percentiles(columns, _KNOTS)
    means = fit_percentiles(reading.means(percentiles, columns), _KNOTS)
    return Dimensions(
        tuple(known), percentiles, means, {str(name): float(w) for name, w in (weights or {}).items()}
    )


@lru_cache(maxsize=32)
def _positions(features: tuple[str, ...], names: tuple[str, ...]) -> IntArray:
    """Return the columns of features; cached, because finding them takes longer than scoring one customer."""
    found = {name: i for i, name in enumerate(names)}
    missing = [feature for feature in features if feature not in found]
    if missing:
        raise ValueError(f"features are missing: {', '.join(missing)}")
    return np.array([found[feature] for feature in features], dtype=np.int64)


def _columns(matrix: npt.ArrayLike, names: Sequence[str], features: tuple[str, ...]) -> FloatArray:
    return np.asarray(matrix)[:, _positions(features, tuple(names))].T.astype(np.float64)


@dataclass(frozen=True)
class _Reading:
    """How signals are read, as arrays of shape (signals,) or (signals, 1); made once."""

    features: tuple[str, ...]
    falling: BoolArray
    optional: BoolArray
    weights: FloatArray
    groups: IntArray

    @classmethod
    def of(cls, signals: Sequence[Signal]) -> _Reading:
        return cls(
            tuple(signal.feature for signal in signals),
            np.array([signal.falling for signal in signals], dtype=np.bool_)[:, None],
            np.array([signal.optional for signal in signals], dtype=np.bool_)[:, None],
            np.array([signal.weight for signal in signals], dtype=np.float64),
            np.array([DIMENSIONS.index(signal.dimension) for signal in signals], dtype=np.int64),
        )

    def means(self, percentiles: Percentiles, columns: FloatArray) -> FloatArray:
        """Return the mean of each dimension's signals, shape (7, customers)."""
        ranks = percentiles.rank(columns)
        ranks = np.where(self.falling, 100 - ranks, ranks)
        ranks = np.where(np.isnan(ranks) & ~self.optional, 0.0, ranks)
        means = np.empty((len(DIMENSIONS), columns.shape[1]))
        _mean_by_group(ranks, self.weights, self.groups, means)
        return means


@compiled_with_memory
def _mean_by_group(rows, weights, groups, means):  # type: ignore[no-untyped-def]
    """Write the weighted means of what is known in a group of rows, NaN where nothing is."""
    for j in range(rows.shape[1]):
        total, weight = np.zeros(len(means)), np.zeros(len(means))
        for i in range(len(rows)):
            if not np.isnan(rows[i, j]):
                total[groups[i]] += rows[i, j] * weights[i]
                weight[groups[i]] += weights[i]
        for group in range(len(means)):
            means[group, j] = total[group] / weight[group] if weight[group] > 0 else np.nan
