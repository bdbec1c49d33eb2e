from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from models.score_store.focus import BOTH_WITHIN, choose_focus
from models.score_store.store import ScoreStore
from models.score_store.summarise import summarise
from models.score_store.summary import GoldenShare, Summary
from models.segments import SEGMENTS
from tests.models.score_store.bases import PUBLISHED, build_scores

SCORES = build_scores()


def build_base(**columns: list[Any]) -> pl.DataFrame:
    """Return one valued customer at risk with 500 and one volume customer worth 40, but for what is given."""
    base = {
        "segment": ["valued", "volume"],
        "trailing_value": [1000.0, 100.0],
        "expected_value": [900.0, 150.0],
        "churn_probability": [0.5, 0.5],
        "upgrade_probability": [None, 0.4],
        "priority": [None, 40.0],
    }
    return pl.DataFrame({**base, **columns})


def test_golden_share_leaves_out_who_never_ordered() -> None:
    listed = SCORES.with_columns(evidence=pl.lit("attributes"), tier=pl.lit("C"), current_tier=pl.lit("C"))
    both = pl.concat([SCORES, listed], how="vertical_relaxed")
    assert summarise(both, "EUR").golden == summarise(SCORES, "EUR").golden


def test_golden_share_is_tier_a_of_customers_and_of_value() -> None:
    golden = summarise(SCORES, "EUR").golden
    best = SCORES.filter(current_tier="A")
    of_value = sum(best["trailing_value"]) / sum(SCORES["trailing_value"])
    assert golden.current.customers == len(best) / len(SCORES)
    assert golden.current.value == pytest.approx(of_value)
    assert 0.75 < golden.expected.value < 1


def test_tiers_and_segments_add_up_to_everybody() -> None:
    summary = summarise(SCORES, "EUR")
    assert [group.name for group in summary.tiers] == ["A", "B", "C"]
    assert tuple(group.name for group in summary.segments) == SEGMENTS
    for groups in (summary.tiers, summary.current_tiers, summary.segments):
        assert sum(group.customers for group in groups) == len(SCORES)
        assert sum(group.share for group in groups) == pytest.approx(1)
        for value in ("expected_value", "trailing_value"):
            assert sum(getattr(group, value) for group in groups) == pytest.approx(SCORES[value].sum())


def test_moves_tell_who_came_and_went(tmp_path: Any) -> None:
    store = ScoreStore(tmp_path / "scores.sqlite")
    more: dict[str, Any] = {"project": "shop", "currency": "EUR", "published_at": PUBLISHED}
    first = store.publish(SCORES.head(400), **more)
    assert first.summary.tier_moves == first.summary.segment_moves == ()
    assert first.summary.previous_golden is None

    now = SCORES.tail(300).with_columns(tier=pl.lit("B"), segment=pl.lit("new"))
    second = store.publish(now, **more)

    for group, to, moves in (
        ("tier", "B", second.summary.tier_moves),
        ("segment", "new", second.summary.segment_moves),
    ):
        stayed = SCORES.slice(200, 200)[group].value_counts()
        expected = {(before, to): count for before, count in stayed.iter_rows()}
        left = SCORES.head(200)[group].value_counts()
        expected |= {(before, "absent"): count for before, count in left.iter_rows()}
        found = {(move.before, move.now): move.customers for move in moves}
        assert found == {**expected, ("absent", to): 100}
    assert second.summary.previous_golden == first.summary.golden
    store.dispose()


def test_a_summary_of_a_release_that_told_fewer_moves_is_read() -> None:
    told = summarise(SCORES, "EUR").model_dump(exclude={"tier_moves", "segment_moves"})
    found = Summary.model_validate({**told, "moves": [{"before": "A", "now": "gone", "customers": 3}]})
    assert found.tier_moves == found.segment_moves == ()


@pytest.mark.parametrize(
    ("priority", "choice"),
    [
        (0.0, "valued"),
        (500 * BOTH_WITHIN - 1, "valued"),
        (500 * BOTH_WITHIN, "both"),
        (500 / BOTH_WITHIN, "both"),
        (500 / BOTH_WITHIN + 1, "volume"),
    ],
)
def test_the_larger_sum_is_the_focus_unless_they_are_near(priority: float, choice: str) -> None:
    focus = choose_focus(build_base(priority=[None, priority]), "EUR")
    assert focus.choice == choice
    assert (focus.value_at_risk, focus.upgrade_potential) == (500.0, priority)


def test_who_may_not_be_contacted_is_no_ground_to_contact_anyone() -> None:
    focus = choose_focus(build_base(consent=[False, None]), "EUR")
    assert (focus.choice, focus.value_at_risk) == ("volume", 0.0)
    assert "with the 0 that may be contacted" in focus.grounds[0]
    assert "stands alone" in focus.grounds[-1]


def test_the_grounds_are_sentences_with_figures() -> None:
    focus = choose_focus(build_base(), "EUR")
    assert focus.grounds == (
        "1 valued customers (50%) brought EUR 1,000, 91% of all value, and are expected to bring EUR 900"
        " next; EUR 500 is at risk of leaving with the 1 that may be contacted.",
        "1 volume customers (50%) come often but are not valued yet; 0.4 upgrades are expected among the 1"
        " that may be contacted, worth EUR 40.",
        "What is at risk is 12.5 times what upgrades would bring.",
    )


def test_a_base_without_anybody_has_no_focus_that_stands_out() -> None:
    summary = summarise(SCORES.clear(), "EUR")
    assert summary.focus.choice == "both"
    assert "no focus stands out" in summary.focus.grounds[-1]
    assert summary.golden.current == GoldenShare(customers=0, value=0)
