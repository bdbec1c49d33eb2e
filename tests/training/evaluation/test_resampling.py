from __future__ import annotations

import numpy as np
import pytest

from tests.training.evaluation.scenes import build_window
from training.evaluation.outcome import Outcome
from training.evaluation.predicted import Predicted
from training.evaluation.resampling import Difference, average, draw_counts, evaluate


def test_the_error_of_a_mean_is_the_textbooks() -> None:
    window = build_window(1000)
    outcome, said = window.outcome, window.rungs["ours"]

    found = evaluate(outcome, {"ours": said}, draws=400).error("ours", "value.mae")

    off = np.abs(outcome.value - said.expected_value)
    assert found == pytest.approx(off.std() / np.sqrt(len(off)), rel=0.15)


def test_the_error_of_an_auc_is_that_of_other_samples() -> None:
    windows = [build_window(400, seed) for seed in range(40)]
    seen = [
        evaluate(window.outcome, {"ours": window.rungs["ours"]}, draws=2).figure("ours", "churn.auc")
        for window in windows
    ]

    found = evaluate(windows[0].outcome, {"ours": windows[0].rungs["ours"]}).error("ours", "churn.auc")

    assert found == pytest.approx(np.std(seen), rel=0.5)  # rates are fixed there, so it is a little less


def test_a_part_of_the_customers_tells_the_same_error() -> None:
    window = build_window(8_000)
    rungs = {"ours": window.rungs["ours"], "last_period": window.rungs["last_period"]}

    whole = evaluate(window.outcome, rungs, parts=1)
    parts = evaluate(window.outcome, rungs, parts=4)

    for name in ("value.norm_gini", "value.bias", "churn.auc", "upgrade.auc"):
        assert whole.figure("ours", name) == parts.figure("ours", name)
        assert parts.error("ours", name) == pytest.approx(whole.error("ours", name), rel=0.3), name
    one, other = (each.compare("ours", "last_period", "churn.auc") for each in (whole, parts))
    assert one is not None
    assert other is not None
    assert other.error == pytest.approx(one.error, rel=0.3)


def test_a_difference_is_paired() -> None:
    window = build_window(1000)
    nearly = Predicted(window.rungs["ours"].expected_value * (1 + 0.01 * np.sin(np.arange(1000))))
    evaluation = evaluate(window.outcome, {"ours": window.rungs["ours"], "nearly": nearly})

    gap = evaluation.compare("ours", "nearly", "value.norm_gini")

    assert gap is not None
    assert gap.error < 0.2 * evaluation.error("ours", "value.norm_gini")
    same = evaluation.compare("ours", "ours", "value.norm_gini")
    assert same == Difference(0.0, 0.0)
    assert not Difference(0.0, 0.0).exceeds()
    assert evaluation.compare("ours", "nearly", "churn.log_loss") is None


def test_gains_point_the_same_way_for_every_figure() -> None:
    window = build_window(2000)
    evaluation = evaluate(window.outcome, window.rungs)

    for name in ("value.norm_gini", "value.rmse", "value.decile_error", "churn.auc"):
        gap = evaluation.compare("ours", "last_period", name)
        assert gap is not None
        assert gap.exceeds(), name


def test_a_customer_counts_the_same_in_every_window() -> None:
    [few] = draw_counts(np.array([5, 2, 5]), range(3), 7)
    [more] = draw_counts(np.arange(50), range(3), 7)

    assert few.tolist() == more[:, [5, 2, 5]].tolist()
    assert 0.9 < np.mean(list(draw_counts(np.arange(5000), range(20), 7))) < 1.1


def test_means_over_windows_of_the_same_customers_are_hardly_surer() -> None:
    window = build_window(1000)
    one = evaluate(window.outcome, window.rungs)

    both = average([one, evaluate(window.outcome, window.rungs)])

    assert both.error("ours", "churn.auc") == pytest.approx(one.error("ours", "churn.auc"))


def test_figures_that_one_window_lacks_are_left_out_of_the_mean() -> None:
    window = build_window(500)
    lacking = Predicted(window.rungs["ours"].expected_value)
    windows = [evaluate(window.outcome, {"ours": said}) for said in (window.rungs["ours"], lacking)]

    mean = average(windows)

    assert "churn.ece" not in mean.figures["ours"]
    assert np.isnan(mean.error("ours", "churn.ece"))
    assert np.isfinite(mean.figure("ours", "churn.auc"))


def test_the_same_seed_gives_the_same_errors() -> None:
    window = build_window(300)

    first, second = (evaluate(window.outcome, window.rungs, seed=5) for _ in range(2))

    assert first.error("ours", "value.bias") == second.error("ours", "value.bias")


def test_a_rung_that_cannot_be_measured_is_named() -> None:
    outcome = Outcome(np.arange(2), np.ones(2), np.zeros(2, bool), np.ones(2, bool), np.zeros(2, bool))

    with pytest.raises(ValueError, match=r"^broken: expected_value: 2 customers"):
        evaluate(outcome, {"broken": Predicted(np.full(2, np.inf))})
