"""The chart of a customer: what happened, and when the next order is expected."""

from __future__ import annotations

import datetime as dt

import altair as alt

from models.overview import CustomerDetail
from models.score_store.publication import Publication
from serving.console.charts.chart import FAINT, INK, MAIN, MARK, SECOND, Chart, build_data, build_spec, tips
from serving.console.wording import count, day, money

_EVENT_KINDS = 4
_OTHERS = "other events"
_COLOURS = {"orders": MAIN, "returns": MARK, "contacts": SECOND, "held out": FAINT}
_LANES = {"order": "orders", "return": "returns", "contact": "contacts", "held_out": "held out"}


def draw_timeline(detail: CustomerDetail, next_order: dt.date | None, publication: Publication) -> Chart:
    """Draw orders, events and contacts in lanes of their own, orders by size."""
    lanes = _list_lanes(detail)
    layers = [_draw_points(detail, lanes)]
    if next_order is not None:
        rule = alt.Chart(build_data([{"day": next_order.isoformat()}])).encode(x="day:T")
        layers.append(rule.mark_rule(color=MARK, strokeWidth=2, strokeDash=[5, 4]))
    left_out = detail.happenings - len(detail.timeline.day)
    shown = f"the last {len(detail.timeline.day)} of {detail.happenings:,}; " if left_out > 0 else ""
    next_words = "; the dashed line is the next expected order" if next_order else ""
    return Chart(
        "timeline",
        _say(detail, publication, next_order),
        f"What happened: {shown}a larger dot is a larger order, in {publication.currency}{next_words}.",
        build_spec(alt.layer(*layers), 60 + 34 * len(lanes)),
    )


def _draw_points(detail: CustomerDetail, lanes: list[str]) -> alt.Chart:
    colours = [_COLOURS.get(lane, INK) for lane in lanes]
    days = alt.Axis(format="%b %Y", grid=False, labelOverlap=True, tickCount=6)
    points: alt.Chart = (
        alt.Chart(build_data(_list_rows(detail)))
        .mark_point(filled=True, opacity=0.6)
        .encode(
            x=alt.X("day:T", title=None, scale=alt.Scale(padding=16), axis=days),
            y=alt.Y("lane:N", title=None, sort=lanes, axis=alt.Axis(ticks=False, grid=True, labelLimit=110)),
            size=alt.Size("size:Q", scale=alt.Scale(range=[45, 420], domainMin=0), legend=None),
            color=alt.Color("lane:N", scale=alt.Scale(domain=lanes, range=colours), legend=None),
            tooltip=tips(
                ("day:T", "day", "%d %b %Y"), ("lane:N", "what"), ("told:N", "more"), ("amount:N", "value")
            ),
        )
    )
    return points


def _list_lanes(detail: CustomerDetail) -> list[str]:
    used = {row["lane"] for row in _list_rows(detail)}
    return [lane for lane in (*_LANES.values(), *_find_kinds(detail), _OTHERS) if lane in used]


def _list_rows(detail: CustomerDetail) -> list[dict[str, object]]:
    timeline, kinds = detail.timeline, _find_kinds(detail)
    rows: list[dict[str, object]] = []
    happenings = zip(timeline.day, timeline.kind, timeline.words, timeline.money, timeline.count, strict=True)
    for when, kind, words, worth, often in happenings:
        lane = _LANES.get(kind) or (words if words in kinds else _OTHERS)
        told = words if kind in _LANES else f"{words}, {often} times" if often > 1 else words
        rows.append(
            {
                "day": when.isoformat(),
                "lane": lane,
                "told": told,
                "size": abs(worth or 0.0),
                "amount": "" if worth is None else f"{worth:,.2f}",
            }
        )
    return rows


def _find_kinds(detail: CustomerDetail) -> list[str]:
    """Return the kinds of events that have a lane of their own: the most frequent."""
    counts: dict[str, int] = {}
    for kind, words in zip(detail.timeline.kind, detail.timeline.words, strict=True):
        if kind == "event":
            counts[words] = counts.get(words, 0) + 1
    return sorted(counts, key=lambda words: (-counts[words], words))[:_EVENT_KINDS]


def _say(detail: CustomerDetail, publication: Publication, next_order: dt.date | None) -> str:
    since = publication.as_of.date() - dt.timedelta(days=publication.horizon_days)
    timeline = detail.timeline
    orders = [
        worth or 0.0
        for when, kind, worth in zip(timeline.day, timeline.kind, timeline.money, strict=True)
        if kind == "order" and when >= since
    ]
    words = f"{count(len(orders), 'order')} in the last {count(publication.horizon_days, 'day')}"
    if orders:
        words += f", {money(sum(orders) / len(orders), publication.currency)} each"
    return f"{words}; the next is expected about {day(next_order)}" if next_order else words
