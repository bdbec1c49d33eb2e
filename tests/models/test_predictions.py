from __future__ import annotations

import numpy as np
import pytest

from models.predictions import _wait, _worth


@pytest.mark.parametrize("rate", [0.9, 3.0, 13.0])
@pytest.mark.parametrize("ordering", [1.0, 0.9])
def test_half_of_the_customers_order_sooner_than_is_said(rate: float, ordering: float) -> None:
    rng = np.random.default_rng(1)
    first = np.where(rng.random(200_000) < ordering, rng.exponential(90 / rate, 200_000), np.inf)
    active = ordering * -np.expm1(-rate)

    said = _wait(active, ordering * rate, 90)

    assert (first < said).mean() == pytest.approx(0.5, abs=0.01)


def test_who_hardly_orders_waits_longer_than_the_horizon_and_never_forever() -> None:
    waits = [_wait(active, active, 90) for active in (0.5, 0.2, 1e-9, 0.0)]
    assert waits[0] == pytest.approx(90)
    assert waits == sorted(waits)
    assert np.isfinite(waits).all()


@pytest.mark.parametrize("value", [0.0, 20.0, 325.0, 900.0])
@pytest.mark.parametrize("upgrade", [1e-5, 0.04, 0.6])
@pytest.mark.parametrize("below", [-5.0, 10.0, 790.0])
@pytest.mark.parametrize("above", [0.0, 850.0, 9_000.0])
def test_upgrades_bring_no_more_than_is_expected_unless_the_threshold_itself_does(
    value: float, upgrade: float, below: float, above: float
) -> None:
    worth = _worth(value, upgrade, below, above, 800.0)
    assert 0 <= upgrade * worth <= max(value, upgrade * 800.0) * (1 + 1e-9)
