"""Pictures of a backtest: gains, lift, calibration, totals, errors by group, importance."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np

from features.timeline import FloatArray
from training.chart_style import Palette, Picture, amounts_axis, build_chart, build_picture, shares_axis
from training.evaluation.backtest import Backtest
from training.evaluation.curves import Tenth, select_target, tabulate_tenths, trace_gains
from training.evaluation.group_charts import draw_groups, draw_importance
from training.evaluation.results import Results
from training.wording import percent

_HALF = 330
_EVENTS = {"churn": "left", "upgrade": "upgraded"}


def draw_pictures(backtest: Backtest, results: Results) -> list[Picture]:
    """Draw everything that there is data for."""
    tenths = build_tenths(backtest)
    pictures = [_draw_gains(backtest), _draw_totals(backtest)]
    if "value" in tenths:
        pictures.append(_draw_value_tenths(tenths["value"], backtest.currency))
    events = {target: rows for target, rows in tenths.items() if target in _EVENTS}
    if events:
        pictures += [_draw_lift(events), _draw_calibration(events)]
    return [*pictures, *draw_groups(results, backtest.ladder.served), *draw_importance(backtest.importance)]


def build_tenths(backtest: Backtest) -> dict[str, list[Tenth]]:
    """Return the served rung's tenths of the customers by target, all windows together."""
    served, tenths = backtest.ladder.served, {}
    for target in ("value", *_EVENTS):
        windows = [select_target(each.outcome, each.rungs[served], target) for each in backtest.windows]
        known = [window for window in windows if window is not None]
        if known:
            tenths[target] = tabulate_tenths(known)
    return tenths


def build_gains(backtest: Backtest, rung: str) -> tuple[FloatArray, FloatArray]:
    """Return a rung's gains: shares of the customers, and of the value that they bring."""
    return trace_gains([(each.labels.value, each.rungs[rung].expected_value) for each in backtest.windows])


def _draw_gains(backtest: Backtest) -> Picture:
    ladder = backtest.ladder
    best = trace_gains([(each.labels.value, each.labels.value) for each in backtest.windows])
    lines = {"the best possible": best}
    for rung in dict.fromkeys((*ladder.rivals[:1], *ladder.rivals[-1:], ladder.served)):
        if all(rung in window.rungs for window in backtest.windows):
            lines[ladder.name(rung)] = build_gains(backtest, rung)
    name = ladder.name(ladder.served)
    fifth = float(np.interp(0.2, *lines[name]))
    values = [
        {"customers": float(at), "value": float(gain), "rung": rung}
        for rung, (x, y) in lines.items()
        for at, gain in zip(x, y, strict=True)
        if np.isfinite(gain)
    ]

    def draw(palette: Palette) -> alt.LayerChart | alt.FacetChart:
        between = [palette.mark, palette.second][: len(lines) - 2]
        colours = [palette.faint, *between, palette.main]
        chart = build_chart(values, 300, "share of the value", palette=palette).encode(
            x=alt.X("customers:Q", title="share of the customers, as ranked", axis=shares_axis(grid=False)),
            y=alt.Y("value:Q", title=None, axis=shares_axis(), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "rung:N",
                scale=alt.Scale(domain=list(lines), range=colours),
                legend=_legend(palette, "stroke"),
            ),
            strokeDash=alt.StrokeDash(
                "rung:N", scale=alt.Scale(domain=list(lines), range=[[3, 4]] + [[1, 0]] * 3), legend=None
            ),
        )
        return alt.layer(chart.mark_line(strokeWidth=2.2), _draw_diagonal(palette))

    title = f"The fifth ranked highest brought {percent(fifth)} of the value"
    subtitle = "Gains: how much of the value is reached, going down the list; the straight line is by chance."
    return build_picture("gains", title, subtitle, draw)


def _draw_diagonal(palette: Palette) -> alt.Chart:
    ends = [{"at": 0.0, "is": 0.0}, {"at": 1.0, "is": 1.0}]
    line: alt.Chart = (
        build_chart(ends, palette=palette)
        .mark_line(color=palette.faint, strokeDash=[3, 4], strokeWidth=1)
        .encode(x="at:Q", y="is:Q")
    )
    return line


def _draw_totals(backtest: Backtest) -> Picture:
    served, currency = backtest.ladder.served, backtest.currency
    values, biases = [], []
    for window in backtest.windows:
        predicted, actual = (
            float(window.rungs[served].expected_value.sum()),
            float(window.labels.value.sum()),
        )
        biases.append(predicted / actual - 1 if actual else float("nan"))
        when = f"from {window.as_of.day} {window.as_of:%b %Y}"
        values += [
            {"window": when, "what": "predicted", "total": predicted, "off": f"{100 * biases[-1]:+.0f} %"},
            {"window": when, "what": "came", "total": actual, "off": ""},
        ]
    order = list(dict.fromkeys(str(row["window"]) for row in values))

    def draw(palette: Palette) -> alt.LayerChart | alt.FacetChart:
        heading = (
            f"value within {backtest.windows[-1].horizon_days} days{f', {currency}' if currency else ''}"
        )
        chart = build_chart(values, 240, heading, palette=palette).encode(
            x=alt.X(
                "window:N", title=None, sort=order, axis=_names_axis(), scale=alt.Scale(paddingInner=0.35)
            ),
            xOffset=alt.XOffset("what:N", sort=["predicted", "came"]),
            y=alt.Y("total:Q", title=None, axis=amounts_axis()),
        )
        colour = alt.Color(
            "what:N",
            scale=alt.Scale(domain=["predicted", "came"], range=[palette.main, palette.second]),
            legend=_legend(palette),
        )
        words = chart.mark_text(dy=-8, color=palette.ink, fontSize=12).encode(text="off:N")
        return alt.layer(chart.mark_bar(opacity=0.85, cornerRadius=2).encode(color=colour), words)

    worst = max(biases, key=abs)
    if len(biases) == 1:
        title = f"The predicted total is {percent(abs(worst))} {'above' if worst > 0 else 'below'} what came"
    else:
        mean = percent(float(np.mean(np.abs(biases))))
        title = f"Predicted totals are {mean} off on average, {100 * worst:+.0f} % at worst"
    return build_picture("totals", title, "Predicted and actual value of all customers, by window.", draw)


def _draw_value_tenths(tenths: Sequence[Tenth], currency: str) -> Picture:
    values = [
        {"tenth": each.place, "what": what, "mean": mean}
        for each in tenths
        for what, mean in (("predicted", each.predicted), ("came", each.actual))
    ]
    within = sum(abs(each.predicted - each.actual) <= 2 * each.error for each in tenths)

    def draw(palette: Palette) -> alt.LayerChart | alt.FacetChart:
        heading = f"mean value of a customer{f', {currency}' if currency else ''}"
        chart = build_chart(values, 240, heading, palette=palette).encode(
            x=alt.X("tenth:O", title="tenth of the customers, highest prediction first", axis=_names_axis()),
            xOffset=alt.XOffset("what:N", sort=["predicted", "came"]),
            y=alt.Y("mean:Q", title=None, axis=amounts_axis()),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=["predicted", "came"], range=[palette.main, palette.second]),
                legend=_legend(palette),
            ),
        )
        return alt.layer(chart.mark_bar(opacity=0.85, cornerRadius=2))

    top, rest = tenths[0], tenths[len(tenths) // 2]
    times = f", {top.actual / rest.actual:.0f} times the middle tenth" if rest.actual > 0 else ""
    title = f"Customers of the highest tenth brought {top.actual:,.0f} {currency}".rstrip() + f" each{times}"
    subtitle = (
        f"Calibration by tenth; in {within} of {len(tenths)} what came is within chance of the prediction."
    )
    return build_picture("value_tenths", title, subtitle, draw)


def _draw_lift(events: dict[str, list[Tenth]]) -> Picture:
    def draw(palette: Palette) -> alt.HConcatChart:
        charts = []
        for (target, tenths), colour in zip(events.items(), (palette.main, palette.second), strict=False):
            rate = _rate(tenths) or 1.0
            values = [{"tenth": each.place, "lift": each.actual / rate} for each in tenths]
            chart = (
                build_chart(values, 200, f"{target}: times the mean rate of {percent(rate)}", palette=palette)
                .properties(width=_HALF)
                .encode(
                    x=alt.X("tenth:O", title="tenth, highest probability first", axis=_names_axis()),
                    y=alt.Y("lift:Q", title=None, axis=alt.Axis(tickCount=4, domain=False, ticks=False)),
                )
            )
            even = alt.Chart(alt.InlineData(values=[{"lift": 1}])).mark_rule(
                color=palette.faint, strokeDash=[3, 4]
            )
            charts.append(alt.layer(chart.mark_bar(color=colour, opacity=0.85), even.encode(y="lift:Q")))
        return alt.hconcat(*charts, spacing=24)

    words = [
        f"{tenths[0].actual / _rate(tenths):.1f} times as often {_EVENTS[target]}"
        for target, tenths in events.items()
        if _rate(tenths) > 0
    ]
    title = f"The tenth named first {' and '.join(words)}" if words else "Lift by tenth"
    return build_picture("lift", title, "Lift: the rate in each tenth, over that of all.", draw)  # type: ignore[arg-type]


def _draw_calibration(events: dict[str, list[Tenth]]) -> Picture:
    def draw(palette: Palette) -> alt.HConcatChart:
        colours = (palette.main, palette.second)
        charts = [
            _draw_reliability(target, tenths, colour, palette)
            for (target, tenths), colour in zip(events.items(), colours, strict=False)
        ]
        return alt.hconcat(*charts, spacing=24)

    title = "; ".join(_say_calibration(target, tenths) for target, tenths in events.items())
    subtitle = "Probability of each tenth and how many did; bars are two standard errors."
    return build_picture("calibration", title[:1].upper() + title[1:], subtitle, draw)  # type: ignore[arg-type]


def _draw_reliability(
    target: str, tenths: Sequence[Tenth], colour: str, palette: Palette
) -> alt.LayerChart | alt.FacetChart:
    values = [
        {
            "predicted": each.predicted,
            "actual": each.actual,
            "low": max(0.0, each.actual - 2 * each.error),
            "high": min(1.0, each.actual + 2 * each.error),
        }
        for each in tenths
    ]
    end = min(1.0, 1.08 * max(max(row["predicted"], row["high"]) for row in values))
    scale = alt.Scale(domain=[0, end], nice=False)
    chart = (
        build_chart(values, 240, f"{target}: share that {_EVENTS[target]}", palette=palette)
        .properties(width=_HALF)
        .encode(x=alt.X("predicted:Q", title="predicted", axis=shares_axis(grid=False), scale=scale))
    )
    line = build_chart([{"at": 0.0}, {"at": end}], palette=palette).encode(
        x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale)
    )
    y = alt.Y("actual:Q", title=None, axis=shares_axis(), scale=scale)
    return alt.layer(
        line.mark_line(color=palette.faint, strokeDash=[3, 4], strokeWidth=1),
        chart.mark_rule(color=colour, opacity=0.5, strokeWidth=2).encode(
            y=alt.Y("low:Q", scale=scale), y2="high:Q"
        ),
        chart.mark_point(color=colour, filled=True, size=60, opacity=1).encode(y=y),
    )


def _say_calibration(target: str, tenths: Sequence[Tenth]) -> str:
    count = sum(each.customers for each in tenths)
    predicted = sum(each.predicted * each.customers for each in tenths) / count
    return f"{target}: {percent(predicted)} predicted, {percent(_rate(tenths))} {_EVENTS[target]}"


def _rate(tenths: Sequence[Tenth]) -> float:
    return sum(each.actual * each.customers for each in tenths) / sum(each.customers for each in tenths)


def _names_axis() -> alt.Axis:
    return alt.Axis(labelAngle=0, grid=False, ticks=False)


def _legend(palette: Palette, symbol: str = "square") -> alt.Legend:
    return alt.Legend(
        title=None, orient="top", labelColor=palette.ink, labelFontSize=12, symbolType=symbol, labelLimit=300
    )
