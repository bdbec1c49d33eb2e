from __future__ import annotations

import pytest

from models.bundle import Bundle
from models.manifest import Manifest
from models.trust import GRADES, Trust, say_meaning


@pytest.mark.parametrize(
    ("letters", "says"),
    [
        ({"value": "A", "churn": "B", "upgrade": "A"}, GRADES["B"]),
        ({"value": "C", "churn": "C", "upgrade": "C"}, GRADES["C"]),
        ({"value": "A", "churn": "B", "upgrade": "C"}, "Upgrade only: use with care"),
        ({"value": "D", "churn": "D", "upgrade": "A"}, "Value and churn only: not shown to be worth"),
        ({"value": "C", "churn": "A", "upgrade": None}, "(churn A, upgrade not graded)"),
        ({"value": None, "churn": None, "upgrade": None}, GRADES["D"]),
    ],
)
def test_the_headline_names_what_is_weak(letters: dict[str, str | None], says: str) -> None:
    assert says in say_meaning(letters)


def test_good_grades_and_none_need_no_caution() -> None:
    assert Trust({"value": "A", "upgrade": "B"}).caution("value", "upgrade") == ""
    assert Trust().caution("value") == ""
    assert Trust({"churn": "D"}).caution("value") == ""


def build_bundle(report: dict[str, object] | None) -> Bundle:
    moment = "2026-01-31T00:00:00+00:00"
    manifest = Manifest(
        uptier="0.1.0", id="x", created=moment, as_of=moment, horizon_days=90, threshold=100.0
    )
    return Bundle(manifest, documents={} if report is None else {"report": report})


def test_what_was_never_judged_says_so() -> None:
    trust = Trust.of(build_bundle(None))
    assert trust.letters == {}
    for targets in (("value",), ("churn",), ("value", "upgrade")):
        assert trust.caution(*targets) == " (not judged: the history is too short)"


def test_a_target_without_a_grade_says_why() -> None:
    targets = {
        "value": {"letter": "C", "reasons": ["totals are off"]},
        "upgrade": {"letter": None, "reasons": ["only 12 cases to judge by"]},
    }
    trust = Trust.of(build_bundle({"grades": {"targets": targets}}))
    assert trust.caution("upgrade") == " (upgrade is not graded: only 12 cases to judge by)"
    assert "value is graded C" in trust.caution("value", "upgrade")
    assert "upgrade is not graded" in trust.caution("value", "upgrade")
    assert "upgrade" not in trust.caution("value")


def test_the_worst_is_named() -> None:
    found = Trust({"value": "C", "upgrade": "D"}).caution("value", "upgrade")
    assert found == " (upgrade is graded D: not shown to be better than a simple rule)"
