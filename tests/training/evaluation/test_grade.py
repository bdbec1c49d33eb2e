from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.training.evaluation.scenes import LADDER, build_museum, build_window
from training.evaluation.backtest import Ladder, Window
from training.evaluation.grade import Report, build_rule_table, grade_model
from training.evaluation.predicted import Predicted
from training.evaluation.resampling import evaluate

DOCS = Path(__file__).parents[3] / "docs" / "grades.md"


def grade(window: Window, ladder: Ladder = LADDER, **change: Predicted) -> Report:
    return grade_model(evaluate(window.outcome, {**window.rungs, **change}, draws=60), ladder)


def test_knowing_the_rates_is_an_a() -> None:
    report = grade(build_window(2500))

    # The ranges of so few and round amounts are too wide on both sides.
    assert report.of("churn").letter == "A"
    assert report.of("upgrade").letter == "A"
    assert report.of("churn").reasons == ()


def test_the_simplest_rung_is_a_d() -> None:
    report = grade(build_window(2500), replace(LADDER, served="last_period"))

    assert report.of("value").letter == "D"
    assert report.overall == "D"


def test_a_total_that_is_off_can_still_rank() -> None:
    window = build_window(2500)
    ours = window.rungs["ours"]

    right = window.labels.value.sum() / ours.expected_value.sum()

    for off, letter in ((0.95, "A"), (1.12, "B"), (0.5, "C")):
        said = replace(ours, expected_value=ours.expected_value * right * off)
        no_ranges = replace(said, value_p10=np.full(2500, -1.0), value_p90=_top_tenth_out(window))
        assert grade(window, ours=no_ranges).of("value").letter == letter


def _top_tenth_out(window: Window) -> np.ndarray:
    """Return an upper end that a tenth of the customers pass."""
    value = window.labels.value
    above = np.argsort(-value, kind="stable")[:250]
    ends = value + 1
    ends[above] = value[above] - 1
    return ends


def test_ranges_that_miss_cost_the_grade() -> None:
    window = build_window(2500)
    ours = window.rungs["ours"]
    said = replace(ours, value_p90=np.zeros(2500))

    found = grade(window, ours=said).of("value")

    assert found.letter == "C"
    assert "end above their range" in found.reasons[0]


def test_ranges_of_who_hardly_ever_orders_are_held_against_what_can_be() -> None:
    museum = build_museum()
    found = evaluate(museum.outcome, museum.rungs, draws=60)

    assert found.figure("ours", "interval.above_p90") < 0.05
    assert not any("range" in reason for reason in grade_model(found, LADDER).of("value").reasons)


def test_probabilities_that_are_off_cost_the_grade() -> None:
    window = build_window(2500)
    churn = window.rungs["ours"].churn_probability
    assert churn is not None

    for power, letter in ((1.0, "A"), (1.4, "B"), (3.0, "C")):
        found = grade(window, ours=replace(window.rungs["ours"], churn_probability=churn**power))
        assert found.of("churn").letter == letter


def test_what_is_only_as_good_as_a_simple_rung_is_a_b() -> None:
    window = build_window(2500)

    report = grade(window, ours=window.rungs["cells"])

    assert report.of("churn").letter == "B"
    assert "not shown to rank better than cells" in report.of("churn").reasons[0]
    assert grade(window, replace(LADDER, served="cells")).of("churn").letter == "B"


def test_what_a_simple_rung_is_shown_to_beat_is_a_c() -> None:
    window = build_window(2500)
    rungs = {"ours": window.rungs["cells"], "cells": window.rungs["ours"]}

    report = grade_model(evaluate(window.outcome, {**window.rungs, **rungs}), LADDER)

    assert report.of("churn").letter == "C"
    assert "cells ranks better" in report.of("churn").reasons[0]


def test_too_little_to_judge_by_is_not_graded_and_b_at_best() -> None:
    window = build_window(2500)
    evaluation = evaluate(window.outcome, window.rungs)

    report = grade_model(evaluation, LADDER, {"churn": 1000, "upgrade": 29})

    assert report.of("upgrade").letter is None
    assert "only 29 cases" in report.of("upgrade").reasons[0]
    assert report.overall >= "B"
    assert grade_model(evaluate(window.outcome, {}), LADDER).overall == "D"


def test_the_docs_tell_the_rule_that_is_used() -> None:
    assert build_rule_table() in DOCS.read_text(encoding="utf-8")


def test_a_rung_as_elaborate_as_the_model_need_not_be_beaten_but_must_not_win() -> None:
    window = build_window(2500)
    rungs = {**window.rungs, "trees": window.rungs["ours"]}
    ladder = replace(LADDER, simple=(*LADDER.simple, "trees"))

    level = grade_model(evaluate(window.outcome, rungs), ladder).of("churn")
    peer = grade_model(evaluate(window.outcome, rungs), replace(ladder, peers=("trees",))).of("churn")
    behind = evaluate(window.outcome, {**rungs, "ours": window.rungs["cells"]})

    assert level.letter == "B"
    assert peer.letter == "A"
    assert grade_model(behind, replace(ladder, peers=("trees",))).of("churn").letter == "C"
