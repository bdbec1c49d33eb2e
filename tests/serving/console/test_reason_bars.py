from __future__ import annotations

import pytest

from serving.console.reason_bars import build_points, build_waterfall


def _reason(amount: float) -> dict[str, object]:
    return {"text": f"{amount}", "contribution": amount, "changeable": amount > 0}


def test_steps_lead_from_the_start_to_the_predicted_value() -> None:
    bars = build_waterfall(50.0, [_reason(30.0), _reason(-10.0)]).bars
    assert [bar.kind for bar in bars] == ["start", "up", "down", "end"]
    assert bars[0].amount == 30.0
    assert sum(bar.amount for bar in bars[:-1]) == pytest.approx(bars[-1].amount)
    assert bars[1].left == pytest.approx(bars[0].width)


def test_where_the_start_is_known_what_is_not_told_is_a_step_of_its_own() -> None:
    bars = build_waterfall(50.0, [_reason(30.0)], start=45.0).bars
    assert [(bar.text, bar.amount) for bar in bars[::2]] == [
        ("A typical customer", 45.0),
        ("All other reasons", -25.0),
    ]
    assert sum(bar.amount for bar in bars[:-1]) == pytest.approx(bars[-1].amount)
    assert len(build_waterfall(50.0, [_reason(5.0)], start=45.0).bars) == 3


def test_bars_stay_on_the_page_where_a_start_is_below_zero() -> None:
    waterfall = build_waterfall(10.0, [_reason(25.0), _reason(5.0)])
    assert waterfall.zero == pytest.approx(100 * 20 / 30)
    for bar in waterfall.bars:
        assert 0 <= bar.left <= bar.left + bar.width <= 100 + 1e-9


def test_nothing_predicted_and_no_reasons_are_bars_too() -> None:
    assert [bar.width for bar in build_waterfall(0.0, []).bars] == [0.0, 0.0]
    assert build_points([]) == ()


def test_points_go_left_and_right_of_the_middle() -> None:
    up, down = build_points([_reason(4.0), _reason(-1.0)])
    assert (up.left, up.width, up.kind) == (50.0, 50.0, "up")
    assert (down.left, down.width, down.kind) == (37.5, 12.5, "down")
