from __future__ import annotations

import json

import numpy as np
import pytest

from models.sellers import AMPLE_CUSTOMERS
from models.thresholds import Thresholds, compute_threshold, fit_thresholds

VALUES = np.random.default_rng(1).lognormal(3, 1, 600)


def test_the_base_s_threshold_is_the_quantile_of_the_positive_values() -> None:
    with_others = np.concatenate([VALUES, np.zeros(50), [-5.0]])
    assert compute_threshold(with_others, 0.2) == pytest.approx(np.quantile(VALUES, 0.8))
    assert fit_thresholds(with_others, 0.2).of(None) == compute_threshold(VALUES, 0.2)


def test_each_seller_has_its_own_and_thin_ones_lie_between_it_and_the_base_s() -> None:
    sellers = ["dear"] * 280 + ["cheap"] * 300 + ["thin"] * 20
    values = VALUES * np.repeat([10.0, 1.0, 100.0], [280, 300, 20])
    found = fit_thresholds(values, 0.2, sellers)
    assert found.sellers["dear"] == compute_threshold(values[:280], 0.2)
    assert found.base < found.sellers["thin"] < compute_threshold(values[580:], 0.2)
    by_customer = np.asarray(found.of(["thin", "unseen", None]))
    assert by_customer.tolist() == [found.sellers["thin"], found.base, found.base]
    assert AMPLE_CUSTOMERS > 20


def test_a_seller_without_value_has_the_base_s_and_a_base_without_has_none() -> None:
    found = fit_thresholds(np.array([5.0, 7.0, 0.0]), 0.2, ["a", "a", "b"])
    assert found.sellers["b"] == found.base
    nothing = fit_thresholds(np.zeros(3), 0.2, ["a", "a", "b"])
    assert not nothing.known
    assert np.isnan(nothing.of(["a", "b"])).all()


@pytest.mark.parametrize("found", [Thresholds(12.5, {"a": 3.0, "": 4.0}), Thresholds(float("nan"))])
def test_they_come_back_from_json(found: Thresholds) -> None:
    restored = Thresholds.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    assert restored.sellers == found.sellers
    assert restored.base == pytest.approx(found.base, nan_ok=True)
