from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.training.evaluation.scenes import LADDER, build_museum, build_window
from training.evaluation.backtest import Ladder, Window
from training.evaluation.gate import GateResult, check_gate
from training.evaluation.leakage import Leak, shuffle_labels
from training.evaluation.predicted import Predicted
from training.evaluation.resampling import evaluate

WITH_CHAMPION = replace(LADDER, champion="champion")


@pytest.fixture(scope="module")
def window() -> Window:
    window = build_window(2000)
    # Ranges of few and round amounts are too wide; those of a continuous value are what is tested here.
    value = window.labels.value
    low, high = value - 1, value + 1
    high[np.arange(2000) % 10 == 0] -= 2
    ours = replace(window.rungs["ours"], value_p10=low, value_p90=high)
    return with_rungs(window, ours=ours)


def gate(window: Window, ladder: Ladder, leaks: Sequence[Leak] = (), *, force: bool = False) -> GateResult:
    return check_gate(window, ladder, leaks=leaks, force=force, draws=60)


def with_rungs(window: Window, **rungs: Predicted) -> Window:
    return replace(window, rungs={**window.rungs, **rungs})


def shuffle(said: Predicted) -> Predicted:
    return said.take(np.random.default_rng(0).permutation(len(said)))


def test_a_good_model_passes_without_a_champion(window: Window) -> None:
    result = gate(window, LADDER)

    assert result.passed, result.reasons
    assert result.promoted
    assert result.warnings == ()


def test_a_model_passes_that_is_level_with_the_champion(window: Window) -> None:
    ours = window.rungs["ours"]
    champion = replace(ours, expected_value=ours.expected_value * (1 + 0.02 * np.sin(np.arange(2000))))

    assert gate(with_rungs(window, champion=champion), WITH_CHAMPION).passed


def test_a_model_that_is_worse_than_the_champion_is_refused(window: Window) -> None:
    champion, ours = window.rungs["ours"], window.rungs["cells"]

    result = gate(with_rungs(window, champion=champion, ours=ours), WITH_CHAMPION)

    assert any("Worse than the champion: AUC of churn 0." in reason for reason in result.reasons)


def test_shuffled_predictions_are_refused(window: Window) -> None:
    result = gate(with_rungs(window, ours=shuffle(window.rungs["ours"])), LADDER)

    assert any(reason.startswith("Last period's spend ranks better: value -") for reason in result.reasons)
    assert any(reason.startswith("Cells ranks better") for reason in result.reasons)
    assert any(reason.startswith("Collapsed in tier") for reason in result.reasons)
    assert len(result.reasons) < 15


def test_the_same_as_a_simple_rung_is_not_better(window: Window) -> None:
    result = gate(with_rungs(window, ours=window.rungs["cells"]), LADDER)

    assert "Not better than cells in anything." in result.reasons


def test_a_simple_rung_may_serve_when_it_is_the_best(window: Window) -> None:
    ladder = replace(LADDER, served="cells", simple=("last_period", "cells"))
    rungs = {name: said for name, said in window.rungs.items() if name != "ours"}

    result = gate(replace(window, rungs=rungs), ladder)

    assert not any("cells" in reason for reason in result.reasons)


def test_probabilities_that_are_off_are_refused_unless_the_champions_are_too(window: Window) -> None:
    churn = window.rungs["ours"].churn_probability
    assert churn is not None
    off = replace(window.rungs["ours"], churn_probability=churn**3)

    alone = gate(with_rungs(window, ours=off), LADDER)
    both = gate(with_rungs(window, ours=off, champion=off), WITH_CHAMPION)

    assert any("Probabilities of churn are not calibrated" in reason for reason in alone.reasons)
    assert not any("not calibrated" in reason for reason in both.reasons)
    assert any("so it is with the champion" in warning for warning in both.warnings)


def test_ranges_that_miss_are_refused(window: Window) -> None:
    narrow = replace(window.rungs["ours"], value_p90=np.zeros(2000))

    result = gate(with_rungs(window, ours=narrow), LADDER)

    assert any("to 15 % is allowed" in reason and "above their range" in reason for reason in result.reasons)


def test_who_hardly_ever_orders_need_not_end_above_the_range() -> None:
    museum = build_museum()
    ours = museum.rungs["ours"]
    low, high = np.full(len(ours), -1.0), np.full(len(ours), 1e6)

    perfect = gate(museum, LADDER)
    too_high = gate(with_rungs(museum, ours=replace(ours, value_p90=high)), LADDER)
    too_low = gate(with_rungs(museum, ours=replace(ours, value_p10=low - 1, value_p90=low)), LADDER)

    assert not any("range" in reason for reason in perfect.reasons)
    assert any("end above their range: 1.6 % to 15 % is allowed" in reason for reason in too_high.reasons)
    assert any("end above their range: 1.6 % to 15 % is allowed" in reason for reason in too_low.reasons)


def test_a_total_far_off_is_refused_when_others_were_nearer(window: Window) -> None:
    def doubled(name: str) -> Predicted:
        return replace(window.rungs[name], expected_value=window.rungs[name].expected_value * 2)

    alone = gate(with_rungs(window, ours=doubled("ours")), LADDER)
    surprised = {name: doubled(name) for name in window.rungs}
    all_off = gate(with_rungs(window, **surprised), LADDER)

    assert any("at most 25 % is allowed" in reason for reason in alone.reasons)
    assert not any("predicted total" in reason.split(":")[0] for reason in all_off.reasons[:1])
    assert any("what would serve otherwise is no nearer" in warning for warning in all_off.warnings)


def test_a_collapsed_group_is_refused_and_named(window: Window) -> None:
    ours, rows = window.rungs["ours"], window.groups["region"] == "north"
    columns = {
        name: np.where(rows, shuffle(ours).__dict__[name], column)
        for name, column in vars(ours).items()
        if name in {"expected_value", "churn_probability"}
    }

    result = gate(with_rungs(window, ours=replace(ours, **columns)), LADDER)

    assert any(reason.startswith("Collapsed in region north") for reason in result.reasons)
    assert not any("region south" in reason for reason in result.reasons)


def test_a_leak_is_a_reason_and_a_suspicion_a_warning(window: Window) -> None:
    leaks = [
        Leak("status", "churn", 1.0, 0.7, True, "sure."),
        Leak("age", "churn", 0.9, 0.7, False, "maybe."),
    ]

    result = gate(window, LADDER, leaks)

    assert result.reasons == ("sure.",)
    assert "maybe." in result.warnings


def test_force_promotes_and_is_recorded_only_when_it_was_needed(window: Window) -> None:
    bad = with_rungs(window, ours=shuffle(window.rungs["ours"]))

    forced, needless = gate(bad, LADDER, force=True), gate(window, LADDER, force=True)

    assert (forced.passed, forced.promoted, forced.forced) == (False, True, True)
    assert (needless.passed, needless.promoted, needless.forced) == (True, True, False)
    assert forced.to_dict()["reasons"] == list(forced.reasons)


def test_a_tiny_window_is_refused(window: Window) -> None:
    small = build_window(60)

    assert gate(small, LADDER).reasons == (
        "The window has 60 customers: at least 100 are needed to show anything.",
    )


def test_a_small_window_gives_an_answer() -> None:
    result = gate(build_window(150), LADDER)

    assert all("nan" not in sentence for sentence in (*result.reasons, *result.warnings))


def test_rungs_that_are_not_finite(window: Window) -> None:
    broken = Predicted(np.full(2000, np.nan))

    challenger = gate(with_rungs(window, ours=broken), LADDER)
    champion = gate(with_rungs(window, champion=broken), WITH_CHAMPION)

    assert challenger.reasons == (
        "The new model can't be measured: expected_value: 2000 customers have no finite prediction.",
    )
    assert champion.passed
    assert any(warning.startswith("champion is left out") for warning in champion.warnings)


def test_a_window_in_which_nobody_left_says_what_cannot_be_judged(window: Window) -> None:
    labels = replace(window.labels, churned=np.zeros(2000, dtype=bool))

    result = gate(replace(window, labels=labels), LADDER)

    assert "The ranking of churn can't be judged in this window." in result.warnings


def test_what_has_been_measured_is_not_measured_again(window: Window) -> None:
    evaluation = evaluate(window.outcome, window.rungs, draws=60)

    assert check_gate(window, LADDER, evaluation=evaluation) == gate(window, LADDER)


def test_a_model_that_does_no_better_than_chance_is_unfit(window: Window) -> None:
    mixed = replace(window, labels=shuffle_labels(window.labels, seed=3))

    result = gate(mixed, LADDER)

    assert result.unfit
    assert any(reason.startswith("The past tells nothing of the future") for reason in result.reasons)
    assert not gate(window, LADDER).unfit


def test_a_window_in_which_nothing_came_shows_nothing(window: Window) -> None:
    labels = replace(window.labels, value=np.zeros(2000), churned=np.ones(2000, dtype=np.bool_))
    result = gate(replace(window, labels=labels), LADDER)

    assert any(reason.startswith("Nothing came in the window") for reason in result.reasons)
    assert not result.unfit


def test_more_than_a_negative_total_is_above_it(window: Window) -> None:
    labels = replace(window.labels, value=-window.labels.value)
    result = gate(replace(window, labels=labels), LADDER)

    said = " ".join([*result.reasons, *result.warnings])
    assert "% above what came" in said
    assert "% below what came" not in said
