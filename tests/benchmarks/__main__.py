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
from tests.benchmarks.serve import TOGETHER

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


def measure_lists(customers: int) -> Iterator[Figure]:
    """Yield what reading and publishing scores take."""
    found = run_alone("tests.benchmarks.lists", str(customers))
    for name, figures in found["stores"].items():
        size = f"{customers / 1e6:.1f} M customers in {name}"
        lists = {each: taken for each, taken in figures.items() if each.startswith("list")}
        slowest = max(lists, key=lambda each: lists[each])
        yield Figure(f"slowest list, {size}", lists[slowest], "ms", 50, slowest.removeprefix("list: "))
        budgets = [taken for each, taken in figures.items() if each.startswith("budget")]
        yield Figure(f"budget list, {size}", max(budgets), "ms", 300)
        yield Figure(f"one customer by id, {size}", figures["get"], "ms")
        first = f"first list after it {figures['first list']:.0f} ms"
        yield Figure(f"publish, {size}", figures["publish_s"], "s", note=first)
    more = found["peak_gib"] - found["before_gib"]
    note = f"beside the scores; the file takes {found['sqlite_gib']:.1f} GiB"
    yield Figure("memory of publishing", more, "GiB", note=note)


def measure_pages(customers: int) -> Iterator[Figure]:
    """Yield what the console's pages and the service's long lists take over HTTP."""
    found = run_alone("tests.benchmarks.pages", str(customers))
    size = f"{customers / 1e6:.1f} M customers"
    for key, what in (
        ("again", "slowest page of the console"),
        ("first", "the same, each asked for the first time"),
        ("at_start", "the same, as soon as the service is ready"),
    ):
        pages = {name: taken for name, taken in found[key].items() if not name.startswith("a thousand")}
        slowest = max(pages, key=lambda name: pages[name])
        yield Figure(f"{what}, {size}", pages[slowest], "ms", 300, slowest)
    for name, (came, loaded, drawn) in sorted(found["seen"].items(), key=lambda each: -each[1][2])[:1]:
        note = f"{name}: has come after {came:.0f} ms, is loaded after {loaded:.0f} ms"
        yield Figure(f"slowest page in a browser, with its charts drawn, {size}", drawn, "ms", note=note)
    for name in ("a thousand candidates", "a thousand customers"):
        yield Figure(f"{name} as JSON, {size}", found["again"][name], "ms", 50, "over HTTP")


def measure_training(big: str, folder: str, customers: int) -> Iterator[Figure]:
    """Yield the figures of training and scoring a tenth of the big file, and how they grow to all of it."""
    small = run_alone("tests.benchmarks.big_file", str(customers // 10))
    grown: dict[str, dict[str, dict[str, float]]] = {}
    for size, path in (("tenth", small), ("all", big)):
        home = Path(folder) / size
        home.mkdir()
        for step in ("train", "score"):
            found = run_alone("tests.benchmarks.train_and_score", path, str(home), step)
            grown.setdefault(step, {})[size] = found
    lines, base = grown["train"]["tenth"]["lines"], grown["train"]["tenth"]["customers"]
    for step, budget in (("train", 90), ("score", 10)):
        tenth, everything = grown[step]["tenth"], grown[step]["all"]
        yield Figure(
            f"{step}, {lines / 1e6:.1f} M lines, {base / 1e3:.0f} k customers",
            tenth["seconds"],
            "s",
            budget,
            f"{tenth['processor_s']:.0f} s of processors, {tenth['peak_gib']:.1f} GiB",
        )
        yield Figure(
            f"{step}, ten times of it",
            everything["processor_s"] / tenth["processor_s"],
            "x the processors' time",
            10,
            f"{everything['seconds']:.0f} s, {everything['processor_s']:.0f} s of processors",
        )
        yield Figure(f"{step}, memory of that", everything["peak_gib"], "GiB", 4)


def measure_prediction() -> Iterator[Figure]:
    """Yield what the inside of `/predict` takes, and a base."""
    found = run_alone("tests.benchmarks.predict_inner")
    for key, what, budget in (
        ("1_0", "one customer with 20 lines", 450),
        ("1_5", "the same with five reasons a target", 1_300),
        ("100_0", "one of 100 customers with 20 lines each", 200),
        ("100_5", "the same with five reasons a target", None),
        ("batch_0", "one customer of a base, by one core", 50),
        ("batch_5", "the same with five reasons a target", None),
    ):
        yield Figure(f"rows to scores, {what}", found[key], "us", budget)


def measure_service() -> Iterator[Figure]:
    """Yield what requests cost, beside an empty route and beside MLflow's own server of the bundle."""
    found = run_alone("tests.benchmarks.serve")
    for several, routes in (("", found), (f", {TOGETHER} connections", found["together"])):
        empty, one, told = (routes[name] for name in ("empty", "one", "reasons"))
        budgets = (1 / 0.30, 1 / 0.15) if several else (None, None)
        for what, figures, budget in zip(
            ("20 lines", "five reasons a target"), (one, told), budgets, strict=True
        ):
            note = f"{figures['cpu']:.2f} ms against {empty['cpu']:.2f} ms of processor"
            yield Figure(
                f"/predict, {what}{several}", figures["cpu"] / empty["cpu"], "x an empty route", budget, note
            )
        note = f"{one['p99']:.1f} ms against {empty['p99']:.1f} ms"
        what = f"/predict, 99th percentile{several}"
        yield Figure(what, one["p99"] / empty["p99"], "x an empty route's", 4, note)
    hundred = found["hundred"]["cpu"]
    note = f"{1e5 / hundred:,.0f} customers a second"
    yield Figure("/predict, 100 customers with 20 lines", hundred, "ms", 1e5 / 3_000, note)
    for several, key in (("", "mlflow"), (f", {TOGETHER} connections", "mlflow_together")):
        theirs, ours = found[key]["mlflow"], found[key]["one"]
        note = f"{theirs['cpu']:.2f} ms of processor, and {theirs['p50']:.0f} ms to wait"
        share = 100 * ours["cpu"] / theirs["cpu"]
        budget = 100 / 3 if several else None
        yield Figure(f"/predict, beside mlflow models serve{several}", share, "% of its time", budget, note)
    yield Figure("start to ready", found["ready_s"], "s", 3, f"{found['ready_cpu_s']:.1f} s of processor")
    yield Figure("memory of one of two workers", found["worker_mib"], "MiB")


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
        with console.status("publishing a base, and reading lists of it"):
            figures += measure_lists(1_000_000)
        with console.status("publishing a base, and asking for its pages"):
            figures += measure_pages(1_000_000)
        with console.status("measuring what people use today"):
            figures += measure_summaries(path, folder)
        with console.status("measuring training and scoring"):
            figures += measure_training(path, folder, arguments.customers)
        with console.status("measuring the service"):
            figures += measure_service()
        with console.status("measuring predictions"):
            figures += measure_prediction()
    table = Table("what", "figure", "budget", "", "seen")
    for f in figures:
        budget = "" if f.budget is None else f"{f.budget:g}"
        table.add_row(f.what, f"{f.figure:.2f} {f.unit}", budget, f.verdict, f.note)
    console.print(table)
    if arguments.write:
        write_page(figures)


if __name__ == "__main__":
    main()
