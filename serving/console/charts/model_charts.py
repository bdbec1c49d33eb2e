"""Charts of the model: the ladder, calibration by tenth, errors by group, totals, drivers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

import altair as alt

from models.overview import ModelReport
from models.overview.model_report import Tenth
from serving.console.charts.chart import (
    FAINT,
    INK,
    MAIN,
    MARK,
    SECOND,
    Chart,
    amounts_axis,
    build_data,
    build_spec,
    legend,
    names_axis,
    shares_axis,
    tips,
)
from serving.console.wording import clean, count, money, percent, short_money

_EVENTS = {"churn": "left", "upgrade": "upgraded"}
_GROUPINGS = ("evidence", "tier", "season", "region", "segment", "channel", "seller", "tenure")
_FARTHEST = 1.0
_DRIVERS = 12


def draw_model(report: ModelReport, currency: str) -> dict[str, Chart]:
    """Return the charts that there are figures for, by name."""
    return {chart.name: chart for chart in _draw_all(report, currency)}


def _draw_all(report: ModelReport, currency: str) -> Iterator[Chart]:
    if report.windows:
        yield _draw_totals(report, currency)
    if "value" in report.tenths:
        yield _draw_value(report.tenths["value"], currency)
    for target, words in _EVENTS.items():
        if report.tenths.get(target):
            yield _draw_calibration(target, words, report.tenths[target])
    yield from _draw_groups(report)
    if report.importance:
        yield _draw_drivers(report)


def _draw_totals(report: ModelReport, currency: str) -> Chart:
    rows = [
        {"window": f"from {window.as_of.day} {window.as_of:%b %Y}", "what": what, "total": total}
        for window in report.windows
        for what, total in (("predicted", window.predicted_total), ("came", window.actual_total))
    ]
    order = list(dict.fromkeys(str(row["window"]) for row in rows))
    chart = _draw_pairs(rows, ("window", None), order, "total", f"value, {currency}")
    off = [
        window.predicted_total / window.actual_total - 1
        for window in report.windows
        if window.actual_total > 0
    ]
    worst = max(off, key=abs, default=0.0)
    side = "above" if worst > 0 else "below"
    at_worst = " at worst" if len(off) > 1 else ""
    return Chart(
        "totals",
        f"The predicted total was {percent(abs(worst))} {side} what came{at_worst}",
        f"Value of all customers over {count(report.windows[-1].horizon_days, 'day')},"
        " asked at moments of the past.",
        build_spec(chart, 220),
        ("asked at", "predicted", "came"),
        tuple(
            (
                f"{window.as_of:%d %b %Y}",
                money(window.predicted_total, currency),
                money(window.actual_total, currency),
            )
            for window in report.windows
        ),
    )


def _draw_value(tenths: tuple[Tenth, ...], currency: str) -> Chart:
    rows = [
        {"tenth": tenth.place, "what": what, "mean": mean}
        for tenth in tenths
        for what, mean in (("predicted", tenth.predicted), ("came", tenth.actual))
    ]
    words = "tenth of the customers, highest prediction first"
    chart = _draw_pairs(rows, ("tenth", words), None, "mean", f"value of a customer, {currency}")
    return Chart(
        "value_tenths",
        f"The highest tenth was predicted {short_money(tenths[0].predicted, currency)} each and brought"
        f" {short_money(tenths[0].actual, currency)}",
        "Customers in ten equal parts, the highest prediction first: mean value predicted and what came.",
        build_spec(chart, 220),
        ("tenth", "predicted", "came"),
        tuple(
            (count(tenth.place), money(tenth.predicted, currency), money(tenth.actual, currency))
            for tenth in tenths
        ),
    )


def _draw_pairs(
    rows: list[dict[str, object]],
    names: tuple[str, str | None],
    order: list[str] | None,
    figure: str,
    title: str,
) -> alt.Chart:
    name, words = names
    chart: alt.Chart = (
        alt.Chart(build_data(rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X(f"{name}:O", title=words, sort=order or "ascending", axis=names_axis()),
            xOffset=alt.XOffset("what:N", sort=["predicted", "came"]),
            y=alt.Y(f"{figure}:Q", title=title, axis=amounts_axis()),
            color=alt.Color(
                "what:N", scale=alt.Scale(domain=["predicted", "came"], range=[MAIN, SECOND]), legend=legend()
            ),
            tooltip=tips((f"{name}:O", name), ("what:N", "what"), (f"{figure}:Q", title, ",.0f")),
        )
    )
    return chart


def _draw_calibration(target: str, words: str, tenths: tuple[Tenth, ...]) -> Chart:
    rows = [
        {
            "predicted": tenth.predicted,
            "actual": tenth.actual,
            "low": max(0.0, tenth.actual - 2 * (tenth.error or 0.0)),
            "high": min(1.0, tenth.actual + 2 * (tenth.error or 0.0)),
        }
        for tenth in tenths
    ]
    end = min(1.0, 1.08 * max(max(row["predicted"], row["high"]) for row in rows)) or 1.0
    scale = alt.Scale(domain=[0, end], nice=False)
    x = alt.X("predicted:Q", title="probability predicted", axis=shares_axis(grid=False), scale=scale)
    y = alt.Y("actual:Q", title=f"share that {words}", axis=shares_axis(), scale=scale)
    tooltip = tips(("predicted:Q", "predicted", ".1%"), ("actual:Q", words, ".1%"))
    points = alt.Chart(build_data(rows))
    even = alt.Chart(build_data([{"predicted": 0.0, "actual": 0.0}, {"predicted": end, "actual": end}]))
    layers = alt.layer(
        even.mark_line(color=FAINT, strokeDash=[3, 4], strokeWidth=1).encode(x=x, y=y),
        points.mark_rule(color=MAIN, opacity=0.5, strokeWidth=2).encode(
            x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q"
        ),
        points.mark_point(color=MAIN, filled=True, size=60, opacity=1).encode(x=x, y=y, tooltip=tooltip),
    )
    size = sum(tenth.customers for tenth in tenths) or 1
    predicted = sum(tenth.predicted * tenth.customers for tenth in tenths) / size
    actual = sum(tenth.actual * tenth.customers for tenth in tenths) / size
    return Chart(
        target,
        f"{clean(target)}: {percent(predicted)} predicted, {percent(actual)} {words}",
        "Customers in ten equal parts by probability; on the dotted line it would be exactly right,"
        " bars are two standard errors.",
        build_spec(layers, 260),
        ("tenth", "predicted", words),
        tuple((count(tenth.place), percent(tenth.predicted), percent(tenth.actual)) for tenth in tenths),
    )


@dataclass(frozen=True)
class _Group:
    """How far a group's total is off, as a share of what came, with its standard error."""

    name: str
    customers: int
    bias: float
    error: float
    ranking: str

    @property
    def shown(self) -> bool:
        """Whether it is more than chance."""
        return abs(self.bias) > 2 * self.error


def _draw_groups(report: ModelReport) -> Iterator[Chart]:
    """Draw every grouping; one of a single group says what the total says."""
    found: dict[str, list[_Group]] = {}
    for each in report.slices:
        off, ranks = (each.get(report.served, name) for name in ("value.bias", "value.norm_gini"))
        if off.figure is not None:
            ranking = "–" if ranks.figure is None else f"{ranks.figure:.3f}"
            group = _Group(
                each.group.replace("_", " "), each.rows, off.figure, off.standard_error or 0.0, ranking
            )
            found.setdefault(each.grouping, []).append(group)
    for grouping in sorted(found, key=_order):
        if len(found[grouping]) > 1:
            yield _draw_group(grouping.replace("_", " "), found[grouping])


def _draw_group(grouping: str, groups: list[_Group]) -> Chart:
    rows = [
        {
            "group": each.name,
            "bias": _clip(each.bias),
            "low": _clip(each.bias - 2 * each.error),
            "high": _clip(each.bias + 2 * each.error),
            "off": f"{100 * each.bias:+.0f} %",
        }
        for each in groups
    ]
    widest = max(0.1, *(_clip(abs(each.bias) + 2 * each.error) for each in groups))
    scale = alt.Scale(domain=[-1.05 * widest, 1.05 * widest])
    names = [each.name for each in groups]
    points = alt.Chart(build_data(rows)).encode(
        y=alt.Y("group:N", title=None, sort=names, axis=alt.Axis(labelLimit=150, ticks=False))
    )
    axis = alt.Axis(format="+~%", tickCount=5)
    x = alt.X("bias:Q", title="predicted total against what came", axis=axis, scale=scale)
    tooltip = tips(("group:N", grouping), ("off:N", "off by"))
    layers = alt.layer(
        alt.Chart(build_data([{"bias": 0}]))
        .mark_rule(color=INK, opacity=0.5)
        .encode(x=alt.X("bias:Q", scale=scale)),
        points.mark_rule(color=MAIN, opacity=0.5, strokeWidth=2).encode(
            x=alt.X("low:Q", scale=scale), x2="high:Q"
        ),
        points.mark_point(color=MAIN, filled=True, size=60, opacity=1).encode(x=x, tooltip=tooltip),
    )
    return Chart(
        f"group_{grouping.replace(' ', '_')}",
        _say_group(grouping, groups),
        "Right is too much, left too little; bars are two standard errors,"
        " beyond 100 % is drawn at the edge.",
        build_spec(layers, 50 + 26 * len(rows)),
        (grouping, "customers", "off by", "ranks by value"),
        tuple(
            (each.name, count(each.customers), f"{100 * each.bias:+.0f} %", each.ranking) for each in groups
        ),
    )


def _say_group(grouping: str, groups: list[_Group]) -> str:
    worst = max((each for each in groups if each.shown), key=lambda each: abs(each.bias), default=None)
    if worst is None:
        return f"By {grouping}: no group is off by more than chance"
    side = "too high" if worst.bias > 0 else "too low"
    return f"By {grouping}: {worst.name} {percent(abs(worst.bias))} {side}"


def _clip(share: float) -> float:
    return max(-_FARTHEST, min(_FARTHEST, share))


def _draw_drivers(report: ModelReport) -> Chart:
    drivers = report.importance[:_DRIVERS]
    names = [_break(driver.words) for driver in drivers]
    rows = [{"words": words, "share": driver.share} for words, driver in zip(names, drivers, strict=True)]
    chart = (
        alt.Chart(build_data(rows))
        .mark_bar(color=MARK, opacity=0.85, cornerRadiusEnd=2)
        .encode(
            y=alt.Y(
                "words:N",
                title=None,
                sort=names,
                axis=alt.Axis(labelExpr="split(datum.value, '\\n')", ticks=False),
            ),
            x=alt.X("share:Q", title="share", axis=shares_axis()),
            tooltip=[
                alt.Tooltip("words:N", title="what"),
                alt.Tooltip("share:Q", title="share", format=".1%"),
            ],
        )
    )
    return Chart(
        "drivers",
        f"What counts most: {drivers[0].words}",
        "How much of the predictions' movement each figure accounts for; all together are 100 %.",
        build_spec(chart, 30 * len(drivers) + 20),
        ("what", "share"),
        tuple((driver.words, percent(driver.share)) for driver in drivers),
    )


def _break(words: str) -> str:
    """Return words in lines that leave a phone room for the bars; two of them at the most."""
    return "\n".join(wrap(words, max(26, len(words) // 2 + 5)))


def _order(grouping: str) -> int:
    return _GROUPINGS.index(grouping) if grouping in _GROUPINGS else len(_GROUPINGS)
