from __future__ import annotations

import numpy as np
import pytest

from models.odds import give_orders, log_odds, probability, to_log_odds


@pytest.mark.parametrize("chance", [1e-5, 0.3, 0.5, 1 - 1e-5])
def test_odds_are_those_of_the_chance(chance: float) -> None:
    assert probability(log_odds(chance, 1e-6)) == pytest.approx(chance, rel=1e-12)


def test_no_odds_are_infinite_and_none_overflow() -> None:
    assert to_log_odds(np.array([0.0, 1.0]), 1e-6) == pytest.approx([-np.log(1e6 - 1), np.log(1e6 - 1)])
    assert [probability(odds) for odds in (-1e4, 1e4)] == [0, 1]


def test_odds_keep_the_shape_of_the_chances() -> None:
    chances = np.linspace(0.1, 0.9, 6).reshape(2, 3)
    assert to_log_odds(chances, 1e-6).shape == (2, 3)
    assert to_log_odds(chances.T, 1e-6).tolist() == to_log_odds(chances, 1e-6).T.tolist()


def test_who_orders_at_all_orders_at_least_once() -> None:
    assert give_orders(np.array([0.0, 0.1, 3.0]), np.array([0.0, 0.5, 0.5])).tolist() == [1, 1, 6]
