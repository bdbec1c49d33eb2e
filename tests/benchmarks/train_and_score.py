"""Training and scoring a business: time, processor time and memory of each, in a process of its own."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from pathlib import Path

from models.settings import Settings, load_settings
from tests.benchmarks.measure import peak_gib
from training.customer_base import CustomerBase
from training.score import save_scores
from training.synthetic import SyntheticConfig, write_tables
from training.train import train

HORIZON_DAYS = 90


def create_project(folder: Path, lines: Path) -> Settings:
    """Return the settings of a project beside its lines."""
    config = folder / "uptier.toml"
    config.write_text(
        f'[project]\nname = "bench"\n[target]\nhorizon_days = {HORIZON_DAYS}\n'
        f'[tables.transactions]\nsource = "{lines}"\n'
    )
    return load_settings(config)


def warm_up(folder: Path) -> None:
    """Load what is compiled and imported, once, on a small business."""
    small = folder / "small"
    settings = create_project(small, write_tables(small, SyntheticConfig(customers=600)).transactions)
    train(settings)
    save_scores(CustomerBase.open(settings).score(reasons=0), small / "scores.parquet")
    shutil.rmtree(small)


def main(lines: str, folder: str, step: str) -> None:
    """Measure one step, and print its figures as JSON."""
    home = Path(folder)
    warm_up(home)
    settings = create_project(home, Path(lines))
    start, used = time.perf_counter(), _processor_s()
    if step == "train":
        trained = train(settings)
        seen = {"lines": trained.data.rows, "customers": trained.customers}
    else:
        scores = CustomerBase.open(settings).score(reasons=0)
        save_scores(scores, home / "scores.parquet")
        seen = {"customers": len(scores)}
    found = {"seconds": time.perf_counter() - start, "processor_s": _processor_s() - used}
    print(json.dumps({**found, **seen, "peak_gib": peak_gib()}))


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
