"""The chart of cohorts: which of each month's new customers came back."""

from __future__ import annotations

import altair as alt

from models.overview import Cohort
from serving.console.charts.chart import Chart, build_data, build_spec, heat, names_axis, tips
from serving.console.wording import NOTHING, count, percent

_LEAST = 10
"""Shares of fewer customers jump about."""

_SHOWN = (1, 3, 6)
"""Months after the first order that the table tells of."""


def draw_cohorts(cohorts: tuple[Cohort, ...]) -> Chart | None:
    """Draw how many new customers of each month order in the months after; None without any."""
    rows = [
        {"cohort": _name(each), "after": after, "share": active / each.customers, "of": each.customers}
        for each in cohorts
        if each.customers
        for after, active in enumerate(each.active, 1)
    ]
    if not rows:
        return None
    names = [_name(each) for each in cohorts]
    chart = (
        alt.Chart(build_data(rows))
        .mark_rect(stroke="@card", strokeWidth=1)
        .encode(
            x=alt.X("after:O", title="months after the first order", axis=names_axis()),
            y=alt.Y("cohort:N", title="first order in", sort=names, axis=names_axis()),
            color=alt.Color("share:Q", **heat("share who ordered", ".0%", least=0.0)),
            tooltip=tips(
                ("cohort:N", "first order in"),
                ("of:Q", "customers", ","),
                ("after:O", "months after"),
                ("share:Q", "ordered", ".0%"),
            ),
        )
    )
    return Chart(
        "cohorts",
        _say(cohorts),
        _explain(cohorts[0]),
        build_spec(chart, max(120, 22 * len(names))),
        ("first order in", "customers", *(f"{after} months after" for after in _SHOWN)),
        tuple(_list_shares(each) for each in cohorts),
    )


def _name(cohort: Cohort) -> str:
    return f"{cohort.month:%b %Y}"


def _list_shares(cohort: Cohort) -> tuple[str, ...]:
    known = cohort.active if cohort.customers else ()
    shares = (
        percent(known[after - 1] / cohort.customers) if len(known) >= after else NOTHING for after in _SHOWN
    )
    return (_name(cohort), count(cohort.customers), *shares)


def _explain(first: Cohort) -> str:
    words = "By month of the first order: the share of customers who ordered so many months later."
    if not (first.begins_with_data and first.customers):
        return words
    month = f"{first.month:%B %Y}"
    return f"{words} The data begins in {month}: that month's customers are whoever there was, not new ones."


def _say(cohorts: tuple[Cohort, ...]) -> str:
    new = [each for each in cohorts if not each.begins_with_data] or list(cohorts)
    shares = {
        after: sum(each.active[after - 1] for each in known) / size
        for after in (1, 6)
        if (known := [each for each in new if len(each.active) >= after])
        and (size := sum(each.customers for each in known)) >= _LEAST
    }
    if 1 not in shares:
        return "Too few new customers yet to tell who comes back"
    words = f"{percent(shares[1])} of new customers order again in the month after"
    return f"{words}, {percent(shares[6])} in the sixth" if 6 in shares else words
