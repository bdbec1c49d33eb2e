from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from features.clock import to_microseconds
from features.dialect import learn_dialect
from features.table_history import build_history
from features.tables import Tables
from features.view import View
from models.process import KINDS, Past, fit_process, fit_spend
from models.season import Season
from models.target import TargetConfig
from tests.training.test_fit import zoned
from training.fitting import Fitting
from training.levels import forecast_levels
from training.synthetic import SyntheticConfig, build_tables


@pytest.fixture(scope="module")
def history() -> Fitting:
    """Return a business of 100 days; the horizon is for a test to choose."""
    made = build_tables(SyntheticConfig(customers=1_000, days=100, orders_per_year=3, seed=5))
    tables = Tables(zoned(made.transactions))
    dialect = learn_dialect(tables)
    as_of = to_microseconds(dt.datetime(2023, 4, 11))
    return Fitting(build_history(tables, dialect), dialect, TargetConfig(horizon_days=180), as_of)


def forecast_totals(fitting: Fitting, kind: str) -> tuple[float, float]:
    """Return the value and the active customers that are forecast on top of a kind of process."""
    horizon, as_of = fitting.target.horizon_days, fitting.as_of
    past = Past.read(View(fitting.history, as_of, horizon, fitting.known))
    process = fit_process(past, as_of, Season(), kind, fit_spend(past))
    levels = forecast_levels(fitting, process, [])
    _, active, _, _, value = process.expect(past, as_of, horizon).sum(axis=1)
    return levels.value.factor * value, levels.activity.factor * active


def test_givers_as_regular_as_a_year_are_expected_as_often_as_they_give() -> None:
    rng = np.random.default_rng(3)
    start = dt.datetime(2014, 6, 1, tzinfo=dt.UTC)
    lines = [
        {
            "customer_id": str(giver),
            "timestamp": start + dt.timedelta(days=365 * year + giver % 300),
            "amount": 10.0,
        }
        for giver in range(300)
        for year in range(10)
        if rng.random() < 0.7
    ]
    tables = Tables(zoned(pl.DataFrame(lines)))
    dialect = learn_dialect(tables)
    as_of = to_microseconds(start + dt.timedelta(days=365 * 9))
    fitting = Fitting(build_history(tables, dialect), dialect, TargetConfig(horizon_days=365), as_of)
    past = Past.read(View(fitting.history, as_of, 365, fitting.known))
    process = fit_process(past, as_of, Season(), "BG/NBD", fit_spend(past))
    expected = fitting.read_known(fitting.create_catalogue(process), process).process("active").mean()
    assert expected < 0.6
    levels = forecast_levels(fitting, process, fitting.choose_moments(3))
    assert expected * levels.activity.factor == pytest.approx(0.7, abs=0.06)


def test_in_a_short_history_totals_do_not_depend_on_which_process_ranks_best(history: Fitting) -> None:
    assert history.labelled_days < history.target.horizon_days
    totals = [forecast_totals(history, kind) for kind in KINDS]
    for found in totals[1:]:
        assert found == pytest.approx(totals[0])


def test_in_a_longer_history_the_process_tells_its_own_totals(history: Fitting) -> None:
    longer = Fitting(history.history, history.dialect, TargetConfig(horizon_days=30), history.as_of)
    first, second = (forecast_totals(longer, kind) for kind in ("BG/NBD", "Pareto/NBD"))
    assert first != pytest.approx(second, rel=1e-6)
