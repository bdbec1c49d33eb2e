"""Every feature is what an independent oracle says it is, on real data and on all four tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from features.families import FAMILIES
from tests.features.bases import Base, moment
from tests.features.oracle import Business, Past, learn_business
from tests.features.oracle_features import ORACLE, answer_for

FLOAT32 = 2.0**-23
"""Relative: what single precision rounds off, and a little for the order in which doubles are divided."""

LOOSER = {
    # Logarithms and directions are counted in 2^-20: a mean is off by 2^-21, the root of a difference more.
    "order_value_log_mean": 2**-20,
    "order_value_log_sd": 5e-3,
    "season_strength": 2**-19,
    "season_alignment": 2**-19,
    # The root of the difference of two nearly equal doubles.
    "gap_sd_days": 1e-5,
    "gap_variation": 1e-6,
    "overdue_deviations": 1e-4,
}
"""Absolute, in the feature's unit."""


def find_differences(base: Base, business: Business, as_of: dt.datetime, horizon_days: int) -> list[str]:
    """Return a line for each feature that is not what the oracle says."""
    table = base.read(as_of, horizon_days)
    rows = {name: base.rows_of(name) for name in ("transactions", "customers", "events", "contacts")}
    pasts = [
        Past(
            rows["transactions"].get(one, ()),
            rows["events"].get(one, ()),
            rows["contacts"].get(one, ()),
            rows["customers"].get(one, [{}])[0],
            as_of,
            horizon_days,
            business,
        )
        for one in base.history.ids
    ]
    differences = []
    for name, column in zip(table.names, table.matrix.T, strict=True):
        expected = np.array([float(answer_for(name)(past)) for past in pasts])
        near = np.isclose(column, expected, rtol=2 * FLOAT32, atol=LOOSER.get(name, 1e-9), equal_nan=True)
        if not near.all():
            who = int(np.argmin(near))
            found = f"{column[who]!r}, the oracle {expected[who]!r}"
            differences.append(f"{name}: {np.sum(~near)} differ; {base.history.ids[who]} has {found}")
    return differences


@pytest.mark.parametrize(("as_of", "horizon_days"), [(moment(2011, 9, 9), 91), (moment(2011, 6, 9), 183)])
def test_online_retail(retail: Base, as_of: dt.datetime, horizon_days: int) -> None:
    base = retail.sample(20)
    assert len(base.history) > 250
    assert find_differences(base, Business(), as_of, horizon_days) == []


def test_complete_journey(journey: Base) -> None:
    base = journey.sample(3)
    known = {"zone": "America/New_York", "values": journey.reading["values"]}
    assert base.customers is not None
    assert base.events is not None
    business = learn_business(base.customers.rows(named=True), base.events.rows(named=True), **known)
    assert find_differences(base, business, moment(2017, 10, 1, 4), 30) == []


@pytest.mark.parametrize(
    ("zone", "margin", "horizon_days", "as_of"),
    [("America/New_York", True, 90, moment(2024, 9, 1, 4)), ("UTC", False, 365, moment(2024, 12, 20))],
)
def test_all_four_tables(
    synthetic: Base, zone: str, margin: bool, horizon_days: int, as_of: dt.datetime
) -> None:
    category = synthetic.transactions["category"].drop_nulls()[0]
    values = (f"category:{category}", "channel:app", "review")
    base = replace(synthetic, reading={"timezone": zone, "margin": margin, "values": values})
    assert base.customers is not None
    assert base.events is not None
    customers, events = base.customers.rows(named=True), base.events.rows(named=True)
    business = learn_business(customers, events, zone=zone, margin=margin, values=values)
    assert find_differences(base, business, as_of, horizon_days) == []


def test_the_oracle_knows_every_feature(synthetic: Base) -> None:
    declared = {
        feature.name for family in FAMILIES for reading in family.readings for feature in reading.features
    }
    assert declared == set(ORACLE)
    for name in synthetic.catalogue.names:
        assert callable(answer_for(name))
