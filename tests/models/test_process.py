from __future__ import annotations

import numpy as np
import pytest

from features.clock import DAY_US
from models.gamma_gamma import GammaGamma
from models.pareto_nbd import ParetoNBD
from models.process import KINDS, Past, Process, fit_process, fit_spend
from models.season import Season

AS_OF = 20_000 * DAY_US


def build_past(rows: int = 500) -> Past:
    rng = np.random.default_rng(1)
    age = rng.uniform(50, 500, rows)
    orders = rng.poisson(age / 100).astype(float)
    last = np.where(orders > 0, age * rng.random(rows), age)
    none = orders > 8
    first, last = (np.where(none, np.nan, AS_OF - days * DAY_US) for days in (age, last))
    orders = np.where(none, 0.0, orders + 1.0)
    return Past(first, last, orders, orders * rng.gamma(3, 10, rows))


@pytest.fixture(scope="module")
def process() -> Process:
    past = build_past()
    return fit_process(past, AS_OF, Season(), "Pareto/NBD", fit_spend(past))


def test_it_expects_what_its_estimators_expect(process: Process) -> None:
    past = build_past()
    bought = past.order_days > 0
    X = past.frequency(Season(), AS_OF)[bought]
    orders, active, alive, order_value, value = process.expect(past, AS_OF, 90)
    model = ParetoNBD().fit(X)
    assert orders[bought] == pytest.approx(model.expected_purchases(X, 90))
    assert active[bought] == pytest.approx(model.probability_active(X, 90))
    assert alive[bought] == pytest.approx(model.probability_alive(X))
    spend = GammaGamma().fit(past.spending()[bought])
    assert order_value[bought] == pytest.approx(spend.expected_mean_value(past.spending()[bought]))
    assert value[bought] == pytest.approx((orders * order_value)[bought])


def test_nothing_is_known_of_who_never_bought(process: Process) -> None:
    past = build_past()
    found = process.expect(past, AS_OF, 90)
    assert np.isnan(found[:, past.order_days == 0]).all()
    assert np.isfinite(found[:, past.order_days > 0]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_busy_season_brings_more_orders(kind: str) -> None:
    past = build_past()
    process = fit_process(past, AS_OF, Season(), kind, fit_spend(past))
    day = AS_OF / DAY_US % 365.2425 * 2 * np.pi / 365.2425
    busy = Season((float(np.cos(day)),), (float(np.sin(day)),))
    seasonal = Process(kind, process.parameters, process.spend, busy)
    assert np.nansum(seasonal.expect(past, AS_OF, 30)[0]) > np.nansum(process.expect(past, AS_OF, 30)[0])


def test_one_customer_gets_what_the_batch_gets(process: Process) -> None:
    past = build_past()
    batch = process.expect(past, AS_OF, 90)
    for row in (0, 3, 499):
        one = Past(
            *(column[row : row + 1] for column in (past.first, past.last, past.order_days, past.value))
        )
        assert np.array_equal(process.expect(one, AS_OF, 90)[:, 0], batch[:, row], equal_nan=True)


def test_it_comes_back_from_json(process: Process) -> None:
    assert Process.from_json(process.to_json()) == process
