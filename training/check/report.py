"""The check as a page to hand around, and as JSON: self-contained, nothing is loaded from anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.check.charts import draw_pictures
from training.check.findings import Severity
from training.check.result import CheckResult
from training.check.terminal import describe_rows
from training.check.verdict import say_verdict
from training.page import create_templates, save_together, write_json
from training.wording import count, money, percent

_TEMPLATES = Path(__file__).parent / "templates"


def save_report(result: CheckResult, folder: Path) -> Path:
    """Write `check.html` and `check.json` into a folder, both or neither, and return the page's path."""
    page = folder / "check.html"
    save_together({page: build_page(result), folder / "check.json": write_json(result.to_dict())})
    return page


def build_page(result: CheckResult) -> str:
    """Return the page as HTML."""
    environment = create_templates(_TEMPLATES)
    environment.filters["cell"] = _write_cell
    environment.filters["thousands"] = lambda number: f"{number:,}"
    base = result.base
    pictures = draw_pictures(base, result.currency, result.horizon_days) if base else []
    return environment.get_template("check.html").render(
        result=result,
        verdict=say_verdict(result),
        tiles=list(_list_tiles(result)),
        pictures=pictures,
        rows=describe_rows(result),
        groups=[(severity, result.of(severity)) for severity in Severity if result.of(severity)],
    )


def _write_cell(value: Any) -> str:
    """Return a smallest or largest value for a cell of a table."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, int | float) else str(value)


def _list_tiles(result: CheckResult) -> Iterator[tuple[str, str, str]]:
    """Yield label, figure and explanation of what a manager asks first."""
    base, horizon = result.base, result.horizon_days
    if base is None:
        return
    yield "customers", f"{base.customers:,}", f"{base.gaps.customers:,} of them bought on more than one day"
    yield "orders", f"{base.orders:,}", f"{count(base.lines, 'line')}"
    yield "value", money(base.value, result.currency), f"{base.first_day} to {base.newest_day}"
    yield (
        "history",
        count(base.history_days, "day"),
        f"{base.history_days / horizon:.1f} horizons of {horizon} days",
    )
    if base.target.churn_rate is not None:
        yield (
            "churn rate",
            percent(base.target.churn_rate),
            f"of {base.target.known:,} known on {base.target.as_of}, within {count(base.target.days, 'day')}",
        )
    if base.concentration:
        share = percent(base.concentration.golden_customer_share)
        yield (
            "golden share",
            share,
            f"of all who ever ordered brought {percent(base.concentration.golden_value_share)} of the last "
            f"{horizon} days' value",
        )
