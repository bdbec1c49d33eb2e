"""Pictures of what lies beneath the whole: errors by group, and which features count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import altair as alt
import numpy as np

from training.chart_style import Palette, Picture, build_chart, build_picture, shares_axis
from training.evaluation.backtest import Importance
from training.evaluation.results import Results
from training.evaluation.slices import Slice
from training.wording import percent

_ROW = 22
_NAMES = 190
_WIDTH = 500
_FEATURES = 12
_FARTHEST = 1.5
"""Errors beyond are drawn at the edge: one tiny group must not flatten the rest."""


def draw_groups(results: Results, served: str) -> Iterator[Picture]:
    """Draw how far each group's total was off; nothing where there are no groups."""
    rows = [row for each in results.slices if (row := _describe(each, served))]
    if not rows:
        return
    groupings = list(dict.fromkeys(str(row["grouping"]) for row in rows))

    def draw(palette: Palette) -> alt.VConcatChart:
        parts = [
            _draw_grouping(
                name, [row for row in rows if row["grouping"] == name], palette, last=name == groupings[-1]
            )
            for name in groupings
        ]
        return alt.vconcat(*parts, spacing=14)

    told = [row for row in rows if row["grouping"] != "season"]  # the totals by window tell of those
    shown = [row for row in told if abs(float(row["bias"])) > 2 * float(row["error"])]
    worst = max(shown, key=lambda row: abs(float(row["bias"])), default=None)
    if worst is None:
        title = "No group's total is off by more than chance"
    else:
        side = "too much" if float(worst["bias"]) > 0 else "too little"
        size = percent(abs(float(worst["bias"])))
        title = f"{worst['words']}: {size} {side}, the largest error of a group"
    subtitle = "How far the predicted total is from what came; bars are two standard errors."
    yield build_picture("groups", title[:1].upper() + title[1:], subtitle, draw)


def _describe(each: Slice, served: str) -> dict[str, str | float] | None:
    bias, error = (ask(served, "value.bias") for ask in (each.evaluation.figure, each.evaluation.error))
    if not np.isfinite(bias) or not np.isfinite(error):
        return None
    low, high = (float(np.clip(bias + step * error, -1, _FARTHEST)) for step in (-2, 2))
    name = f"{each.group.replace('_', ' ')} ({each.rows:,})"
    shown = float(np.clip(bias, -1, _FARTHEST))
    return {
        "grouping": each.grouping,
        "words": each.words,
        "name": name,
        "bias": bias,
        "error": error,
        "shown": shown,
        "low": low,
        "high": high,
    }


def _draw_grouping(
    name: str, rows: list[dict[str, str | float]], palette: Palette, *, last: bool
) -> alt.LayerChart | alt.FacetChart:
    axis = alt.Axis(
        format="+%",
        domain=False,
        ticks=False,
        labels=last,
        values=[-1, -0.5, 0, 0.5, 1, 1.5],
        gridOpacity=0.7,
    )
    scale = alt.Scale(domain=[-1, _FARTHEST], nice=False)
    order = [str(row["name"]) for row in rows]
    y = alt.Y(
        "name:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=_NAMES, minExtent=_NAMES, domain=False, ticks=False, labelPadding=8),
    )
    chart = (
        build_chart(rows, _ROW * len(rows), f"by {name}", palette=palette)
        .properties(width=_WIDTH)
        .encode(y=y, x=alt.X("shown:Q", title=None, axis=axis, scale=scale))
    )
    zero = build_chart([{"at": 0}], palette=palette).mark_rule(color=palette.faint).encode(x="at:Q")
    return alt.layer(
        zero,
        chart.mark_rule(color=palette.main, strokeWidth=2, opacity=0.5).encode(
            x=alt.X("low:Q", title=None, axis=axis, scale=scale), x2="high:Q"
        ),
        chart.mark_point(color=palette.main, filled=True, size=60, opacity=1),
    )


def draw_importance(importance: Sequence[Importance]) -> Iterator[Picture]:
    """Draw how much each feature counts; nothing where that is not known."""
    largest = sorted(importance, key=lambda each: -each.share)[:_FEATURES]
    if not largest:
        return
    values = [{"words": each.words, "share": each.share} for each in largest]

    def draw(palette: Palette) -> alt.LayerChart | alt.FacetChart:
        chart = (
            build_chart(values, _ROW * len(values), palette=palette)
            .properties(width=_WIDTH - 60)
            .encode(
                y=alt.Y(
                    "words:N",
                    sort=None,
                    title=None,
                    axis=alt.Axis(labelLimit=250, minExtent=250, domain=False, ticks=False, labelPadding=8),
                ),
                x=alt.X("share:Q", title=None, axis=shares_axis()),
            )
        )
        return alt.layer(chart.mark_bar(color=palette.main, opacity=0.85, cornerRadius=2))

    title = f"What counts most: {largest[0].words}"
    shown = percent(sum(each.share for each in largest))
    subtitle = f"Share of the predictions' movement by feature; the {len(largest)} shown make up {shown}."
    yield build_picture("importance", title, subtitle, draw)
