"""Values: whether the customer buys and does what expresses the values shared with the business."""

from __future__ import annotations

from collections.abc import Iterable

from features.declarations import Family, literal
from features.families.breadth import bought_lines, bought_lines_h1
from features.figures import Figure, Known

VALUES = Family("values", "values_alignment", needs="values")

VALUES.totals(
    "values_lines",
    "values_lines",
    "lines",
    "{value} that express shared values {window}",
    theme="lines that express shared values",
)


@VALUES.feature(
    "values_line_share_ever",
    "share",
    "{value} of lines express shared values",
    theme="lines that express shared values",
)
def _(known: Known) -> Figure:
    return known.sum("values_lines") / bought_lines(known)


@VALUES.feature(
    "values_line_share_h1",
    "share",
    "{value} of the last {days} days' lines express shared values",
    horizons=1,
    theme="lines that express shared values",
)
def _(known: Known) -> Figure:
    return known.sum("values_lines", "h1") / bought_lines_h1(known)


def create_values_events(kinds: Iterable[str]) -> Family:
    """Return the family of events that express shared values."""
    family = Family("values", "values_alignment", needs="events")
    for kind in kinds:
        words = f"{{value}} of kind {literal(kind)} {{window}}, which express shared values"
        family.totals(f"events:{kind}", f"values_event_{kind}", "events", words)
    return family
