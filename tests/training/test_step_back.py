from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.predictor import OURS, PROCESS
from tests.training.evaluation.scenes import build_window
from training.evaluation.backtest import Backtest, Ladder
from training.evaluation.predicted import Predicted
from training.evaluation.results import Results, measure_backtest
from training.step_back import find_reason_to_step_back


def measure(ours: Predicted, process: Predicted) -> Results:
    window = replace(build_window(1500), rungs={OURS: ours, PROCESS: process})
    return measure_backtest(Backtest("shop", "EUR", (window,), Ladder(OURS, (PROCESS,))), draws=40)


def test_trees_that_rank_better_serve() -> None:
    rungs = build_window(1500).rungs

    assert find_reason_to_step_back(measure(rungs["ours"], rungs["cells"])) == ""


def test_the_process_serves_where_trees_are_no_gain() -> None:
    rungs = build_window(1500).rungs

    reason = find_reason_to_step_back(measure(rungs["cells"], rungs["ours"]))

    assert reason.startswith("on the latest window trees ranked value no better (-0.")


def test_level_trees_stay() -> None:
    said = build_window(1500).rungs["ours"]

    assert find_reason_to_step_back(measure(said, said)) == ""


def test_trees_that_are_ahead_in_something_stay() -> None:
    rungs = build_window(1500).rungs
    ours = replace(rungs["cells"], churn_probability=rungs["ours"].churn_probability)
    process = replace(rungs["ours"], churn_probability=rungs["cells"].churn_probability)
    assert np.isfinite(ours.expected_value).all()

    assert find_reason_to_step_back(measure(ours, process)) == ""
