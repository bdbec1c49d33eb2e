from __future__ import annotations

from typing import Any

import pytest

from features.errors import ConfigError
from models.score_store.cursor import Cursor, digest_query
from models.score_store.query import CustomerQuery


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"sort": "expected_valu"}, "cannot sort by 'expected_valu'; did you mean 'expected_value'?"),
        ({"sort": "1; DROP TABLE"}, "cannot sort by '1; DROP TABLE'; known are customer_id"),
        ({"limit": 0}, "limit is 0, expected 1 to 1000"),
        ({"limit": 1001}, "limit is 1001, expected 1 to 1000"),
        ({"min_expected_value": float("nan")}, "min_expected_value is not a number"),
    ],
)
def test_what_makes_no_sense_is_refused(query: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CustomerQuery(**query)
    assert str(caught.value).startswith(says)


def test_the_digest_is_of_the_list_and_not_of_the_page() -> None:
    assert digest_query(CustomerQuery(limit=1)) == digest_query(CustomerQuery(limit=2, cursor="x"))
    assert digest_query(CustomerQuery(tier="A")) != digest_query(CustomerQuery(current_tier="A"))
    assert digest_query(CustomerQuery(region="\ud800"))


def test_a_cursor_is_short_and_survives_the_way() -> None:
    cursor = Cursor(12, 999_999, digest_query(CustomerQuery()))
    assert Cursor.decode(cursor.encode()) == cursor
    assert cursor.encode().replace("-", "").replace("_", "").isalnum()
