"""The reference of the features, written from their declarations so that it cannot fall behind them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from features.attributes import MAX_CATEGORIES, MIN_CUSTOMERS
from features.catalogue import Family
from features.families import FAMILIES
from features.view import WINDOWS, YEAR_DAYS, Window

_HEAD = """# Features

What is known of a customer at a moment, `as_of`: {count} figures in {families} families, besides the
customers' own attributes and the business's own kinds of events. A project has those that its tables feed.

**The history.** All figures are read off one history: each customer's rows sorted by time, with running
totals beside them, so that a sum over a window is the difference of two rows. A million customers and the one
of a request are read by the same code, to the same bit. Only rows with `timestamp < as_of` exist; whatever
happens at `as_of` or later changes nothing. Totals are integers (money and quantities in ten-thousandths), so
no order of rows changes a figure and sums are exact: the error is 0 for amounts that are multiples of 0.0001,
and at most 0.00005 a line for others.

**Windows** end right before `as_of` and are as long as so many horizons (`horizon_days`), so that a business
that is bought from daily and one that is bought from yearly are seen with the same eyes. `year_ago` is the
coming horizon, {year} days earlier.

| in the name | horizons | days with a horizon of 30 | of 365 |
|---|---|---|---|
{windows}

**NaN** is unknown: no table tells of it, nothing has happened yet, or it would be a ratio to nothing. A
figure is never infinite. A count of nothing is 0.

**Words** are what people read; `{{value}}` stands for the figure with its unit, `{{days}}` for the days of
the window. *Needs* is the table, the `table.column` or the `events:kind` without which a feature is left out.
*Can change* says whether the customer could change it from now on.

**Lines** are rows of `transactions`; those with a negative amount are returns. An **order** is what has one
`order_id` (without it: one calendar day of the project's time zone) and at least one amount above 0; it
counts from its first such line on. **Value** is the amount, or the margin where `[target] value` says so.

This page is written from the declarations: `python -m features.catalogue_docs`.
"""

_TAIL = f"""## attributes

Every further column of `customers` is a feature `attribute_<column>`, of the dimension growth potential,
which the customer can't be asked to change. Numbers stay as they are, true and false become 1 and 0, a date
becomes the days from it to `as_of` (one yet to come is missing), and text becomes its position among the
texts that at least {MIN_CUSTOMERS} customers shared when the model was trained, most frequent first,
{MAX_CATEGORIES} of them at most. All further texts are "other", one position further, also those never seen
then, provided that at least {MIN_CUSTOMERS} customers had such texts; else they are missing. What is missing
stays missing. Attributes carry no time: they are taken as they stand.

## own events

Every `kind` of events that the product does not know is counted under its own name: `event_<kind>_h1` over
the trailing horizon and `event_<kind>_ever` over all of the past, of the dimension engagement. The kinds are
those that there were when the model was trained, at most {MAX_CATEGORIES}.
"""


def build_features_docs() -> str:
    """Return `docs/features.md`: windows, unknowns, and a table of features for every family."""
    count = sum(len(reading.features) for family in FAMILIES for reading in family.readings)
    windows = "\n".join(_window_row(window) for window in WINDOWS)
    head = _HEAD.format(count=count, families=len(FAMILIES), windows=windows, year=YEAR_DAYS)
    return "\n".join([head, *(_section(family) for family in FAMILIES), _TAIL])


def _window_row(window: Window) -> str:
    if window.horizons == float("inf"):
        return f"| `{window.name}` | all of the past | | |"
    days = " | ".join(f"{window.horizons * horizon_days:g}" for horizon_days in (30, 365))
    return f"| `{window.name}` | {window.horizons:g} | {days} |"


def _section(family: Family) -> str:
    module = import_module(f"features.families.{family.name.replace(' ', '_')}")
    said = " ".join(inspect.cleandoc(module.__doc__ or "").partition(": ")[2].split())
    rows = "\n".join(_rows(family))
    return (
        f"## {family.name}\n\n{said[:1].upper()}{said[1:]}\n\n"
        "| feature | unit | dimension | words | needs | can change |\n"
        f"|---|---|---|---|---|---|\n{rows}\n"
    )


def _rows(family: Family) -> Iterator[str]:
    for reading in family.readings:
        note = " ".join(inspect.cleandoc(reading.read.__doc__ or "").split())
        for feature in reading.features:
            words = (f"{feature.words}. {note}" if note else feature.words).replace("|", "\\|")
            cells = (
                f"`{feature.name}`",
                feature.unit,
                feature.dimension.replace("_", " "),
                words,
                f"`{feature.needs}`",
                "yes" if feature.changeable else "no",
            )
            yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Write `docs/features.md` of the checkout."""
    path = Path(__file__).parent.parent / "docs" / "features.md"
    path.write_text(build_features_docs(), encoding="utf-8")


if __name__ == "__main__":
    main()
