"""Shuffled labels: a model that learns futures given to the wrong customers must rank no better than chance.

If it does better, customers it was fitted on have reached those it was judged on: moments of the past
overlap, and hold the same customers again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from features.timeline import FloatArray, IntArray
from models.churn import fit_activity
from models.examples import Examples
from models.predictor import Predictor
from models.value import fit_value
from training.evaluation.leakage import Leak, check_shuffled
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted
from training.evaluation.resampling import Evaluation, average, evaluate
from training.fit import SNAPSHOTS
from training.fitting import Fitting
from training.labels import find_known

LEAST_GINI, LEAST_AUC = 0.30, 0.60
"""What counts: trees stop where those they are judged by stop gaining, so chance alone gains a little."""

MOMENTS = 3
MOST_CUSTOMERS = 2_000
_RUNG = "shuffled"
_DRAWS = 50


def check_shuffled_fit(fitting: Fitting, predictor: Predictor) -> list[Leak]:
    """Fit value and activity on shuffled labels of whole horizons, and look if anything is ranked.

    Parameters
    ----------
    fitting : Fitting
    predictor : Predictor
        Says which features are learned from; one without trees has nothing to shuffle.
    """
    value = predictor.value
    if value is None:
        return []
    moments = fitting.choose_moments(SNAPSHOTS)[:MOMENTS]
    some = _draw_customers(fitting, moments[-1])
    examples = [
        fitting.read_examples(predictor.catalogue, predictor.process, moment, among=some)
        for moment in moments
    ]
    shuffled = shuffle_examples(examples, fitting.seed)
    trees = fitting.trees
    _, active = fit_activity(shuffled, value.relative, value.everything, trees)
    _, said = fit_value(shuffled, active, value.relative, value.everything, trees)
    found = average([_measure(*each) for each in zip(shuffled, said, active, strict=True)])
    errors = {name: found.error(_RUNG, name) for name in found.figures[_RUNG]}
    return check_shuffled(found.figures[_RUNG], errors, least_gini=LEAST_GINI, least_auc=LEAST_AUC)


def _measure(each: Examples, value: FloatArray, active: FloatArray) -> Evaluation:
    """Measure one moment: the level of another one must not count as a ranking."""
    nobody = np.zeros(len(each), dtype=np.bool_)
    outcome = Outcome(each.features.customers, each.value, ~each.active, nobody, nobody)
    return evaluate(outcome, {_RUNG: Predicted(value, churn_probability=1 - active)}, draws=_DRAWS, parts=1)


def shuffle_examples(examples: Sequence[Examples], seed: int) -> list[Examples]:
    """Return examples in which each customer has another's future: of the same other one at every moment.

    Parameters
    ----------
    examples : sequence of Examples
        Of the same customers.
    seed : int
    """
    order = np.random.default_rng(seed).permutation(len(examples[0]))
    return [_shuffle(each, order) for each in examples]


def _draw_customers(fitting: Fitting, moment: int) -> IntArray:
    """Return some of the customers who were known at a moment; they were at every later one."""
    known = find_known(fitting.history, moment)
    drawn: IntArray = np.random.default_rng(fitting.seed).permutation(known)[:MOST_CUSTOMERS]
    return drawn


def _shuffle(each: Examples, order: IntArray) -> Examples:
    return replace(each, value=each.value[order], orders=each.orders[order], active=each.active[order])
