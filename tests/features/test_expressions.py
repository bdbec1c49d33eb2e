from __future__ import annotations

import polars as pl
import pytest

from features.errors import ConfigError
from features.expressions import find_names, map_columns
from features.values import read_number

SALES = pl.LazyFrame(
    {"Customer ID": ["a", "b"], "Quantity": [2, -1], "Price": [1.5, 4.0], "ts": ["01/02/2011", "28/02/2011"]}
)


def evaluate(text: str) -> list[object]:
    return map_columns(SALES, {"x": text}, table="transactions").collect()["x"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Price", [1.5, 4.0]),
        ("Customer ID", ["a", "b"]),
        ("Quantity * Price", [3.0, -4.0]),
        ("CASE WHEN Quantity > 0 THEN Price ELSE 0 END", [1.5, 0.0]),
        ("\"Customer ID\" || '-' || Quantity", ["a-2", "b--1"]),
        ("ABS(Quantity) IN (1, 3)", [False, True]),
        ('UPPER("Customer ID")', ["A", "B"]),
        ("'shop'", ["shop", "shop"]),
        ("'SELECT SUM(x)' || Quantity", ["SELECT SUM(x)2", "SELECT SUM(x)-1"]),
    ],
)
def test_an_entry_is_a_column_or_a_row_wise_expression(text: str, expected: list[object]) -> None:
    assert evaluate(text) == expected


def test_a_name_that_is_also_sql_is_the_column() -> None:
    frame = pl.LazyFrame({"a-b": [1], "a": [5], "b": [3]})

    assert map_columns(frame, {"x": "a-b"}, table="events").collect().item() == 1


def test_ours_and_theirs_may_swap_names() -> None:
    frame = pl.LazyFrame({"amount": [1], "cost": [2]})

    mapped = map_columns(frame, {"amount": "cost", "cost": "amount"}, table="transactions").collect()

    assert mapped.rows() == [(2, 1)]


def test_an_empty_entry_is_no_column() -> None:
    mapped = map_columns(SALES, {"x": "Price", "cost": ""}, table="transactions").collect()

    assert mapped.columns == ["x"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Quantty * Price", "no column 'Quantty'; did you mean 'Quantity'?"),
        ("PRISE", "no column 'PRISE'; did you mean 'Price'?"),
        ("customer id", "no such column; did you mean 'Customer ID'?"),
        ("Quantity *", "does not parse"),
        ("SUM(Price)", "SUM is not a function of one row"),
        ("rond(Price)", "did you mean 'ROUND'?"),
        ("Price - AVG (Price)", "AVG is not a function of one row"),
        ("ROW_NUMBER() OVER (ORDER BY Price)", "OVER is not possible here"),
        ("(SELECT 1)", "SELECT is not possible here"),
        ("Price * ts", "does not fit the columns' types"),
        ("Price; DROP TABLE x", "does not parse"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        evaluate(text)

    assert f"[tables.transactions] columns.x = {text!r}" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_that_holds_numbers_is_added_and_not_joined() -> None:
    frame = pl.LazyFrame({"coupon": ["1"], "retail": ["2"]})
    numbers = {name: read_number(name, pl.String()) for name in ("coupon", "retail")}

    mapped = map_columns(frame, {"discount": "coupon + retail"}, table="transactions", numbers=numbers)

    assert mapped.collect().item() == 3.0


def test_names_are_found_in_expressions_only() -> None:
    schema = SALES.collect_schema()

    assert find_names("Price * Quantity", schema) == ["Quantity", "Price"]
    assert find_names("Price", schema) == []
    assert find_names("Price *", schema) == []
