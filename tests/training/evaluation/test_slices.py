from __future__ import annotations

import numpy as np
import pytest

from tests.training.evaluation.scenes import build_window
from training.evaluation.figures import measure
from training.evaluation.slices import OTHERS, slice_evaluations, split


def test_a_slice_has_the_figures_of_its_customers() -> None:
    window = build_window(1500)
    outcome, said = window.outcome, window.rungs["ours"]

    slices = slice_evaluations(outcome, {"ours": said}, window.groups, draws=10)

    assert [(each.grouping, each.group) for each in slices] == [
        ("tier", "A"), ("tier", "B"), ("tier", "C"), ("region", "south"), ("region", "north"),
    ]  # fmt: skip
    rows = window.groups["region"] == "north"
    assert slices[-1].evaluation.figures["ours"] == measure(outcome.take(rows), said.take(rows))
    assert slices[-1].value == outcome.value[rows].sum()
    assert sum(each.rows for each in slices[:3]) == 1500
    assert sum(each.share for each in slices[:3]) == pytest.approx(1)


def test_small_groups_are_put_together_and_what_is_still_small_is_left_out() -> None:
    names = np.repeat(np.array(["big", "small", "tiny", "least", ""]), [300, 120, 90, 5, 400])

    assert [(group, len(rows)) for group, rows in split(names, 200)] == [("big", 300), (OTHERS, 215)]
    assert [(group, len(rows)) for group, rows in split(names[:425], 200)] == [("big", 300)]


def test_one_group_says_nothing_more_than_the_whole() -> None:
    assert list(split(np.array(["all"] * 500))) == []
    assert list(split(np.array([""] * 500))) == []


def test_known_groups_keep_their_order_and_others_go_by_size() -> None:
    tags = np.repeat(np.array(["ample", "one_order", "few_orders"]), [300, 200, 250])
    sellers = np.array([f"seller {number}" for number in range(20) for _ in range(200 + number)])

    assert [group for group, _ in split(tags)] == ["one_order", "few_orders", "ample"]
    found = [(group, len(rows)) for group, rows in split(sellers)]
    assert found[0] == ("seller 19", 219)
    assert len(found) == 13
    assert found[-1][0] == OTHERS
    assert sum(rows for _, rows in found) == len(sellers)
