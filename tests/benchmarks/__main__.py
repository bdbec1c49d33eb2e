"""Run the benchmarks and print their table: ``python -m tests.benchmarks [--customers N] [--write]``."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import Figure, run_alone

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
START, END = "<!-- speed -->\n", "<!-- /speed -->\n"


def measure_features(path: str, folder: str) -> Iterator[Figure]:
    """Yield the figures of the feature table."""
    found = run_alone("tests.benchmarks.feature_table", path, folder)
    size = f"{found['lines'] / 1e6:.1f} M lines, {found['customers'] / 1e6:.2f} M customers"
    yield Figure(
        f"{found['features']} features at 12 moments, {size}",
        found["all_s"] / found["reference_s"],
        "x DuckDB's GROUP BY",
        10,
        f"{found['all_s']:.2f} s against {found['reference_s']:.2f} s",
    )
    more = (found["all_s"] - found["first_s"]) / 11
    yield Figure(
        "one more moment",
        100 * more / found["first_s"],
        "% of the first",
        10,
        f"{more:.2f} s of {found['first_s']:.2f} s",
    )
    yield Figure("memory of all that", found["peak_gib"], "GiB", 4)
    one = run_alone("tests.benchmarks.one_customer")
    yield Figure(f"one customer with 20 lines, {one['features']} features", one["milliseconds"], "ms", 0.5)


def measure_summaries(path: str, folder: str) -> Iterator[Figure]:
    """Yield how much longer others take for less, on a slice."""
    found = run_alone("tests.benchmarks.summaries", path, folder)
    seconds = found["seconds"]
    ours = seconds.pop("uptier, all features")
    for name, theirs in seconds.items():
        yield Figure(
            f"{name}, {found['lines'] / 1e3:.0f} k lines",
            theirs / ours,
            "x our time for all features",
            note=f"{theirs:.2f} s against {ours:.2f} s",
        )


def write_page(figures: list[Figure]) -> None:
    """Put the table into docs/benchmarks.md."""
    lines = ["| what | figure | budget | | seen |\n", "|---|---:|---:|---|---|\n"]
    for f in figures:
        budget = "" if f.budget is None else f"{f.budget:g}"
        lines.append(f"| {f.what} | {f.figure:.2f} {f.unit} | {budget} | {f.verdict} | {f.note} |\n")
    cores = os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in ("polars", "numba", "duckdb"))
    lines.append(
        f"\n{dt.date.today():%Y-%m-%d}, {cores} cores, Python {platform.python_version()}, {packages}.\n"
    )
    text = PAGE.read_text()
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + START + "".join(lines) + END + after)


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--customers",
        type=int,
        default=610_000,
        help="customers; five in six order (default: 610,000)",
    )
    parser.add_argument("--write", action="store_true", help="keep the table in docs/benchmarks.md")
    arguments = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        with console.status("writing the big file, once"):
            path = run_alone("tests.benchmarks.big_file", str(arguments.customers))
        with console.status("measuring the feature table"):
            figures = list(measure_features(path, folder))
        with console.status("measuring what people use today"):
            figures += measure_summaries(path, folder)
    table = Table("what", "figure", "budget", "", "seen")
    for f in figures:
        budget = "" if f.budget is None else f"{f.budget:g}"
        table.add_row(f.what, f"{f.figure:.2f} {f.unit}", budget, f.verdict, f.note)
    console.print(table)
    if arguments.write:
        write_page(figures)


if __name__ == "__main__":
    main()
