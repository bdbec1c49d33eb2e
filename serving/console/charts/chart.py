"""A chart: its Vega-Lite, a title that says what is to be seen, and the same figures as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import altair as alt
from altair.utils.schemapi import disable_debug_mode

disable_debug_mode()  # it checks every part of a chart as it is made; that takes longer than all the rest

MAIN, SECOND, MARK, FAINT, GRID, INK = "@main", "@second", "@mark", "@faint", "@grid", "@ink"
LOW, HIGH = "@low", "@high"
"""Ends of the colours of a heat map."""

SHORT = "datum.value == 0 ? '0' : replace(format(datum.value, '~s'), 'G', 'bn')"
"""Writes an axis' figures: 20k, 3M."""

FACTORS = "datum.value < 1 ? format(datum.value, '~f') : replace(format(datum.value, '~s'), 'G', 'bn')"
"""The same where figures begin below one."""


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes
    ----------
    name : str
        Names it on its page.
    title : str
        What is to be seen, in words.
    subtitle : str
        What is shown, with units.
    spec : mapping
        Vega-Lite.
    columns : tuple of str
        Of the table.
    rows : tuple of tuple of str
        The figures in words, for those who can't see the chart.
    """

    name: str
    title: str
    subtitle: str
    spec: Mapping[str, Any] = field(repr=False)
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @cached_property
    def json(self) -> str:
        """The Vega-Lite as text."""
        return json.dumps(self.spec, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def build_spec(chart: alt.Chart | alt.LayerChart | alt.FacetChart, height: int) -> dict[str, Any]:
    """Return the Vega-Lite of a chart that is as wide as the page lets it be."""
    spec: dict[str, Any] = chart.properties(width="container", height=height).to_dict(validate=False)
    spec.pop("$schema", None)
    spec["config"] = {}
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def build_data(rows: Sequence[Mapping[str, object]]) -> alt.InlineData:
    """Return rows as a chart's data."""
    # Not a list: it would be copied row by row at every step.
    return alt.InlineData(values=tuple(dict(row) for row in rows))


def amounts_axis(*, grid: bool = True) -> alt.Axis:
    """Return an axis of counts or money: 20k, 3M."""
    return alt.Axis(labelExpr=SHORT, tickCount=4, grid=grid)


def shares_axis(*, grid: bool = True) -> alt.Axis:
    """Return an axis of per cent."""
    return alt.Axis(format="~%", tickCount=5, grid=grid, labelOverlap="parity", labelSeparation=6)


def names_axis() -> alt.Axis:
    """Return an axis of names."""
    return alt.Axis(
        labelAngle=0, labelPadding=6, grid=False, ticks=False, labelLimit=220, labelOverlap="parity"
    )


def months_axis(*, bands: bool = False) -> alt.Axis:
    """Return an axis of months that names each year once; with bands a month has its name in its middle."""
    words = "timeFormat(datum.value, month(datum.value) == 0 ? '%Y' : '%b')"
    if bands:
        return alt.Axis(
            labelExpr=words, labelAngle=0, labelPadding=6, grid=False, labelOverlap=True, ticks=False
        )
    return alt.Axis(labelExpr=words, grid=False, labelFlush=True, labelOverlap=True, tickCount="month")


def legend(symbol: str = "square") -> alt.Legend:
    """Return a legend above the chart."""
    return alt.Legend(
        title=None, orient="top", symbolType=symbol, symbolStrokeWidth=3, labelLimit=260, columns=2
    )


def tips(*told: tuple[str, str] | tuple[str, str, str]) -> list[alt.Tooltip]:
    """Return what is told of a mark that is pointed at: field, words, and how figures are written."""
    return [
        alt.Tooltip(field, title=words, format=figures[0] if figures else alt.Undefined)
        for field, words, *figures in told
    ]


def heat(title: str, figures: str, least: float | None = None) -> dict[str, Any]:
    """Return the colour scale and legend of a heat map."""
    legend = alt.Legend(title=title, orient="top", gradientLength=160, format=figures, tickCount=3)
    scale = alt.Scale(range=[LOW, HIGH])
    if least is not None:
        scale = alt.Scale(range=[LOW, HIGH], domainMin=least)
    return {"scale": scale, "legend": legend}
