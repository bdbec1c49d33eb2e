from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import Catalogue
from features.clock import DAY_US
from features.dialect import learn_dialect
from features.families import create_catalogue
from features.history import History
from features.table_history import build_history
from features.tables import Tables
from training.snapshots import build_snapshots, choose_moments
from training.synthetic import SyntheticConfig, build_tables


@given(
    st.integers(1, 400), st.integers(0, 3000), st.integers(1, 30), st.one_of(st.none(), st.integers(1, 100))
)
def test_moments_leave_room_on_both_sides(horizon: int, days: int, count: int, step: int | None) -> None:
    moments = choose_moments(0, days * DAY_US, horizon, count, step_days=step)

    assert len(moments) <= count
    assert bool(moments) == (days >= 2 * horizon)
    for as_of in moments:
        assert horizon * DAY_US <= as_of <= (days - horizon) * DAY_US
    assert moments == sorted(set(moments), reverse=True)


@pytest.fixture(scope="module")
def business() -> tuple[History, Catalogue]:
    made = build_tables(SyntheticConfig(customers=300, days=400))
    tables = Tables(
        *(
            frame.lazy().with_columns(pl.col("timestamp").dt.replace_time_zone("UTC"))
            if "timestamp" in frame.columns
            else frame.lazy()
            for frame in (made.transactions, made.customers, made.events, made.contacts)
        )
    )
    dialect = learn_dialect(tables)
    return build_history(tables, dialect), create_catalogue(dialect)


def test_snapshots_hold_the_customers_known_then_with_features_and_labels_row_by_row(
    business: tuple[History, Catalogue],
) -> None:
    history, catalogue = business
    until = int(history.purchases.timeline.time.max()) + 1
    moments = choose_moments(int(history.purchases.timeline.time.min()), until, 60, 4)

    snapshots = list(build_snapshots(history, catalogue, moments, 60, 0.2, until=until))

    assert [snapshot.as_of for snapshot in snapshots] == moments
    sizes = [len(snapshot.labels.value) for snapshot in snapshots]
    assert sizes == sorted(sizes, reverse=True)  # the base grows with time
    value_h1 = catalogue.names.index("value_h1")
    for snapshot in snapshots:
        assert snapshot.features.matrix.shape == (len(snapshot.labels.value), len(catalogue.names))
        np.testing.assert_allclose(
            snapshot.features.matrix[:, value_h1], snapshot.labels.trailing_value, rtol=1e-6
        )
