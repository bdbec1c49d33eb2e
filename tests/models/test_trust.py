from __future__ import annotations

import pytest

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


def test_the_worst_is_named() -> None:
    found = Trust({"value": "C", "upgrade": "D"}).caution("value", "upgrade")
    assert found == " (upgrade is graded D: not shown to be better than a simple rule)"
