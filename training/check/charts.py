"""Pictures of a customer base: orders and value over time, gaps between orders, concentration of value."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import polars as pl

from training.chart_style import (
    Palette,
    Picture,
    amounts_axis,
    build_chart,
    build_picture,
    dates_axis,
    shares_axis,
)
from training.check.base_figures import BaseFigures, Concentration
from training.check.over_time import OverTime, build_over_time
from training.gaps import REPEAT_SHARE, Gaps
from training.wording import count, percent

_GAPS_SHOWN = 0.98
_BARS = 40
_BAR_WIDTHS_DAYS = (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365)
_CURVE_HEIGHT = 300
_LEVEL = 0.02
_LEAST_SPAN_DAYS = 7


def draw_pictures(base: BaseFigures, currency: str, horizon_days: int) -> list[Picture]:
    """Draw everything about a base that there is data for."""
    pictures = [_draw_over_time(base, currency)]
    if len(base.gaps.days):
        pictures.append(
            _draw_gaps(base.gaps, horizon_days, base.gaps.suggest_horizon_days(base.history_days))
        )
    if base.concentration:
        pictures.append(_draw_concentration(base.concentration, horizon_days))
    return pictures


def _draw_over_time(base: BaseFigures, currency: str) -> Picture:
    over_time = build_over_time(base.by_day)
    period = over_time.period

    def draw(palette: Palette) -> alt.VConcatChart:
        orders = _draw_series(over_time, "orders", f"orders a {period}", palette.main, palette)
        value = _draw_series(over_time, "value", f"value a {period}, {currency}", palette.second, palette)
        return alt.vconcat(orders, value, spacing=18)

    left_out = f"a first and last {period} that is not complete is left out"
    subtitle = f"Orders and value by {period}, returns deducted; {left_out}."
    return build_picture("over_time", _say_trend(base), subtitle, draw)


def _draw_series(
    over_time: OverTime, column: str, heading: str, colour: str, palette: Palette
) -> alt.LayerChart | alt.FacetChart:
    rows = over_time.rows.select("start", column).iter_rows()
    values = [{"start": start.isoformat(), "figure": figure} for start, figure in rows]
    chart = build_chart(values, 140, heading, palette=palette).encode(
        x=alt.X("start:T", title=None, axis=dates_axis()),
        y=alt.Y("figure:Q", title=None, axis=amounts_axis()),
    )
    # A line of one point can't be seen.
    line = chart.mark_point(color=colour, filled=True, size=60) if len(values) == 1 else None
    return alt.layer(
        chart.mark_area(color=colour, opacity=0.14), line or chart.mark_line(color=colour, strokeWidth=2)
    )


def _say_trend(base: BaseFigures) -> str:
    """Compare the newest year, or half of a shorter history, with the time before."""
    span = min(365, base.history_days // 2)
    ago = (pl.lit(base.newest_day) - pl.col("day")).dt.total_days()
    late, early = base.by_day.select(
        late=pl.col("value").filter(ago < span).sum(),
        early=pl.col("value").filter(ago.is_between(span, 2 * span - 1)).sum(),
    ).row(0)
    if span < _LEAST_SPAN_DAYS or early <= 0 or late <= 0:
        return f"Orders and value over {base.history_days} days"
    words, change = "12 months" if span == 365 else f"{span} days", late / early - 1
    if abs(change) < _LEVEL:
        return f"Value of the last {words} is level with the {words} before"
    direction = "above" if change > 0 else "below"
    size = f"{late / early:.1f} times that of" if change > 1 else f"{percent(abs(change))} {direction}"
    return f"Value of the last {words} is {size} the {words} before"


@dataclass(frozen=True)
class _Mark:
    """An upright line at so many days, with words beside it."""

    days: int
    words: str
    row: int


def _draw_gaps(gaps: Gaps, horizon_days: int, suggested: int | None) -> Picture:
    bars = _bin_gaps(gaps)
    width, end = int(bars[0]["end"] - bars[0]["start"]), bars[-1]["end"]
    marks = [_Mark(horizon_days, f"your horizon: {horizon_days} days", 0)]
    if suggested and suggested != horizon_days:
        marks.append(_Mark(suggested, f"suggested: {suggested} days", 1))

    def draw(palette: Palette) -> alt.LayerChart | alt.FacetChart:
        heading = f"share of the repeat orders, by {'day' if width == 1 else f'{width} days'}"
        axis = alt.Axis(grid=False, tickCount=10)
        scale = alt.Scale(domain=[0, end], nice=False)
        chart = build_chart(bars, 220, heading, palette=palette).encode(
            x=alt.X("start:Q", bin="binned", title="days since the order before", axis=axis, scale=scale),
            x2="end:Q",
            y=alt.Y("share:Q", title=None, axis=shares_axis()),
        )
        layers = [_draw_mark(mark, end, palette) for mark in marks if mark.days <= end]
        return alt.layer(chart.mark_bar(color=palette.main, opacity=0.85, binSpacing=1), *layers)

    half, most = gaps.quantile(0.5), gaps.quantile(REPEAT_SHARE)
    title = f"Half of the repeat orders come within {half} days, {percent(REPEAT_SHARE)} within {most}"
    subtitle = (
        f"Days between a customer's orders; {gaps.customers:,} customers who came back, each counting the "
        f"same. {percent(gaps.share_within(horizon_days))} of the repeat orders come within your horizon."
    )
    return build_picture("gaps", title, subtitle, draw)


def _bin_gaps(gaps: Gaps) -> list[dict[str, float]]:
    """Return the bars up to where nearly all gaps are shown: `start` (exclusive), `end`, `share`."""
    longest = gaps.quantile(_GAPS_SHOWN) or 1
    width = next((days for days in _BAR_WIDTHS_DAYS if longest / days <= _BARS), _BAR_WIDTHS_DAYS[-1])
    binned = (
        pl.DataFrame({"start": (gaps.days - 1) // width * width, "share": gaps.share})
        .filter(pl.col("start") < longest)
        .group_by("start")
        .agg(pl.col("share").sum())
        .sort("start")
    )
    return [{"start": start, "end": start + width, "share": share} for start, share in binned.iter_rows()]


def _draw_mark(mark: _Mark, end: float, palette: Palette) -> alt.LayerChart | alt.FacetChart:
    right = mark.days < 0.7 * end
    chart = build_chart([{"days": mark.days, "words": mark.words}], palette=palette).encode(x="days:Q")
    line = chart.mark_rule(color=palette.mark, strokeWidth=1.5, strokeDash=[5, 4] if mark.row else [1, 0])
    text = chart.mark_text(
        align="left" if right else "right",
        dx=6 if right else -6,
        color=palette.mark,
        fontSize=12,
        baseline="top",
    )
    return alt.layer(line, text.encode(y=alt.value(2 + 18 * mark.row), text="words:N"))


def _draw_concentration(concentration: Concentration, horizon_days: int) -> Picture:
    share = concentration.golden_customer_share

    def draw(palette: Palette) -> alt.LayerChart | alt.FacetChart:
        x = alt.X(
            "customers:Q",
            title="share of all who ever ordered, best first",
            axis=shares_axis(grid=False),
            scale=alt.Scale(domain=[0, 1]),
        )
        y = alt.Y("value:Q", title=None, axis=shares_axis(), scale=alt.Scale(domain=[0, 1]))
        points = _points(concentration)
        curve = build_chart(points, _CURVE_HEIGHT, "share of the value", palette=palette).encode(x=x, y=y)
        best = [point for point in points if point["customers"] <= share]
        even = [{"customers": 0.0, "value": 0.0}, {"customers": 1.0, "value": 1.0}]
        return alt.layer(
            build_chart(best, palette=palette).encode(x=x, y=y).mark_area(color=palette.mark, opacity=0.18),
            build_chart(even, palette=palette)
            .encode(x=x, y=y)
            .mark_line(color=palette.faint, strokeDash=[3, 4], strokeWidth=1),
            curve.mark_line(color=palette.main, strokeWidth=2.5),
            _draw_golden_point(concentration, x, y, palette),
        )

    golden = percent(concentration.golden_value_share)
    title = f"{percent(share)} of all who ever ordered brought {golden} of the value"
    subtitle = (
        f"{concentration.customers:,} of {count(concentration.known, 'customer')} brought value in the last "
        f"{horizon_days} days, best first; the dotted line is a base where all bring the same."
    )
    return build_picture("concentration", title, subtitle, draw)


def _points(concentration: Concentration) -> list[dict[str, float]]:
    shares = zip(concentration.customer_share.tolist(), concentration.value_share.tolist(), strict=True)
    return [{"customers": customers, "value": value} for customers, value in shares]


def _draw_golden_point(
    concentration: Concentration, x: alt.X, y: alt.Y, palette: Palette
) -> alt.LayerChart | alt.FacetChart:
    share, value = concentration.golden_customer_share, concentration.golden_value_share
    words = f"tier A: {percent(share)} of the customers, {percent(value)} of the value"
    point = build_chart([{"customers": share, "value": value, "words": words}], palette=palette).encode(x=x)
    right = share < 0.55
    text = point.mark_text(
        align="left" if right else "right", dx=12 if right else -12, color=palette.mark, fontSize=12
    )
    return alt.layer(
        point.encode(y=y).mark_point(color=palette.mark, filled=True, size=90, opacity=1),
        text.encode(y=alt.value(_CURVE_HEIGHT - 14), text="words:N"),
    )
