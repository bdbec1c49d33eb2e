"""Reasons as bars: from a starting point, step by step, to what is predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

START = "A typical customer"
REST = "All other reasons"
BOTH = "A typical customer and all other reasons"

_LEAST = 0.005


@dataclass(frozen=True)
class Bar:
    """A step of a waterfall, or a bar beside a middle line.

    Attributes
    ----------
    text : str
    amount : float
        Money, or percentage points.
    left, width : float
        Where the bar is, in per cent of the whole breadth.
    kind : str
        ``start``, ``up``, ``down`` or ``end``.
    changeable : bool
        Whether the customer could change it.
    """

    text: str
    amount: float
    left: float
    width: float
    kind: str
    changeable: bool = False


@dataclass(frozen=True)
class Waterfall:
    """Bars, and where nothing is, in per cent of the breadth."""

    bars: tuple[Bar, ...]
    zero: float


def build_waterfall(
    end: float, reasons: Sequence[Mapping[str, Any]], start: float | None = None
) -> Waterfall:
    """Return the steps that add up to a predicted value.

    Parameters
    ----------
    end : float
        What is predicted, in money.
    reasons : sequence of mapping
        The strongest ones; what they leave is a step of its own.
    start : float, optional
        What is predicted of a typical customer; where it is not known, the first bar holds the rest too.

    Examples
    --------
    >>> steps = build_waterfall(60.0, [{"text": "many orders", "contribution": 40.0, "changeable": True}])
    >>> [(bar.kind, bar.amount, bar.left, round(bar.width, 1)) for bar in steps.bars]
    [('start', 20.0, 0.0, 33.3), ('up', 40.0, 33.333333333333336, 66.7), ('end', 60.0, 0.0, 100.0)]
    """
    left = end - sum(reason["contribution"] for reason in reasons)
    at = left if start is None else start
    # The amount that a reason's text ends with stands beside its bar.
    steps = [
        (
            reason["text"].rpartition(": ")[0] or reason["text"],
            reason["contribution"],
            bool(reason.get("changeable")),
        )
        for reason in reasons
    ]
    if start is not None and abs(left - start) > _LEAST:
        steps.append((REST, left - start, False))
    spans = [(BOTH if start is None else START, at, 0.0, at, "start", False)]
    for text, step, changeable in steps:
        spans.append((text, step, at, at + step, "up" if step > 0 else "down", changeable))
        at += step
    spans.append(("Expected value", end, 0.0, end, "end", False))
    lowest = min(0.0, *(min(low, high) for _, _, low, high, _, _ in spans))
    highest = max(0.0, *(max(low, high) for _, _, low, high, _, _ in spans))
    unit = 100 / ((highest - lowest) or 1.0)
    bars = tuple(
        Bar(text, amount, (min(low, high) - lowest) * unit, abs(high - low) * unit, kind, changeable)
        for text, amount, low, high, kind, changeable in spans
    )
    return Waterfall(bars, -lowest * unit)


def build_points(reasons: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """Return bars to the left and right of a middle line, the longest half the breadth."""
    longest = max((abs(reason["contribution"]) for reason in reasons), default=0.0) or 1.0
    bars = []
    for reason in reasons:
        width = 50 * abs(reason["contribution"]) / longest
        up = reason["contribution"] > 0
        left = 50.0 if up else 50.0 - width
        kind = "up" if up else "down"
        bars.append(
            Bar(reason["text"], reason["contribution"], left, width, kind, bool(reason.get("changeable")))
        )
    return tuple(bars)
