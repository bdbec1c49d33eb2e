from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.evaluation.scenes import build_window
from training.evaluation.leakage import check_shuffled, find_leaks, shuffle_labels
from training.labels import Labels


@pytest.fixture(scope="module")
def labels() -> Labels:
    return build_window(3000).labels


def honest(labels: Labels) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    return {
        "value_h1": labels.trailing_value,
        "noisy_rate": np.log1p(labels.trailing_value) + rng.normal(size=3000),
        "age": rng.integers(18, 90, 3000).astype(np.float64),
        "number": np.arange(3000.0),
    }


def leaks_of(columns: dict[str, np.ndarray], labels: Labels, trusted: tuple[str, ...] = ()) -> list[str]:
    found = find_leaks(np.column_stack(list(columns.values())), list(columns), labels, trusted=trusted)
    return [leak.name for leak in found]


def test_honest_columns_are_left_alone(labels: Labels) -> None:
    assert leaks_of(honest(labels), labels) == []


def test_columns_that_know_the_future_are_named(labels: Labels) -> None:
    rng = np.random.default_rng(5)
    leaking = {
        "lifetime_value": labels.trailing_value + labels.value,
        "left_on": np.where(labels.churned, 1.0, np.nan),  # only that it is there tells
        "status_code": np.where(labels.churned, rng.choice([1, 3, 5], 3000), rng.choice([2, 4], 3000)),
    }

    found = find_leaks(
        np.column_stack(list((honest(labels) | leaking).values())), list(honest(labels) | leaking), labels
    )

    assert {leak.name for leak in found if leak.sure} >= {"left_on", "status_code"}
    assert {leak.name for leak in found} == set(leaking)
    assert "left_on alone tells churn" in next(leak.sentence for leak in found if leak.name == "left_on")


def test_a_leak_with_gaps_is_a_suspicion(labels: Labels) -> None:
    rng = np.random.default_rng(6)
    cancelled = np.where(labels.churned & (rng.random(3000) < 0.8), 1.0, 0.0)

    [leak] = find_leaks(cancelled[:, None], ["cancelled"], labels)

    assert (leak.target, leak.sure) == ("churn", False)
    assert "make sure that it was known at as_of" in leak.sentence


def test_recency_of_subscribers_is_no_leak() -> None:
    """Most left long ago and never return, the rest pay monthly: recency alone tells nearly all of churn."""
    rng = np.random.default_rng(7)
    gone = rng.random(4000) < 0.7
    cancels = rng.random(4000) < 0.04
    recency = np.where(gone, rng.uniform(40, 900, 4000), rng.uniform(0, 31, 4000))
    trailing = np.where(recency < 90, 10.0 * np.ceil((90 - recency) / 30), 0.0)
    churned = gone | cancels
    value = np.where(churned, 0.0, 30.0)
    labels = Labels(np.arange(4000), trailing, value, churned, value / 10, 30.0)

    assert leaks_of({"days_since_order": recency}, labels, ("days_since_order",)) == []


def test_a_past_that_tells_the_future_is_noted_once_a_target_and_not_refused(labels: Labels) -> None:
    paid = np.where(labels.churned, 12.0, 3.0)
    columns = {"orders_ever": paid, "orders_h1": paid, "status": paid}

    alone = find_leaks(np.column_stack([paid, paid]), ["orders_ever", "orders_h1"], labels, trusted=columns)
    with_status = find_leaks(
        np.column_stack(list(columns.values())), list(columns), labels, trusted=["orders_ever", "orders_h1"]
    )

    [note] = [leak for leak in alone if leak.target == "churn"]
    assert not note.sure
    assert "the future follows from the past" in note.sentence
    assert [leak.name for leak in with_status if leak.sure] == ["status"]


def test_columns_with_nothing_to_tell(labels: Labels) -> None:
    columns = {"nothing": np.full(3000, np.nan), "same": np.ones(3000)}

    assert leaks_of(columns, labels) == []
    assert leaks_of({"few": np.arange(3000.0)}, replace(labels, churned=np.ones(3000, dtype=bool))) == []


def test_what_does_not_fit_together_is_refused(labels: Labels) -> None:
    with pytest.raises(ValueError, match=r"shape \(3000, 2\), expected \(3000, 1\)"):
        find_leaks(np.zeros((3000, 2)), ["one"], labels)


def test_shuffled_labels_keep_the_past_and_the_totals(labels: Labels) -> None:
    shuffled = shuffle_labels(labels, 3)

    assert shuffled.trailing_value is labels.trailing_value
    assert shuffled.value.sum() == pytest.approx(labels.value.sum())
    assert (shuffled.churned == (shuffled.orders == 0)).all()
    assert abs(np.corrcoef(shuffled.value, labels.trailing_value)[0, 1]) < 0.06


def test_a_model_that_scores_on_shuffled_labels_is_told() -> None:
    nothing = {"value.norm_gini": 0.03, "churn.auc": 0.51, "upgrade.auc": 0.57}

    assert check_shuffled(nothing, {"upgrade.auc": 0.03}) == []
    [leak] = check_shuffled({"churn.auc": 0.72, "value.norm_gini": float("nan")}, {"churn.auc": 0.01})
    assert leak.sure
    assert "still ranks churn (0.72, chance is 0.5)" in leak.sentence
