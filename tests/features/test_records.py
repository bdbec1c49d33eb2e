"""Rows are sorted by customer and time; rows that tie keep their order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.records import Records, sort_records
from features.timeline import IntArray


def sort(customer: IntArray, time: IntArray, customers: int) -> Records:
    """Sort rows whose third column is where they were before."""

    parts = np.array_split(np.arange(len(customer)), 3)

    def write(part: int, shift: int, places: IntArray, records: IntArray) -> None:
        for row in parts[part]:
            block = customer[row] >> shift
            records[places[block]] = customer[row], time[row], row
            places[block] += 1

    return sort_records([customer[part] for part in parts], customers, 3, write)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=40))
def test_as_python_sorts(rows: list[tuple[int, int]]) -> None:
    customer, time = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(2))
    records = sort(customer, time, 6)

    assert records.values.tolist() == sorted([who, when, i] for i, (who, when) in enumerate(rows))
    assert records.offsets.tolist() == [sum(who < one for who, _ in rows) for one in range(7)]
    assert records.instants.tolist() == [len({row for row in rows if row[0] < one}) for one in range(7)]


@pytest.mark.parametrize("customers", [1, 50, 70_000])
def test_many_rows_in_threads(customers: int) -> None:
    rng = np.random.default_rng(customers)
    customer, time = rng.integers(0, customers, 120_000), rng.integers(0, 500, 120_000)
    records = sort(customer, time, customers)

    order = np.lexsort((time, customer))
    assert np.array_equal(records.values, np.stack([customer, time, np.arange(len(time))], axis=1)[order])
    assert np.array_equal(np.diff(records.offsets), np.bincount(customer, minlength=customers))
    instants = np.bincount(np.unique(customer * 500 + time) // 500, minlength=customers)
    assert np.array_equal(np.diff(records.instants), instants)
