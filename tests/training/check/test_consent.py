from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.training.bases import build_lines, check, codes, find
from training.check.findings import Severity
from training.check.result import CheckResult


def check_customers(folder: Path, **attributes: Any) -> CheckResult:
    ids = [f"c{number}" for number in range(4)]
    customers = pl.DataFrame({"customer_id": ids, **attributes})
    return check(folder, {}, transactions=build_lines(), customers=customers)


@pytest.mark.parametrize(
    ("column", "values", "refuse", "refused", "silent"),
    [
        ("newsletter_ok", [True, False, None, False], "2 customers refused by saying no", 2, 1),
        ("consent", [1, 0, 1, 1], '1 customer refused by saying "0"', 1, 0),
        ("Einwilligung", ["J", "N", "", "angefragt"], '2 customers refused by saying "N", "angefragt"', 2, 1),
        ("opt_out", ["yes", "no", "no", "no"], '1 customer refused by saying "yes"', 1, 0),
    ],
)
def test_what_is_taken_for_consent_is_told(
    tmp_path: Path, column: str, values: list[Any], refuse: str, refused: int, silent: int
) -> None:
    result = check_customers(tmp_path, **{column: values})
    assert find(result, "consent_column").text == f"taken for consent; {refuse}"
    assert find(result, "consent_column").column == column
    assert find(result, "consent").count == refused
    assert f"of {silent} nothing is known" in find(result, "consent").text


def test_only_the_last_row_of_a_customer_counts(tmp_path: Path) -> None:
    people = pl.DataFrame({"customer_id": ["c1", "c2", "c1", "c2"], "consent": ["no", "no", "yes", "No way"]})
    result = check(tmp_path, {}, transactions=build_lines(), customers=people)
    assert find(result, "consent_column").text == 'taken for consent; 1 customer refused by saying "No way"'
    assert find(result, "consent").text.startswith("1 customer (50 %) refuse and are left out of lists")


@pytest.mark.parametrize("rows", ["", ",yes\n,no\n"])
def test_a_table_without_a_row_that_can_be_used_leaves_nobody_out(tmp_path: Path, rows: str) -> None:
    (tmp_path / "people.csv").write_text("customer_id,consent\n" + rows)
    more = '[tables.customers]\nsource = "people.csv"\n'
    result = check(tmp_path, {}, more, transactions=build_lines())
    assert "consent" not in codes(result)
    if rows:
        assert find(result, "no_consent").text == "no row can be used: nobody is left out of lists"


def test_where_everybody_refuses_it_is_a_warning(tmp_path: Path) -> None:
    assert find(check_customers(tmp_path, consent=["x"] * 4), "consent").severity is Severity.WARNING


def test_without_consent_nobody_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    found = find(check_customers(tmp_path, age=[1, 2, 3, 4]), "no_consent")
    assert found.text == "no column is recognised as consent: nobody is left out of lists"
    assert '[tables.customers.columns] consent = "' in found.advice
    assert "no customers table" in find(check(tmp_path, {}, transactions=build_lines()), "no_consent").text


def test_a_mapped_column_is_consent_whatever_it_is_called(tmp_path: Path) -> None:
    pl.DataFrame({"customer_id": ["c1", "c2"], "mag_post": ["ja", "lieber nicht"]}).write_csv(
        tmp_path / "people.csv"
    )
    mapped = '[tables.customers]\nsource = "people.csv"\ncolumns = { consent = "mag_post" }\n'
    result = check(tmp_path, {}, mapped, transactions=build_lines())
    assert find(result, "consent").count == 1
    assert "no_consent" not in codes(result)
