"""The chart of the candidates: what a budget buys."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from serving.console.charts.chart import FAINT, MAIN, MARK, Chart, amounts_axis, build_data, build_spec, tips
from serving.console.wording import count, money, short_money


def draw_budget(
    curve: Sequence[tuple[int, float, float]], contacts: int, cost_per_contact: float, currency: str
) -> Chart:
    """Draw the value that is expected of more and more contacts, and where the budget ends.

    Parameters
    ----------
    curve : sequence of (int, float, float)
        Contacts, and the upgrades and the value that are expected of them, from none to all.
    contacts : int
        That the budget pays for.
    cost_per_contact : float
    currency : str
    """
    rows = [
        {"budget": number * cost_per_contact, "contacts": number, "upgrades": upgrades, "value": value}
        for number, upgrades, value in curve
    ]
    x = alt.X("budget:Q", title=f"budget, {currency}", axis=amounts_axis(grid=False))
    y = alt.Y("value:Q", title=f"expected value, {currency}", axis=amounts_axis())
    told = tips(
        ("budget:Q", f"budget, {currency}", ",.0f"),
        ("contacts:Q", "contacts", ","),
        ("upgrades:Q", "expected upgrades", ",.1f"),
        ("value:Q", f"expected value, {currency}", ",.0f"),
    )
    line = alt.Chart(build_data(rows)).encode(x=x, y=y, tooltip=told)
    spent = alt.Chart(build_data([{"budget": contacts * cost_per_contact}])).encode(x="budget:Q")
    straight = alt.Chart(build_data([rows[0], rows[-1]])).encode(x=x, y=y)
    layers = alt.layer(
        straight.mark_line(color=FAINT, strokeDash=[3, 4], strokeWidth=1),
        line.mark_line(color=MAIN, strokeWidth=2.5),
        line.mark_point(opacity=0, size=90),
        spent.mark_rule(color=MARK, strokeWidth=2),
    )
    total, size = curve[-1][2], curve[-1][0]
    return Chart(
        "budget",
        _say_half(curve, cost_per_contact, currency),
        f"Value expected of upgrades, by budget; all {count(size, 'candidate')} together:"
        f" {money(total, currency)}. The upright line is your budget, the dotted one is choosing at random.",
        build_spec(layers, 200),
    )


def _say_half(curve: Sequence[tuple[int, float, float]], cost_per_contact: float, currency: str) -> str:
    total = curve[-1][2]
    half = next(number for number, _, value in curve if value >= total / 2)
    reached = short_money(half * cost_per_contact, currency)
    return f"Half of what all candidates could bring is reached with {reached}"
