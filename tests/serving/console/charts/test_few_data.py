"""Charts say what is to be seen, and don't say more than the data does."""

from __future__ import annotations

import datetime as dt
import json

import vl_convert as vlc

from models.overview import (
    Cohort,
    Concentration,
    CustomerDetail,
    GoldenPoint,
    MonthTotals,
    Part,
    Scatter,
    SeasonCell,
)
from serving.console.charts import (
    candidate_charts,
    cohort_chart,
    market_charts,
    over_time_charts,
    value_charts,
)
from serving.console.charts.chart import Chart

DAY = dt.date(2024, 3, 1)


def _month(month: dt.date, value: float, *, complete: bool = True) -> MonthTotals:
    return MonthTotals(month=month, complete=complete, orders=3, customers=2, new_customers=1, value=value)


def _check(chart: Chart) -> Chart:
    """Draw it as a browser would, but for its colours."""
    spec = json.loads(chart.json.replace('"@', '"#').replace('"container"', "600"))
    assert vlc.vegalite_to_svg(json.dumps(_paint(spec)), vl_version="v6.1").startswith("<svg")
    return chart


def _paint(node: object) -> object:
    if isinstance(node, dict):
        return {name: _paint(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_paint(each) for each in node]
    return "#336699" if isinstance(node, str) and node.startswith("#") else node


def test_one_moment_is_no_change() -> None:
    point = GoldenPoint(day=DAY, known=10, active=5, golden=2, customer_share=0.2, value_share=0.8)
    chart = _check(over_time_charts.draw_golden((point,), 30))
    assert chart.title == "Of all who ever ordered, 20\xa0% are golden"


def test_the_golden_share_is_compared_with_a_year_before_not_with_the_beginning_of_the_data() -> None:
    days = [dt.date(2023, 1, 1), dt.date(2023, 3, 1), DAY]
    points = tuple(
        GoldenPoint(day=day, known=10, active=5, golden=2, customer_share=share, value_share=0.8)
        for day, share in zip(days, (0.9, 0.3, 0.25), strict=True)
    )
    title = over_time_charts.draw_golden(points, 30).title
    assert title == "Of all who ever ordered, 25\xa0% are golden, 5 points fewer than a year before"
    assert (
        over_time_charts.draw_golden(points[1:2], 30).title == "Of all who ever ordered, 30\xa0% are golden"
    )


def test_months_are_compared_with_the_year_before_where_there_is_one() -> None:
    months = [dt.date(2023, 3, 1), dt.date(2024, 2, 1), DAY]
    whole = tuple(_month(month, value) for month, value in zip(months, (100.0, 400.0, 110.0), strict=True))
    assert (
        _check(over_time_charts.draw_months(whole, "EUR")).title
        == "March 2024 brought €110, 10\xa0% above a year before"
    )
    assert "below the month before" in over_time_charts.draw_months(whole[1:], "EUR").title
    assert over_time_charts.draw_months(whole[:1], "EUR").title == "March 2023 brought €100"


def test_a_month_in_part_is_not_judged() -> None:
    chart = _check(over_time_charts.draw_months((_month(DAY, 50.0, complete=False),), "EUR"))
    assert chart.title == "Not one whole month of data yet"
    assert chart.rows[0][0] == "Mar 2024 (in part)"


def test_few_new_customers_tell_nothing_about_who_comes_back() -> None:
    few = (Cohort(month=DAY, customers=3, active=(1,), begins_with_data=True),)
    chart = cohort_chart.draw_cohorts(few)
    assert chart is not None
    assert "Too few" in _check(chart).title
    assert "The data begins in March 2024" in chart.subtitle
    assert cohort_chart.draw_cohorts(()) is None


def test_the_cohort_that_the_data_begins_with_does_not_count_as_new() -> None:
    first = Cohort(month=DAY, customers=1000, active=(900, 900), begins_with_data=True)
    second = Cohort(month=dt.date(2024, 4, 1), customers=100, active=(25,), begins_with_data=False)
    chart = cohort_chart.draw_cohorts((first, second))
    assert chart is not None
    assert chart.title == "25\xa0% of new customers order again in the month after"


def test_a_scatter_without_a_common_threshold_draws_none() -> None:
    scatter = Scatter(
        of=2, orders=(1, 4), value=(0.5, 900.0), group=("other", "valued"), counts={"other": 1, "valued": 1}
    )
    chart = _check(value_charts.draw_scatter(scatter, 30, "EUR"))
    assert chart.title == "1 customer is valued"
    assert "dashed" not in chart.subtitle


def test_a_sample_is_called_one() -> None:
    scatter = Scatter(
        of=5000, orders=(2,), value=(9.0,), group=("volume",), counts={"volume": 5000}, threshold=10.0
    )
    assert "1 of 5,000 customers" in value_charts.draw_scatter(scatter, 30, "EUR").subtitle


def test_a_few_odd_days_are_no_season() -> None:
    cells = (SeasonCell(month=3, weekday=5, days=1, orders=9, value=900.0),)
    chart = _check(market_charts.draw_season(cells, "EUR"))
    assert chart.title == "Too few days yet to tell a season"
    assert "months that the data has not seen are left out" in chart.subtitle


def test_weekdays_are_compared_a_day() -> None:
    cells = tuple(
        SeasonCell(month=3, weekday=weekday, days=4, orders=1, value=value)
        for weekday, value in ((5, 400.0), (6, 800.0))
    )
    assert (
        market_charts.draw_season(cells, "EUR").title
        == "Saturdays bring most, €200 a day; Fridays least, €100"
    )


def test_regions_have_their_names_as_text_and_others_are_counted() -> None:
    parts = tuple(
        Part(name=name, parts=parts, customers=2, orders=3, value=value)
        for name, parts, value in (("<b>n'\"orth", 1, 60.0), (None, 1, 30.0), ("all others", 7, 10.0))
    )
    chart = _check(market_charts.draw_parts("regions", "region", parts, 365, "EUR"))
    assert chart.title == "<b>n'\"orth brings 60\xa0% of the value"
    assert [row[0] for row in chart.rows] == ["<b>n'\"orth", "not named", "7 others"]


def test_concentration_and_budget_name_their_figures() -> None:
    shares = tuple(min(1.0, place / 50) for place in range(101))
    concentration = Concentration(customers=9, value=90.0, value_shares=shares)
    assert (
        "best fifth of the customers bring 40\xa0%"
        in _check(value_charts.draw_concentration(concentration, 30, "EUR")).title
    )
    curve = [(0, 0.0, 0.0), (1, 0.5, 60.0), (2, 0.8, 100.0)]
    chart = _check(candidate_charts.draw_budget(curve, 1, 2.5, "EUR"))
    assert chart.title == "Half of what all candidates could bring is reached with €2.50"


def test_a_detail_of_nothing_is_empty() -> None:
    assert CustomerDetail().timeline.day == ()
