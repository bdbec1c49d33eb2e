"""The future never changes a feature; nor does the order or the cut of the rows that came before."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import FeatureTable
from features.clock import to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import TableConfig, Tables, TablesConfig, scan_tables
from tests.features.bases import Base, differing, moment, read_online

AS_OF = moment(2024, 6, 1, 4)
HORIZON_DAYS = 60
READING = {"timezone": "America/New_York", "margin": True, "values": ("channel:app",)}

LATER = st.one_of(
    st.just(AS_OF),
    st.just(AS_OF + dt.timedelta(microseconds=1)),
    st.integers(0, 400 * 86_400).map(lambda seconds: AS_OF + dt.timedelta(seconds=seconds)),
)
WHO = st.sampled_from(["C0000001", "C0000005", "C0000009", "C0000015", "A new one", "C0000005 b", "ZZ"])
FIGURE = st.one_of(st.none(), st.sampled_from([0.0, 0.01, 5.0, 1e9]))
LINE = st.fixed_dictionaries(
    {"customer_id": WHO, "timestamp": LATER, "amount": st.sampled_from([-9e9, -12.5, 0.0, 0.01, 30.0, 9e9])},
    optional={
        "order_id": st.sampled_from(["straddles", "another"]),
        "product_id": st.sampled_from(["P1", "new"]),
        "category": st.sampled_from(["Garden", "new"]),
        "quantity": st.integers(0, 5),
        "discount": FIGURE,
        "cost": FIGURE,
        "channel": st.sampled_from(["app", "new"]),
        "seller_id": st.sampled_from(["S01", "new"]),
    },
)
EVENT = st.fixed_dictionaries(
    {
        "customer_id": WHO,
        "timestamp": LATER,
        "kind": st.sampled_from(["visit", "review", "complaint", "new"]),
    },
    optional={"value": FIGURE},
)
CONTACT = st.fixed_dictionaries(
    {"customer_id": WHO, "timestamp": LATER, "campaign_id": st.just("K")},
    optional={"treated": st.booleans(), "cost": FIGURE},
)


@pytest.fixture(scope="module")
def base(synthetic: Base) -> Base:
    """Return 120 customers, and an order before `AS_OF` that later lines may join."""
    some = pl.col("customer_id").str.slice(-1).is_in(["1", "5", "9"])
    few = replace(synthetic, **{name: getattr(synthetic, name).filter(some) for name in synthetic.names})
    order = {"customer_id": "C0000005", "timestamp": AS_OF - dt.timedelta(microseconds=1), "amount": 7.0}
    lines = few.transactions.vstack(_frame([order | {"order_id": "straddles"}], few.transactions))
    return replace(few, transactions=lines, reading=READING | {"until": AS_OF})


def _frame(rows: list[dict[str, Any]], like: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=like.schema)


def _read(tables: Tables, base: Base) -> tuple[FeatureTable, list[str]]:
    history = build_history(tables, base.dialect)
    return base.catalogue.read(history, to_microseconds(AS_OF), HORIZON_DAYS), history.ids.to_list()


@settings(max_examples=25)
@given(st.lists(LINE, max_size=8), st.lists(EVENT, max_size=5), st.lists(CONTACT, max_size=5))
def test_what_comes_later_changes_nothing(
    base: Base, lines: list[dict[str, Any]], events: list[dict[str, Any]], contacts: list[dict[str, Any]]
) -> None:
    assert base.customers is not None
    added = {
        "transactions": lines,
        "events": events,
        "contacts": contacts,
        "customers": [{"customer_id": "A new one"}],
    }
    more = {
        name: getattr(base, name).vstack(_frame(rows, getattr(base, name))) for name, rows in added.items()
    }
    after, ids = _read(replace(base, **more).tables, base)
    rows = [ids.index(one) for one in base.history.ids]
    before = base.read(AS_OF, HORIZON_DAYS)
    assert differing(before.names, before.matrix, after.matrix[rows]) == []
    assert before.matrix.tobytes("C") == after.matrix[rows].tobytes("C")

    learned = replace(base, **(more | {"customers": base.customers})).tables
    assert learn_dialect(learned, **base.reading) == base.dialect


def test_later_rows_may_as_well_not_be_there(base: Base) -> None:
    """Whoever has rows at `AS_OF` reads the same with the rest cut off, by the caller or by `until`."""
    before = base.read(AS_OF, HORIZON_DAYS)
    cut = {
        name: getattr(base, name).filter(pl.col("timestamp") < AS_OF)
        for name in ("transactions", "events", "contacts")
    }
    for history in (
        build_history(replace(base, **cut).tables, base.dialect),
        build_history(base.tables, base.dialect, until=AS_OF),
    ):
        known = np.flatnonzero(base.history.ids.is_in(history.ids.to_list()).to_numpy())
        after = base.catalogue.read(history, to_microseconds(AS_OF), HORIZON_DAYS)
        assert differing(before.names, before.matrix[known], after.matrix) == []


def test_a_request_may_hold_the_future_too(base: Base) -> None:
    ids = base.history.ids.to_list()
    all_rows = read_online(base.customer_rows(ids), base, AS_OF, HORIZON_DAYS)
    past = read_online(base.customer_rows(ids, AS_OF), base, AS_OF, HORIZON_DAYS)
    assert differing(base.catalogue.names, all_rows, past) == []


@settings(max_examples=10)
@given(st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_and_chunks_of_rows_do_not_matter(base: Base, random: Any, pieces: int) -> None:
    shuffled = {}
    for name in base.names:
        table = getattr(base, name).sample(fraction=1, shuffle=True, seed=random.randrange(2**32))
        cut = [
            table.slice(i, 1 + len(table) // pieces) for i in range(0, len(table), 1 + len(table) // pieces)
        ]
        random.shuffle(cut)
        shuffled[name] = pl.concat(cut, rechunk=False)
    before, (after, ids) = base.read(AS_OF, HORIZON_DAYS), _read(replace(base, **shuffled).tables, base)
    assert ids == base.history.ids.to_list()
    assert differing(before.names, before.matrix, after.matrix) == []


def test_files_in_another_order_and_copies_of_them_do_not_matter(base: Base, tmp_path: Path) -> None:
    for name in base.names:
        (tmp_path / name).mkdir()
        table: pl.DataFrame = getattr(base, name)
        for i, part in enumerate(
            table.sample(fraction=1, shuffle=True, seed=3).iter_slices(1 + len(table) // 3)
        ):
            part.write_parquet(tmp_path / name / f"{2 - i}.parquet")
        shutil.copy(tmp_path / name / "1.parquet", tmp_path / name / "1 (copy).parquet")
    sources = {name: TableConfig(source=str(tmp_path / name)) for name in base.names}
    after, ids = _read(scan_tables(TablesConfig(**sources)), base)
    before = base.read(AS_OF, HORIZON_DAYS)
    assert ids == base.history.ids.to_list()
    assert differing(before.names, before.matrix, after.matrix) == []


def test_lines_that_are_there_twice_within_a_file_count_twice(base: Base) -> None:
    """Two equal lines may be two pieces bought; the check reports them, the features do not guess."""
    twice = replace(base, transactions=base.transactions.vstack(base.transactions))
    before, (after, _) = base.read(AS_OF, HORIZON_DAYS), _read(twice.tables, base)
    column = before.names.index
    assert np.array_equal(after.matrix[:, column("lines_ever")], 2 * before.matrix[:, column("lines_ever")])
    assert np.array_equal(after.matrix[:, column("gross_ever")], 2 * before.matrix[:, column("gross_ever")])
    with_ids = base.transactions["order_id"].is_not_null().all()
    assert not with_ids
    assert np.array_equal(after.matrix[:, column("orders_ever")], before.matrix[:, column("orders_ever")])
