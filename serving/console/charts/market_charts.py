"""Charts of where and when value comes from: weekdays and months, regions, channels."""

from __future__ import annotations

import altair as alt

from models.overview import Part, SeasonCell
from serving.console.charts.chart import (
    MAIN,
    Chart,
    amounts_axis,
    build_data,
    build_spec,
    heat,
    names_axis,
    tips,
)
from serving.console.wording import count, money, percent, short_money

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_LEAST_DAYS = 3
"""A cell of fewer days is a few odd days, no season."""


def draw_season(cells: tuple[SeasonCell, ...], currency: str) -> Chart:
    """Draw the value of a day by month and weekday."""
    rows = [
        {
            "month": MONTHS[cell.month - 1],
            "weekday": WEEKDAYS[cell.weekday - 1],
            "value": cell.value / cell.days,
            "orders": cell.orders / cell.days,
            "days": cell.days,
        }
        for cell in cells
    ]
    seen = [name for number, name in enumerate(MONTHS, 1) if any(cell.month == number for cell in cells)]
    chart = (
        alt.Chart(build_data(rows))
        .mark_rect(stroke="@card", strokeWidth=1)
        .encode(
            x=alt.X("weekday:O", title=None, sort=list(WEEKDAYS), axis=names_axis()),
            y=alt.Y("month:O", title=None, sort=seen, axis=names_axis()),
            color=alt.Color("value:Q", **heat(f"value a day, {currency}", "~s")),
            tooltip=_tell_day(currency),
        )
    )
    return Chart(
        "season",
        _say_season(cells, currency),
        _explain_season(len(seen)),
        build_spec(chart, 22 * max(len(seen), 4)),
        ("month", *WEEKDAYS),
        tuple(_list_weekdays(cells, name, currency) for name in seen),
    )


def _tell_day(currency: str) -> list[alt.Tooltip]:
    return tips(
        ("month:O", "month"),
        ("weekday:O", "weekday"),
        ("value:Q", f"value a day, {currency}", ",.0f"),
        ("orders:Q", "orders a day", ",.1f"),
        ("days:Q", "such days in the data"),
    )


def _explain_season(months: int) -> str:
    words = "Value of a day, by month of the year and weekday"
    if months == len(MONTHS):
        return f"{words}."
    return (
        f"{words}; months that the data has not seen are left out, and one year can't tell a season from a"
        " trend."
    )


def _list_weekdays(cells: tuple[SeasonCell, ...], month: str, currency: str) -> tuple[str, ...]:
    known = {cell.weekday: cell for cell in cells if MONTHS[cell.month - 1] == month}
    found = [known.get(weekday) for weekday in range(1, 8)]
    return (month, *("–" if cell is None else money(cell.value / cell.days, currency) for cell in found))


def _say_season(cells: tuple[SeasonCell, ...], currency: str) -> str:
    whole = [cell for cell in cells if cell.days >= _LEAST_DAYS]
    if not whole:
        return "Too few days yet to tell a season"
    by_weekday = {
        weekday: sum(cell.value for cell in mine) / sum(cell.days for cell in mine)
        for weekday in range(1, 8)
        if (mine := [cell for cell in whole if cell.weekday == weekday])
    }
    best, worst = max(by_weekday, key=by_weekday.__getitem__), min(by_weekday, key=by_weekday.__getitem__)
    words = f"{_LONG[best - 1]} bring most, {short_money(by_weekday[best], currency)} a day"
    if best == worst or by_weekday[worst] <= 0:
        return words
    return f"{words}; {_LONG[worst - 1]} least, {short_money(by_weekday[worst], currency)}"


def draw_parts(name: str, what: str, parts: tuple[Part, ...], days: int, currency: str) -> Chart:
    """Draw what regions or channels brought; `what` is ``region`` or ``channel``."""
    rows = [
        {"name": _name(part), "value": part.value, "orders": part.orders, "customers": part.customers}
        for part in parts
    ]
    chart = (
        alt.Chart(build_data(rows))
        .mark_bar(color=MAIN, cornerRadiusEnd=2)
        .encode(
            y=alt.Y(
                "name:N",
                title=None,
                sort=[_name(part) for part in parts],
                axis=alt.Axis(labelLimit=140, ticks=False),
            ),
            x=alt.X("value:Q", title=f"value, {currency}", axis=amounts_axis()),
            tooltip=tips(
                ("name:N", what),
                ("value:Q", f"value, {currency}", ",.0f"),
                ("customers:Q", "customers", ","),
                ("orders:Q", "orders", ","),
            ),
        )
    )
    total = sum(part.value for part in parts)
    best = parts[0]
    share = f" {percent(best.value / total)} of the value" if total > 0 and best.value > 0 else " most"
    return Chart(
        name,
        f"{_name(best)} brings{share}",
        f"Value by {what}, last {count(days, 'day')}.",
        build_spec(chart, max(90, 26 * len(parts))),
        (what, "value", "customers", "orders"),
        tuple(
            (_name(part), money(part.value, currency), count(part.customers), count(part.orders))
            for part in parts
        ),
    )


def _name(part: Part) -> str:
    if part.name is None:
        return "not named"
    return f"{part.parts} others" if part.parts > 1 else part.name
