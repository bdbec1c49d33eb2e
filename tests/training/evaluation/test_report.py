from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.evaluation.scenes import build_backtest
from training.evaluation.backtest import Backtest, Ladder
from training.evaluation.curves import tabulate_tenths, trace_gains
from training.evaluation.gate import GateResult
from training.evaluation.predicted import Predicted
from training.evaluation.report import build_content, build_page, save_report
from training.evaluation.results import Results, measure_backtest


@pytest.fixture(scope="module")
def backtest() -> Backtest:
    return build_backtest()


@pytest.fixture(scope="module")
def results(backtest: Backtest) -> Results:
    return measure_backtest(backtest, draws=30)


@pytest.fixture(scope="module")
def page(backtest: Backtest, results: Results) -> str:
    return build_page(backtest, results, gate=GateResult(("Too <small>.",), ("Take care.",), forced=True))


def test_page_and_json_are_written(backtest: Backtest, results: Results, tmp_path: Path) -> None:
    path = save_report(backtest, results, tmp_path / "reports")

    assert {each.name for each in path.parent.iterdir()} == {"backtest.html", "backtest.json"}
    content = json.loads((path.parent / "backtest.json").read_text(encoding="utf-8"))
    assert content == build_content(backtest, results)


def test_the_json_has_stable_keys(backtest: Backtest, results: Results) -> None:
    content = build_content(backtest, results)

    assert list(content) == [
        "project", "currency", "served", "rungs", "verdict", "grades", "gate", "figures", "windows", "slices",
        "tenths", "importance", "notes",
    ]  # fmt: skip
    assert set(content["figures"]) == {"last_period", "cells", "ours"}
    assert set(content["figures"]["ours"]["churn.auc"]) == {"figure", "standard_error"}
    assert {each["grouping"] for each in content["slices"]} == {"tier", "region", "season"}
    assert sum(each["customers"] for each in content["tenths"]["value"]) == 3000
    windows = [each["figures"]["ours"]["churn.auc"]["figure"] for each in content["windows"]]
    assert content["figures"]["ours"]["churn.auc"]["figure"] == pytest.approx(np.mean(windows))


def test_the_verdict_is_ten_lines(backtest: Backtest, results: Results) -> None:
    verdict = build_content(backtest, results)["verdict"]

    assert 8 <= len(verdict) <= 10
    assert all(line.endswith(".") and "nan" not in line for line in verdict)
    assert any(line.startswith("The fifth it ranks highest brought") for line in verdict)


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    links = re.findall(r"https?://[^\s\"'<>)]+", page)

    assert set(links) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in page
    assert page.count("<svg") == 14
    assert len(page) < 600_000


def test_titles_say_the_finding(page: str) -> None:
    assert re.search(r"<h2>The fifth ranked highest brought \d+ % of the value", page)
    assert re.search(r"<h2>Predicted totals are [\d.]+ % off on average", page)
    assert re.search(r"<h2>The tenth named first [\d.]+ times as often left and", page)
    assert re.search(r"<h2>Churn: \d+ % predicted, \d+ % left", page)
    assert "<h2>What counts most: orders lately</h2>" in page
    assert "<h2>The gate refused it; it was promoted by force</h2>" in page


def test_what_users_bring_is_escaped(page: str) -> None:
    assert "a &lt;b&gt;shop" in page
    assert "<b>shop" not in page
    assert "Too &lt;small&gt;." in page


def test_a_page_of_one_window_with_nothing_but_values(backtest: Backtest) -> None:
    window = backtest.windows[0]
    rungs = {name: Predicted(said.expected_value) for name, said in window.rungs.items()}
    bare = replace(window, rungs=rungs, groups={})
    ladder = Ladder("ours", ("last_period",))

    poor = replace(backtest, windows=(bare,), ladder=ladder, importance=(), notes=())
    results = measure_backtest(poor, draws=10)

    assert "nan" not in build_page(poor, results).lower().replace("nantes", "")
    assert json.dumps(build_content(poor, results), allow_nan=False)
    assert results.grades.of("churn").letter == "C"  # it ranks, but has no probability


def test_tenths_are_ranked_within_their_window() -> None:
    low, high = np.arange(20.0), np.arange(20.0) + 1000

    tenths = tabulate_tenths([(low, low), (high, high)])

    assert [each.customers for each in tenths] == [4] * 10
    assert tenths[0].actual == tenths[0].predicted == (18 + 19 + 1018 + 1019) / 4


def test_gains_rise_from_nothing_to_all() -> None:
    amounts = np.array([8.0, -3.0, 2.0, 0.0])

    x, best = trace_gains([(amounts, amounts)])
    _, even = trace_gains([(amounts, np.zeros(4))])

    assert (best[0], best[25], best[50], best[-1]) == pytest.approx((0, 0.8, 1, 1))
    np.testing.assert_allclose(even, x)
