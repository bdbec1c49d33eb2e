"""Charts of the base over time: golden share, and what every month brought."""

from __future__ import annotations

import altair as alt

from models.overview import GoldenPoint, MonthTotals
from serving.console.charts.chart import (
    FAINT,
    MAIN,
    SECOND,
    Chart,
    amounts_axis,
    build_data,
    build_spec,
    legend,
    months_axis,
    shares_axis,
    tips,
)
from serving.console.wording import count, money, percent, short_money

_LINES = {"of the value": "value_share", "of the customers": "customer_share"}
_YEAR_DAYS = (350, 380)
_WHOLE, _PART = "whole month", "the data begins or ends in it"


def draw_golden(points: tuple[GoldenPoint, ...], horizon_days: int) -> Chart:
    """Draw the golden customers' shares of the base and of the value."""
    rows = [
        {"day": point.day.isoformat(), "share": getattr(point, name), "what": what}
        for point in points
        for what, name in _LINES.items()
    ]
    scale = alt.Scale(domain=list(_LINES), range=[SECOND, MAIN])
    chart = alt.Chart(build_data(rows)).encode(
        x=alt.X("day:T", title=None, axis=months_axis(), scale=alt.Scale(padding=8)),
        y=alt.Y("share:Q", title="share", axis=shares_axis(), scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("what:N", scale=scale, legend=legend("stroke")),
        tooltip=tips(("day:T", "before", "%d %b %Y"), ("what:N", "share"), ("share:Q", "is", ".1%")),
    )
    layers = alt.layer(chart.mark_line(strokeWidth=2.5), chart.mark_point(filled=True, size=36))
    subtitle = (
        f"Customers whose value of the last {horizon_days} days reaches tier A as it is cut today: their"
        " share of all who had ordered by then, and of the value. While the data is young, nearly everybody"
        " in it ordered lately."
    )
    return Chart(
        "golden",
        _say_golden(points),
        subtitle,
        build_spec(layers, 230),
        ("before", "golden", "of customers", "of value"),
        tuple(
            (
                f"{each.day:%d %b %Y}",
                count(each.golden),
                percent(each.customer_share),
                percent(each.value_share),
            )
            for each in points
        ),
    )


def _say_golden(points: tuple[GoldenPoint, ...]) -> str:
    now = points[-1]
    words = f"Of all who ever ordered, {percent(now.customer_share)} are golden"
    least, most = _YEAR_DAYS
    ago = next((each for each in points if least <= (now.day - each.day).days <= most), None)
    if ago is None:
        return words
    change = round(100 * (now.customer_share - ago.customer_share))
    if not change:
        return f"{words}, as a year before"
    return f"{words}, {count(abs(change), 'point')} {'more' if change > 0 else 'fewer'} than a year before"


def draw_months(months: tuple[MonthTotals, ...], currency: str) -> Chart:
    """Draw what every month brought."""
    rows = [
        {
            "month": each.month.isoformat(),
            "value": each.value,
            "orders": each.orders,
            "state": _WHOLE if each.complete else _PART,
        }
        for each in months
    ]
    chart = (
        alt.Chart(build_data(rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("month:O", timeUnit="yearmonth", title=None, axis=months_axis(bands=True)),
            y=alt.Y("value:Q", title=f"value a month, {currency}", axis=amounts_axis()),
            color=_color_states(list(dict.fromkeys(str(row["state"]) for row in rows))),
            tooltip=tips(
                ("month:T", "month", "%B %Y"),
                ("value:Q", f"value, {currency}", ",.0f"),
                ("orders:Q", "orders", ","),
            ),
        )
    )
    return Chart(
        "months",
        _say_months([each for each in months if each.complete], currency),
        "Value by calendar month, returns deducted.",
        build_spec(chart, 230),
        ("month", "value", "orders", "customers", "new customers"),
        tuple(_list_month(each, currency) for each in months),
    )


def _color_states(states: list[str]) -> alt.Color:
    colours = [MAIN if state == _WHOLE else FAINT for state in states]
    scale = alt.Scale(domain=states, range=colours)
    return alt.Color("state:N", scale=scale, legend=legend() if len(states) > 1 else None)


def _list_month(each: MonthTotals, currency: str) -> tuple[str, ...]:
    name = f"{each.month:%b %Y}{'' if each.complete else ' (in part)'}"
    counts = (count(figure) for figure in (each.orders, each.customers, each.new_customers))
    return (name, money(each.value, currency), *counts)


def _say_months(whole: list[MonthTotals], currency: str) -> str:
    if not whole:
        return "Not one whole month of data yet"
    by_month = {each.month: each.value for each in whole}
    last = whole[-1]
    ago = by_month.get(last.month.replace(year=last.month.year - 1))
    words = f"{last.month:%B %Y} brought {short_money(last.value, currency)}"
    if ago is not None and ago > 0:
        return f"{words}, {_say_change(last.value / ago - 1)} a year before"
    if len(whole) > 1 and whole[-2].value > 0:
        return f"{words}, {_say_change(last.value / whole[-2].value - 1)} the month before"
    return words


def _say_change(change: float) -> str:
    if abs(change) < 0.01:
        return "level with"
    return f"{percent(abs(change))} {'above' if change > 0 else 'below'}"
