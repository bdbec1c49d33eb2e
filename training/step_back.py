"""Stepping back: the purchase process serves alone where it has ranked the past better than the trees."""

from __future__ import annotations

from dataclasses import replace

from models.level import Level
from models.predictor import OURS, PROCESS, Predictor
from training.evaluation.figures import HEADLINES
from training.evaluation.grade import say_gap
from training.evaluation.results import Results
from training.fitting import Fitting
from training.levels import Levels
from training.process_rung import fit_process_rung

_ERRORS = 2.0


def find_reason_to_step_back(results: Results) -> str:
    """Say why the purchase process should serve: on unseen time the trees were no gain; else nothing.

    Either the process is ahead in everything, if by little: then trees are not worth their trouble. Or it is
    shown to be ahead in value, and trees are shown to be ahead in nothing.
    """
    told = {target: results.overall.compare(OURS, PROCESS, name) for target, name in HEADLINES.items()}
    gaps = {target: gap for target, gap in told.items() if gap is not None}
    value = gaps.get("value")
    if value is None or any(gap.exceeds(0.0, _ERRORS) for gap in gaps.values()):
        return ""
    behind = all(gap.gain < 0 for gap in gaps.values())
    if behind or value.falls_behind(0.0, _ERRORS):
        return f"on the latest window trees ranked value no better ({say_gap(value)})"
    return ""


def serve_by_process(fitting: Fitting, predictor: Predictor, reason: str) -> Predictor:
    """Return the predictor of the same purchase process and level without any trees.

    Parameters
    ----------
    fitting : Fitting
        What `predictor` was fitted on.
    predictor : Predictor
    reason : str
        Why it serves.
    """
    situation = fitting.read_known(predictor.catalogue, predictor.process)
    levels = Levels(predictor.level, Level())
    alone = fit_process_rung(fitting, predictor.process, situation, levels)
    return replace(
        predictor,
        value=None,
        activity=None,
        distribution=alone.distribution,
        upgrade=alone.upgrade,
        served_by=PROCESS,
        reason=reason,
    )
