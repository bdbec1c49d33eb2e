"""Leakage: columns that know the future, and models that score on labels without any sense.

What is read off the history is cut at `as_of`. A table of attributes has no such cut: a status, a total or a
date that was written down later looks like a strong feature, and the model fails the day it is used.

A strong column is not a leak. Where most customers left long ago, or all pay monthly, the days since the last
order alone tell nearly all of churn. So a column has to tell the future apart among customers *whose past is
alike*: figures are taken within strata of the trailing value, and held against what the past alone reaches.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.timeline import BoolArray, FloatArray, IntArray
from training.evaluation.figures import HEADLINES
from training.evaluation.metrics import compute_auc, compute_spearman
from training.evaluation.ranking import Ranking
from training.labels import Labels

SURE_AUC = 0.98
SURE_CORRELATION = 0.95
NOTED_AUC = 0.85
NOTED_AUC_MARGIN = 0.12
NOTED_CORRELATION = 0.75
NOTED_CORRELATION_MARGIN = 0.20
LEAST_EVENTS = 30
LEAST_CUSTOMERS = 100
MOST_CUSTOMERS = 20_000
"""Larger bases are judged by a sample of so many: a leak is not subtle."""

SHUFFLED_AUC = 0.55
SHUFFLED_GINI = 0.10
SHUFFLED_ERRORS = 3.0
_BINS = 64
_STRATA = 5
_PRIOR = 2.0  # customers that a bin's mean is shrunk by
_WORDS = {"value": "future value", "churn": "churn", "upgrade": "the upgrade"}


@dataclass(frozen=True)
class Leak:
    """A sign that the future is known, or follows from the past.

    Attributes
    ----------
    name : str
        The column, or ``shuffled labels``.
    target : str
        ``value``, ``churn`` or ``upgrade``.
    figure : float
        AUC or rank correlation of this column alone.
    reference : float
        What the past alone reaches.
    sure : bool
        Whether it can't be honest: then a model is refused, otherwise a person should look.
    sentence : str
    """

    name: str
    target: str
    figure: float
    reference: float
    sure: bool
    sentence: str


def find_leaks(
    matrix: npt.NDArray[np.floating],
    names: Sequence[str],
    labels: Labels,
    *,
    trusted: Collection[str] = (),
    seed: int = 7,
) -> list[Leak]:
    """Find columns that alone predict the future too well.

    Parameters
    ----------
    matrix : float array, shape (customers, columns)
        Features and attributes as of a moment; NaN is unknown, a category is a code.
    names : sequence of str
        Of the columns.
    labels : Labels
        What the same customers did afterwards.
    trusted : collection of str
        Columns that are read off rows before the moment, and so can't know what came after it. The best of
        them is what the past alone reaches; where that is nearly all there is to tell, it is noted.
    seed : int
        Of the halves that a column is learned and judged on.

    Returns
    -------
    list of Leak
        The surest first, at most one a column, and one a target for the trusted.

    Raises
    ------
    ValueError
        When matrix, names and labels don't fit together.
    """
    if matrix.shape != (len(labels.customers), len(names)):
        expected = (len(labels.customers), len(names))
        raise ValueError(f"matrix has the shape {matrix.shape}, expected {expected}: customers, names")
    rng = np.random.default_rng(seed)
    rows = _sample(len(labels.customers), rng)
    if len(rows) < LEAST_CUSTOMERS:
        return []
    labels = take(labels, rows)
    half = rng.random(len(rows)) < 0.5
    strata = _stratify(labels.trailing_value)
    worst: dict[str, Leak] = {}
    notes: list[Leak] = []
    for probe in _build_probes(labels, strata):
        scores = {
            name: probe.score(_learn(column, probe.truth, half))
            for name, column in zip(names, matrix[rows].T, strict=True)
        }
        scores = {name: score for name, score in scores.items() if np.isfinite(score)}
        past = probe.score(_learn(labels.trailing_value, probe.truth, half))
        reference = float(
            np.nanmax([past, probe.floor, *(scores[each] for each in trusted if each in scores)])
        )
        foreign = {name: score for name, score in scores.items() if name not in trusted}
        own = max(scores.keys() - foreign.keys(), key=lambda name: scores[name], default=None)
        if own is not None and (followed := probe.note_past(own, scores[own])):
            notes.append(followed)
        for name, score in foreign.items():
            leak = probe.judge(name, score, reference)
            if leak and (
                name not in worst or (leak.sure, leak.figure) > (worst[name].sure, worst[name].figure)
            ):
                worst[name] = leak
    return [*sorted(worst.values(), key=lambda leak: (not leak.sure, -leak.figure)), *notes]


def check_shuffled(
    figures: Mapping[str, float],
    errors: Mapping[str, float] | None = None,
    *,
    least_gini: float = SHUFFLED_GINI,
    least_auc: float = SHUFFLED_AUC,
) -> list[Leak]:
    """Find out whether a model fitted on shuffled labels still scores on labels shuffled alike.

    Parameters
    ----------
    figures : dict of str to float
        ``value.norm_gini``, ``churn.auc``, ``upgrade.auc`` where known, of a model that was fitted on
        `shuffle_labels` and measured against shuffled labels of customers and times it has not seen.
    errors : dict of str to float, optional
        Standard errors of the same figures.
    least_gini, least_auc : float
        What a figure has to exceed to count.

    Returns
    -------
    list of Leak
        Empty when it does no better than chance.
    """
    leaks = []
    for target, name in HEADLINES.items():
        figure, error = figures.get(name, float("nan")), (errors or {}).get(name, 0.0)
        chance, least = (0.0, least_gini) if target == "value" else (0.5, least_auc)
        if figure > least and figure - chance > SHUFFLED_ERRORS * np.nan_to_num(error):
            sentence = (
                f"Fitted on shuffled labels the model still ranks {_WORDS[target]} ({figure:.2f}, chance is "
                f"{chance:.1f}): it sees what it is judged by."
            )
            leaks.append(Leak("shuffled labels", target, figure, chance, True, sentence))
    return leaks


def shuffle_labels(labels: Labels, seed: int) -> Labels:
    """Return labels with each customer's future given to another; the past stays.

    A customer gets the future of the same other customer at every moment, as long as the base is the same.
    """
    order = np.random.default_rng(seed).permutation(len(labels.customers))
    return replace(
        labels, value=labels.value[order], churned=labels.churned[order], orders=labels.orders[order]
    )


def take(labels: Labels, rows: IntArray) -> Labels:
    """Return the labels of some of the customers; the threshold stays."""
    return replace(
        labels,
        customers=labels.customers[rows],
        trailing_value=labels.trailing_value[rows],
        value=labels.value[rows],
        churned=labels.churned[rows],
        orders=labels.orders[rows],
        seller_threshold=None if labels.seller_threshold is None else labels.seller_threshold[rows],
    )


@dataclass(frozen=True)
class _Probe:
    """One target that each column is tried on alone."""

    target: str
    truth: FloatArray
    strata: IntArray

    @property
    def _event(self) -> bool:
        return self.target != "value"

    @property
    def floor(self) -> float:
        return 0.5 if self._event else 0.0

    def score(self, learned: FloatArray) -> float:
        """Return the column's figure, within strata for an event; NaN where there is nothing to tell."""
        if not self._event:
            return _rank_correlation(learned, self.truth)
        return _auc_within(learned, self.truth > 0, self.strata)

    def judge(self, name: str, figure: float, reference: float) -> Leak | None:
        """Return what is wrong with a column that may know the future."""
        noted, margin = (
            (NOTED_AUC, NOTED_AUC_MARGIN) if self._event else (NOTED_CORRELATION, NOTED_CORRELATION_MARGIN)
        )
        sure = figure >= self._sure
        if not sure and not (figure >= noted and figure - reference >= margin):
            return None
        advice = (
            "it holds what happened after as_of; take it out of the table, or record it as of then"
            if sure
            else "make sure that it was known at as_of"
        )
        sentence = (
            f"{name} alone tells {_WORDS[self.target]} ({self._kind} {figure:.3f}, the past alone reaches "
            f"{reference:.3f}): {advice}."
        )
        return Leak(name, self.target, figure, reference, sure, sentence)

    def note_past(self, name: str, figure: float) -> Leak | None:
        """Return a note where a column that can't know the future tells nearly all of it."""
        if figure < self._sure:
            return None
        sentence = (
            f"{name} alone tells {_WORDS[self.target]} ({self._kind} {figure:.3f}), and is of before as_of: "
            "the future follows from the past, as in plans of a fixed length."
        )
        return Leak(name, self.target, figure, figure, False, sentence)

    @property
    def _sure(self) -> float:
        return SURE_AUC if self._event else SURE_CORRELATION

    @property
    def _kind(self) -> str:
        return "AUC among customers with the same past" if self._event else "rank correlation"


def _build_probes(labels: Labels, strata: IntArray) -> list[_Probe]:
    below = ~labels.valued
    upgraded = np.where(below, labels.upgraded, np.nan)
    probes = [_Probe("value", labels.value, strata)] if np.ptp(labels.value) > 0 else []
    for target, event in (("churn", labels.churned.astype(np.float64)), ("upgrade", upgraded)):
        known = np.isfinite(event)
        hits = int(np.nansum(event))
        if min(hits, int(known.sum()) - hits) >= LEAST_EVENTS:
            probes.append(_Probe(target, event, np.where(known, strata, -1)))
    return probes


def _sample(total: int, rng: np.random.Generator) -> IntArray:
    rows = np.arange(total)
    return rows if total <= MOST_CUSTOMERS else np.sort(rng.choice(rows, MOST_CUSTOMERS, replace=False))


def _stratify(trailing_value: FloatArray) -> IntArray:
    """Return a number for customers whose trailing value is alike: 0 for none, else by equal parts."""
    positive = trailing_value[trailing_value > 0]
    if not len(positive):
        return np.zeros(len(trailing_value), dtype=np.int64)
    edges = np.quantile(positive, np.linspace(0, 1, _STRATA + 1)[1:-1])
    strata = np.where(trailing_value > 0, 1 + np.searchsorted(edges, trailing_value), 0)
    return strata.astype(np.int64)


def _learn(column: npt.NDArray[np.floating], truth: FloatArray, half: BoolArray) -> FloatArray:
    """Return what a column says of a target, whatever its shape: the other half's mean in the same bin.

    Bins catch what is not monotone, codes of categories, and that a value is missing.
    """
    bins = _bin(np.asarray(column, dtype=np.float64))
    # Means of ranks, so that one large customer does not speak for a bin.
    known = np.isfinite(truth)
    goal = np.where(known, np.searchsorted(np.sort(truth[known]), truth, "left") / max(known.sum(), 1), 0.0)
    learned = np.empty(len(truth))
    for side in (half, ~half):
        use = side & known
        mean = goal[use].mean() if use.any() else 0.0
        sums = np.bincount(bins[use], weights=goal[use], minlength=_BINS + 1) + _PRIOR * mean
        learned[~side] = (sums / (np.bincount(bins[use], minlength=_BINS + 1) + _PRIOR))[bins[~side]]
    return learned


def _bin(column: FloatArray) -> IntArray:
    """Return the bin of each row: few values are one each, many are cut into equal parts, NaN is its own."""
    known = np.isfinite(column)
    values = np.unique(column[known])
    if len(values) > _BINS:
        values = np.unique(np.quantile(column[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(known, np.searchsorted(values, column, "left").clip(0, _BINS - 1), _BINS).astype(np.int64)


def _rank_correlation(score: FloatArray, truth: FloatArray) -> float:
    once = np.ones((1, len(score)))
    return float(compute_spearman(Ranking(score), Ranking(truth), once)[0])


def _auc_within(score: FloatArray, event: BoolArray, strata: IntArray) -> float:
    """Return the AUC over pairs of one stratum; strata below 0 don't count."""
    total = pairs = 0.0
    for stratum in np.unique(strata[strata >= 0]):
        rows = strata == stratum
        hits = int(event[rows].sum())
        here = hits * (int(rows.sum()) - hits)
        if here:
            total += here * float(
                compute_auc(event[rows], Ranking(score[rows]), np.ones((1, int(rows.sum()))))[0]
            )
            pairs += here
    return total / pairs if pairs else float("nan")
