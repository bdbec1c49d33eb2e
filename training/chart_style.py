"""How charts look: colours, light and dark, axes, and SVG from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

import altair as alt
import vl_convert as vlc
from altair.utils.schemapi import disable_debug_mode

disable_debug_mode()  # it checks every part of a chart as it is made; that takes longer than all the rest

WIDTH = 720
_VEGA_LITE = "v6.1"
_SHORT = "datum.value == 0 ? '0' : replace(format(datum.value, '~s'), 'G', 'bn')"
_NEW_YEAR = "month(datum.value) == 0 && date(datum.value) == 1"
_DATE = f"timeFormat(datum.value, {_NEW_YEAR} ? '%Y' : date(datum.value) == 1 ? '%b' : '%d %b')"


@dataclass(frozen=True)
class Palette:
    """Colours of one appearance."""

    ink: str
    faint: str
    grid: str
    main: str
    second: str
    mark: str


LIGHT = Palette("#1c2530", "#66707c", "#e3e7ec", "#2563ab", "#2f8f7a", "#c2571a")
DARK = Palette("#e8ecf1", "#9aa5b1", "#303945", "#6aa9f0", "#5cc4ab", "#f0955a")


@dataclass(frozen=True)
class Picture:
    """A chart as SVG in both appearances, with a title that says what is to be seen."""

    name: str
    title: str
    subtitle: str
    light: str
    dark: str


Drawing = Callable[[Palette], alt.LayerChart | alt.FacetChart | alt.VConcatChart]


def build_picture(name: str, title: str, subtitle: str, draw: Drawing) -> Picture:
    """Return a drawing in both appearances; rendered once, as they differ in nothing but their colours."""
    light = _render(draw(LIGHT), LIGHT)
    return Picture(name, title, subtitle, light, _recolour(light))


def _recolour(svg: str) -> str:
    for ours, theirs in zip(astuple(LIGHT), astuple(DARK), strict=True):
        svg = svg.replace(f'"{ours}"', f'"{theirs}"')
    return svg


def _render(chart: alt.LayerChart | alt.FacetChart | alt.VConcatChart, palette: Palette) -> str:
    spec = chart.to_dict(validate=False)
    spec["config"] = {
        "background": "transparent",
        "font": "Inter, 'Segoe UI', Helvetica, Arial, sans-serif",
        "view": {"stroke": None},
        "axis": {
            "labelColor": palette.faint,
            "titleColor": palette.faint,
            "titleFontWeight": "normal",
            "labelFontSize": 12,
            "titleFontSize": 12,
            "gridColor": palette.grid,
            "domainColor": palette.grid,
            "tickColor": palette.grid,
        },
    }
    return str(vlc.vegalite_to_svg(spec, vl_version=_VEGA_LITE))


def build_chart(
    values: Sequence[Mapping[str, object]], height: int | None = None, heading: str = "", *, palette: Palette
) -> alt.Chart:
    """Return a chart over rows; the heading names what its upright axis shows, with the unit."""
    # Not a list: it would be copied row by row at every step.
    data = alt.InlineData(values=tuple(dict(row) for row in values))
    if height is None:
        return alt.Chart(data)
    title = alt.TitleParams(
        heading, anchor="start", color=palette.faint, fontSize=12, fontWeight="normal", offset=6
    )
    return alt.Chart(data, width=WIDTH, height=height, title=title)


def amounts_axis() -> alt.Axis:
    """Return an upright axis of counts or money: 20k, 3M."""
    return alt.Axis(labelExpr=_SHORT, tickCount=4, domain=False, ticks=False)


def shares_axis(*, grid: bool = True) -> alt.Axis:
    """Return an axis of per cent."""
    return alt.Axis(format="~%", tickCount=5, domain=False, ticks=False, grid=grid)


def dates_axis() -> alt.Axis:
    """Return an axis of dates that names each year once."""
    return alt.Axis(labelExpr=_DATE, grid=False, labelFlush=True, tickCount=8)
