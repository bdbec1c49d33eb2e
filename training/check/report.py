"""The check as a page to hand around, and as JSON: self-contained, nothing is loaded from anywhere."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.check.charts import draw_pictures
from training.check.findings import Severity
from training.check.result import CheckResult
from training.check.terminal import describe_rows
from training.check.verdict import say_verdict
from training.wording import count, money, percent

_TEMPLATES = Path(__file__).parent / "templates"


def save_report(result: CheckResult, folder: Path) -> Path:
    """Write `check.html` and `check.json` into a folder and return the page's path.

    Both are written aside before either is renamed, so that a reader never meets half a file, nor a page and
    figures of different checks because the disk was full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "check.html"
    figures = json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n"
    texts = {page: build_page(result), folder / "check.json": figures}
    asides = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, text in texts.items():
            asides[path].write_text(text, encoding="utf-8")
        for path, aside in asides.items():
            aside.replace(path)
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)
    return page


def build_page(result: CheckResult) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _write_cell
    environment.filters["thousands"] = lambda number: f"{number:,}"
    base = result.base
    pictures = draw_pictures(base, result.currency, result.horizon_days, result.golden) if base else []
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
            f"of {base.target.known:,} known on {base.target.as_of}, within {horizon} days",
        )
    if base.concentration:
        share = percent(base.concentration.golden_customer_share)
        yield (
            "golden share",
            share,
            f"of the customers bring {percent(result.golden)} of the last {horizon} days' value",
        )
