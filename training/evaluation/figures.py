"""Figures: all that is measured of one prediction, under stable names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from features.timeline import BoolArray, FloatArray
from training.evaluation import metrics
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted
from training.evaluation.ranges import compute_meant_above
from training.evaluation.ranking import Ranking

Figures = dict[str, FloatArray]
"""Figure by name, one for each draw."""

HIGHER_IS_BETTER = frozenset(
    ["norm_gini", "spearman", "top20_capture", "auc", "average_precision", "lift_top10"]
)
LOWER_IS_BETTER = frozenset(
    ["mae", "rmse", "abs_bias", "decile_error", "median_mae", "log_loss", "brier", "ece"]
)
HEADLINES = {"value": "value.norm_gini", "churn": "churn.auc", "upgrade": "upgrade.auc"}
"""The figure that a target's ranking is judged by."""


def find_direction(name: str) -> int:
    """Return 1 for a figure that is better when higher, -1 when lower, 0 for one that only describes."""
    last = name.rpartition(".")[2]
    return int(last in HIGHER_IS_BETTER) - int(last in LOWER_IS_BETTER)


class Measure:
    """Measures one prediction against what happened, on as many draws of the customers as asked.

    Sorting is done once here, so that another draw costs a few passes over the customers.

    Parameters
    ----------
    outcome : Outcome
    predicted : Predicted

    Raises
    ------
    ValueError
        When they are not of the same customers, or a prediction is not finite: every known customer gets one.
    """

    def __init__(self, outcome: Outcome, predicted: Predicted) -> None:
        if len(outcome) != len(predicted) or not len(outcome):
            raise ValueError(
                f"{len(predicted)} predictions for {len(outcome)} customers: one for each expected"
            )
        below = outcome.may_upgrade
        _check_finite(predicted, below)
        value = predicted.expected_value
        self._parts = [_measure_value(outcome.value, value), _measure_interval(outcome.value, predicted)]
        self._parts.append(_measure_event("churn", outcome.churned, predicted.churn_probability, -value))
        some = outcome.upgraded[below]
        if some.any() and not some.all():
            probability = predicted.upgrade_probability
            probability = None if probability is None else probability[below]
            upgrade = _measure_event("upgrade", some, probability, value[below])
            self._parts.append(lambda counts: upgrade(counts[:, below]))

    def __call__(self, counts: FloatArray) -> Figures:
        """Return the figures for draws; `counts` has the shape (draws, customers)."""
        figures: Figures = {}
        for part in self._parts:
            figures |= part(counts)
        return figures


def measure(outcome: Outcome, predicted: Predicted) -> dict[str, float]:
    """Return the figures of one prediction.

    Parameters
    ----------
    outcome : Outcome
    predicted : Predicted

    Returns
    -------
    dict of str to float
        ``value.norm_gini``, ``value.bias``, ``median_mae``, ``interval.inside``, ``churn.auc``,
        ``upgrade.ece`` and so on. Of a rung without a probability of an event the ranking figures are there,
        by expected value.

    Raises
    ------
    ValueError
        As `Measure`.
    """
    once = np.ones((1, len(outcome)))
    return {name: float(figure[0]) for name, figure in Measure(outcome, predicted)(once).items()}


def _measure_value(actual: FloatArray, predicted: FloatArray) -> Callable[[FloatArray], Figures]:
    floor = np.maximum(actual, 0)
    ranking, best, truth = Ranking(predicted), Ranking(floor), Ranking(actual)
    off = actual - predicted

    def figures(counts: FloatArray) -> Figures:
        bias = metrics.compute_bias(actual, predicted, counts)
        return {
            "value.norm_gini": metrics.compute_norm_gini(floor, ranking, best, counts),
            "value.spearman": metrics.compute_spearman(truth, ranking, counts),
            "value.mae": metrics.compute_mean(np.abs(off), counts),
            "value.rmse": np.sqrt(metrics.compute_mean(off**2, counts)),
            "value.bias": bias,
            "value.abs_bias": np.abs(bias),
            "value.decile_error": metrics.compute_decile_error(actual, predicted, ranking, counts),
            "value.top20_capture": metrics.compute_capture(floor, ranking, best, counts, 5),
        }

    return figures


def _measure_interval(actual: FloatArray, predicted: Predicted) -> Callable[[FloatArray], Figures]:
    low, median, high = predicted.value_p10, predicted.value_p50, predicted.value_p90
    rows: dict[str, FloatArray] = {}
    if median is not None:
        rows["median_mae"] = np.abs(actual - median)
    if low is not None and high is not None:
        rows["interval.inside"] = ((actual >= low) & (actual <= high)).astype(np.float64)
        rows["interval.above_p90"] = (actual > high).astype(np.float64)
        rows["interval.below_p10"] = (actual < low).astype(np.float64)
        rows["interval.meant_above"] = compute_meant_above(predicted)
    return lambda counts: {name: metrics.compute_mean(row, counts) for name, row in rows.items()}


def _measure_event(
    target: str, event: BoolArray, probability: FloatArray | None, otherwise: FloatArray
) -> Callable[[FloatArray], Figures]:
    """Measure a probability; without one only the ranking by another score can be."""
    score = otherwise if probability is None else metrics.clip(probability)
    ranking = Ranking(score)

    def rank_figures(counts: FloatArray) -> Figures:
        return {
            f"{target}.auc": metrics.compute_auc(event, ranking, counts),
            f"{target}.average_precision": metrics.compute_average_precision(event, ranking, counts),
            f"{target}.lift_top10": metrics.compute_lift(event, ranking, counts, 10),
        }

    if probability is None:
        return rank_figures
    rising, rows = Ranking(score, ascending=True), event.astype(np.float64)
    losses, squares = metrics.log_losses(event, score), (score - rows) ** 2

    def figures(counts: FloatArray) -> Figures:
        return {
            f"{target}.rate": metrics.compute_mean(rows, counts),
            **rank_figures(counts),
            f"{target}.log_loss": metrics.compute_mean(losses, counts),
            f"{target}.brier": metrics.compute_mean(squares, counts),
            f"{target}.ece": metrics.compute_ece(event, score, rising, counts),
            f"{target}.ece_noise": metrics.compute_ece_noise(score, rising, counts),
        }

    return figures


def _check_finite(predicted: Predicted, below: BoolArray) -> None:
    """Refuse predictions that are not finite, except the upgrade of the already valued."""
    for name, column in vars(predicted).items():
        if column is None:
            continue
        rows = column[below] if name == "upgrade_probability" else column
        bad = int((~np.isfinite(rows)).sum())
        if bad:
            raise ValueError(f"{name}: {bad} customers have no finite prediction")
