"""One customer with 20 lines, as a request brings them: the time to all features."""

from __future__ import annotations

import datetime as dt
import json
import timeit

from features.clock import to_microseconds
from features.dialect import learn_dialect
from features.families import create_catalogue
from features.request_history import CustomerRows, build_history_of_rows
from features.tables import Tables
from training.synthetic import SyntheticConfig, build_tables

LINES = 20


def main() -> None:
    """Measure, and print the figures as JSON."""
    lines = build_tables(SyntheticConfig(customers=500)).transactions
    dialect = learn_dialect(Tables(lines.lazy()))
    catalogue = create_catalogue(dialect)
    busy = lines.group_by("customer_id").len().filter(len=LINES).sort("customer_id")["customer_id"][0]
    rows = lines.filter(customer_id=busy).drop("customer_id").to_dicts()
    as_of = to_microseconds(dt.datetime(2025, 1, 1, tzinfo=dt.UTC))

    def answer() -> None:
        catalogue.read(build_history_of_rows([CustomerRows(busy, transactions=rows)], dialect), as_of, 90)

    answer()
    best = min(timeit.repeat(answer, number=500, repeat=7)) / 500
    print(json.dumps({"milliseconds": best * 1e3, "features": len(catalogue.features)}))


if __name__ == "__main__":
    main()
