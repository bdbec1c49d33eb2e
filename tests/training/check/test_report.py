from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl

from tests.training.bases import build_lines, check
from training.check.charts import draw_pictures
from training.check.report import build_page, save_report
from training.check.verdict import say_verdict


def test_page_and_json_are_written(tmp_path: Path) -> None:
    result = check(tmp_path, transactions=build_lines())

    page = save_report(result, tmp_path / "reports")

    assert {each.name for each in page.parent.iterdir()} == {"check.html", "check.json"}
    content = json.loads((page.parent / "check.json").read_text(encoding="utf-8"))
    assert content == result.to_dict()
    assert content["rows"]["read"] == content["rows"]["good"] + content["rows"]["rejected"]


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = build_page(check(tmp_path, transactions=build_lines()))

    links = re.findall(r"https?://[^\s\"'<>)]+", text)
    assert set(links) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in text
    assert text.count("<svg") == 6
    assert len(text) < 400_000


def test_titles_say_the_finding(tmp_path: Path) -> None:
    text = build_page(check(tmp_path, transactions=build_lines()))

    assert re.search(r"<h2>Half of the repeat orders come within \d+ days", text)
    assert re.search(r"<h2>\d+ % of all who ever ordered brought \d+ % of the value", text)
    assert re.search(r"<h2>Value of the last", text)


def test_what_users_bring_is_escaped(tmp_path: Path) -> None:
    lines = build_lines().with_columns(region=pl.lit("<script>alert(1)</script>"))
    people = pl.DataFrame({"customer_id": ["<b>x</b>"]})

    text = build_page(
        check(tmp_path, more='[project]\nname = "<i>shop</i>"', transactions=lines, customers=people)
    )

    assert "<i>shop" not in text
    assert "<b>x" not in text
    assert "<script" not in text


def test_a_page_without_a_single_good_row(tmp_path: Path) -> None:
    text = build_page(check(tmp_path, transactions=tmp_path / "nothing.csv"))

    assert "1 error to put right" in text
    assert "<svg" not in text


def test_a_page_of_one_customer_with_one_order(tmp_path: Path) -> None:
    text = build_page(check(tmp_path, transactions=build_lines(1, 5)))

    assert text.count("<svg") == 4


def test_too_little_to_learn_from_is_not_ready(tmp_path: Path) -> None:
    result = check(tmp_path, transactions=build_lines(5, 1))

    assert say_verdict(result)[1].startswith("Readable, but too little to learn from")
    assert "too little to learn from" in build_page(result)
    assert "horizon_days to 0" not in build_page(result)


def test_a_single_period_is_a_point_that_can_be_seen(tmp_path: Path) -> None:
    result = check(tmp_path, transactions=build_lines(1, 1))

    assert result.base is not None
    picture = draw_pictures(result.base, "EUR", 90)[0]
    assert 'aria-roledescription="point"' in picture.light
