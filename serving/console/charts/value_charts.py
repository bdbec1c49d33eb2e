"""Charts of where value lies: concentration, and frequency against value."""

from __future__ import annotations

import math

import altair as alt

from models.overview import Concentration, Scatter
from serving.console.charts.chart import (
    FACTORS,
    FAINT,
    INK,
    MAIN,
    MARK,
    SECOND,
    Chart,
    build_data,
    build_spec,
    legend,
    shares_axis,
    tips,
)
from serving.console.wording import count, money, percent

_GROUPS = {
    "valued": ("valued", SECOND),
    "between": ("between the two", MARK),
    "volume": ("volume", MAIN),
    "other": ("new and occasional", FAINT),
}
"""Words and colour of each group of the scatter, in the order of the legend."""


def draw_concentration(concentration: Concentration, horizon_days: int, currency: str) -> Chart:
    """Draw how much of the value the best customers bring."""
    shares = concentration.value_shares
    rows = [{"customers": place / 100, "value": share} for place, share in enumerate(shares)]
    x = alt.X("customers:Q", title="share of customers, best first", axis=shares_axis(grid=False))
    y = alt.Y("value:Q", title="share of the value", axis=shares_axis(), scale=alt.Scale(domain=[0, 1]))
    told = tips(("customers:Q", "best customers", ".0%"), ("value:Q", "bring", ".1%"))
    curve = alt.Chart(build_data(rows)).encode(x=x, y=y, tooltip=told)
    best = alt.Chart(build_data(rows[:21])).encode(x=x, y=y)
    even = alt.Chart(build_data([{"customers": 0, "value": 0}, {"customers": 1, "value": 1}]))
    layers = alt.layer(
        best.mark_area(color=MARK, opacity=0.2),
        even.encode(x=x, y=y).mark_line(color=FAINT, strokeDash=[3, 4], strokeWidth=1),
        curve.mark_line(color=MAIN, strokeWidth=2.5),
        curve.mark_point(opacity=0, size=120),
    )
    return Chart(
        "concentration",
        f"The best fifth of the customers bring {percent(shares[20])} of the value",
        f"{count(concentration.customers, 'customer')} with value in the last {horizon_days} days, together"
        f" {money(concentration.value, currency)}; the dotted line is a base where all bring the same.",
        build_spec(layers, 260),
        ("best customers", "bring of the value"),
        tuple((f"{place} %", percent(shares[place])) for place in (1, 5, 10, 20, 30, 50, 80)),
    )


def draw_scatter(scatter: Scatter, horizon_days: int, currency: str) -> Chart:
    """Draw orders against value, with the ground between volume and valued marked."""
    threshold = scatter.threshold if scatter.threshold and scatter.threshold > 0 else None
    layers = [_draw_points(scatter, horizon_days, currency)]
    if threshold is not None:
        rule = alt.Chart(build_data([{"value": threshold}]))
        layers.append(rule.mark_rule(color=INK, strokeDash=[5, 4]).encode(y="value:Q"))
    sampled = f"{len(scatter.orders):,} of " if len(scatter.orders) < scatter.of else ""
    dashed = f"; the dashed line is where valued begins, {money(threshold, currency)}" if threshold else ""
    rows = (
        (_GROUPS[group][0], count(scatter.counts[group]), money(scatter.values.get(group), currency))
        for group in _list_groups(scatter)
    )
    return Chart(
        "scatter",
        _say_between(scatter, currency),
        f"A dot is a customer: {sampled}{count(scatter.of, 'customer')} who ordered in the last"
        f" {horizon_days} days{dashed}. Both axes grow by factors.",
        build_spec(alt.layer(*layers), 320),
        ("kind", "customers", "value"),
        tuple(rows),
    )


def _draw_points(scatter: Scatter, horizon_days: int, currency: str) -> alt.Chart:
    rows = [
        {"orders": orders, "value": value, "group": _GROUPS[group][0]}
        for orders, value, group in zip(scatter.orders, scatter.value, scatter.group, strict=True)
        if value > 0
    ]
    words, colours = zip(*(_GROUPS[group] for group in _list_groups(scatter)), strict=True)
    factors = alt.Scale(type="log", nice=False, padding=8)
    by_orders = _factors_axis(max(scatter.orders), (1, 2, 5), grid=False)
    by_value = _factors_axis(max(scatter.value), (1,))
    points: alt.Chart = (
        alt.Chart(build_data(rows))
        .mark_point(filled=True, size=22, opacity=0.5)
        .encode(
            x=alt.X("orders:Q", title=f"orders in {horizon_days} days", scale=factors, axis=by_orders),
            y=alt.Y(
                "value:Q", title=f"value in {horizon_days} days, {currency}", scale=factors, axis=by_value
            ),
            color=alt.Color("group:N", scale=alt.Scale(domain=words, range=colours), legend=legend("circle")),
            tooltip=tips(
                ("orders:Q", "orders"), ("value:Q", f"value, {currency}", ",.2f"), ("group:N", "kind")
            ),
        )
    )
    return points


def _list_groups(scatter: Scatter) -> list[str]:
    return [group for group in _GROUPS if scatter.counts.get(group)]


def _factors_axis(most: float, steps: tuple[int, ...], *, grid: bool = True) -> alt.Axis:
    """Return an axis that grows by factors, named at round figures only."""
    powers = range(-2, math.ceil(math.log10(max(most, 10))) + 1)
    values = [step * 10.0**power for power in powers for step in steps]
    return alt.Axis(values=values, labelExpr=FACTORS, grid=grid, labelOverlap=True)


def _say_between(scatter: Scatter, currency: str) -> str:
    between = scatter.counts.get("between", 0)
    if not between:
        return f"{count(scatter.counts.get('valued', 0), 'customer is', 'customers are')} valued"
    each = scatter.values.get("between", 0.0) / between
    return (
        f"{count(between, 'volume customer is', 'volume customers are')} more than half way to being valued,"
        f" at {money(each, currency)} each"
    )
