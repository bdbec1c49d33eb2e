from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

from features.clock import to_microseconds
from features.figures import KNOWN, Figure, larger, root, where
from features.program import Program
from features.view import View
from tests.features.bases import Base, moment

AS_OF = moment(2024, 9, 1)
ORDERS, VALUE = KNOWN.sum("orders"), KNOWN.sum("value")


@pytest.fixture(scope="module")
def base() -> Base:
    """Return three customers: of two orders, of one, and of a return only."""
    days = [400, 10, 20, 30]
    return Base(
        pl.DataFrame(
            {
                "customer_id": ["a", "a", "b", "c"],
                "timestamp": [AS_OF - dt.timedelta(days=day) for day in days],
                "amount": [9.0, 16.0, 4.0, -1.0],
            }
        )
    )


def work_out(base: Base, *figures: Figure, customers: list[int] | None = None) -> list[list[float]]:
    who = np.array([0, 1, 2] if customers is None else customers, dtype=np.int64)
    table = np.empty((len(figures), len(who)), dtype=np.float32)
    Program(list(enumerate(figures))).work_out(base.history, to_microseconds(AS_OF), 90, who, table)
    return [[float(value) for value in row] for row in table]


@pytest.mark.parametrize(
    ("figure", "values"),
    [
        (VALUE, [25.0, 4.0, -1.0]),
        (KNOWN.sum("value", "h1"), [16.0, 4.0, -1.0]),
        (VALUE + ORDERS, [27.0, 5.0, -1.0]),
        (VALUE - 1, [24.0, 3.0, -2.0]),
        (2 * VALUE, [50.0, 8.0, -2.0]),
        (VALUE / ORDERS, [12.5, 4.0, math.nan]),
        (VALUE > 4, [1.0, 0.0, 0.0]),
        (VALUE >= 4, [1.0, 1.0, 0.0]),
        (where(ORDERS > 1, VALUE), [25.0, math.nan, math.nan]),
        (larger(VALUE, 5), [25.0, 5.0, 5.0]),
        (larger(KNOWN.days_since("first_bought"), 30), [400.0, 30.0, 30.0]),
        (root(VALUE), [5.0, 2.0, 0.0]),
        (KNOWN.mark("largest_day_spend", 10_000.0), [16.0, 4.0, math.nan]),
        (KNOWN.horizon_days * ORDERS, [180.0, 90.0, 0.0]),
        (KNOWN.sum("cost"), [math.nan] * 3),
        (KNOWN.days_since("events"), [math.nan] * 3),
        (larger(KNOWN.sum("events:visit"), 0), [0.0] * 3),
    ],
)
def test_a_formula_says_what_it_reads(base: Base, figure: Figure, values: list[float]) -> None:
    assert work_out(base, figure)[0] == pytest.approx(values, nan_ok=True)


def test_what_formulas_share_is_right_in_each(base: Base) -> None:
    mean = VALUE / ORDERS
    figures = (mean, mean - VALUE, mean * mean, VALUE)

    alone = [work_out(base, figure)[0] for figure in figures]
    assert np.array_equal(work_out(base, *figures), alone, equal_nan=True)


def test_customers_are_read_in_the_order_asked_for(base: Base) -> None:
    assert work_out(base, VALUE, customers=[2, 0]) == [[-1.0, 25.0]]
    assert work_out(base, VALUE, customers=[]) == [[]]


def test_a_window_that_there_is_not_is_refused(base: Base) -> None:
    with pytest.raises(KeyError, match="h3"):
        work_out(base, KNOWN.sum("orders", "h3"))


def test_a_view_reads_the_same(base: Base) -> None:
    view = View(base.history, to_microseconds(AS_OF), 90, np.arange(3))

    assert view.sum("value", "h1").tolist() == work_out(base, KNOWN.sum("value", "h1"))[0]
    assert view.sum("orders", "year_ago").tolist() == work_out(base, KNOWN.sum("orders", "year_ago"))[0]
    assert view.days_since("last_bought")[:2].tolist() == [10.0, 20.0]
    assert np.isnan(view.sum("events:visit")).all()
    assert np.isnan(view.days_since("contacts")).all()
