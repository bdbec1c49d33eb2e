from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.csv_export import (
    CANDIDATE_COLUMNS,
    build_csv_frame,
    name_columns,
    neutralise,
    round_frame,
    round_rows,
    write_header,
    write_lines,
)
from tests.models.score_store.bases import build_scores


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1"])
def test_a_text_that_a_spreadsheet_would_run_becomes_text(text: str) -> None:
    assert neutralise(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "c-17", " =1", "'=1", "0049"])
def test_other_texts_stay(text: str) -> None:
    assert neutralise(text) == text


def test_frames_and_rows_give_the_same_csv() -> None:
    scores = build_scores(200)
    written = write_header(scores.columns) + write_lines(scores.to_dicts(), scores.columns)
    frame = build_csv_frame(scores)
    assert frame.columns == name_columns(scores.columns)
    ours, theirs = (list(csv.reader(io.StringIO(text))) for text in (written, frame.write_csv()))
    assert len(ours) == 201
    for one, other in zip(ours, theirs, strict=True):
        assert [_read(cell) for cell in one] == [_read(cell) for cell in other]


def test_candidates_are_rounded_alike_in_frames_and_rows() -> None:
    scores = build_scores(2_000)
    rounded = round_frame(scores)
    assert rounded.to_dicts() == round_rows(scores.to_dicts())
    assert rounded["priority"].to_list() == [
        value and pytest.approx(value, abs=0.006) for value in scores["priority"]
    ]
    assert rounded["expected_value"].equals(scores["expected_value"])
    cells = write_lines(rounded.to_dicts(), ["upgrade_gap", "upgrade_value", "priority"]).split()
    assert max(len(cell.partition(".")[2]) for line in cells for cell in line.split(",")) == 2


def _read(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def test_numbers_are_not_touched() -> None:
    assert (
        write_lines([{"a": -1.5, "b": -3, "c": None, "d": True}], ["a", "b", "c", "d"]) == "-1.5,-3,,true\r\n"
    )


def test_reasons_are_columns_of_sentences() -> None:
    row = build_scores(5).to_dicts()[0]
    lines = csv.DictReader(io.StringIO(write_header(["reasons"]) + write_lines([row], ["reasons"])))
    told = next(iter(lines))
    assert told["value_reasons"] == "; ".join(reason["text"] for reason in row["reasons"]["value"])
    assert told["upgrade_reasons"] == ""


def test_a_row_without_reasons_has_empty_cells() -> None:
    assert write_lines([{"reasons": None}, {"reasons": {"value": None}}], ["reasons"]) == ",,\r\n,,\r\n"
    scores = build_scores(5).with_columns(reasons=pl.lit(None, build_scores(1).schema["reasons"]))
    assert build_csv_frame(scores)["churn_reasons"].to_list() == [""] * 5


def test_candidates_have_what_a_crm_needs() -> None:
    assert CANDIDATE_COLUMNS[:1] == ("customer_id",)
    assert {"upgrade_probability", "upgrade_gap", "upgrade_value", "priority"} < set(CANDIDATE_COLUMNS)


@given(st.text(max_size=20))
def test_no_text_escapes(text: str) -> None:
    cell = next(csv.reader(io.StringIO(write_lines([{"a": text, "b": 1}], ["a", "b"]), newline="")))[0]
    frame = build_csv_frame(pl.DataFrame({"a": [text]}))["a"][0]
    assert cell == frame
    assert cell[:1] not in set("=+-@\t\r\n")
