from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sellers import AMPLE_CUSTOMERS
from models.target import TierCuts
from models.tiers import Tiers, compute_golden_share, fit_tiers

SHARES = TierCuts(A=0.80, B=0.95)
VALUES = st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 9).map(float), min_size=1, max_size=120)


def _tiers_by_hand(values: list[float], shares: TierCuts) -> list[str]:
    """Go through the customers one by one, the most valuable first; equals of an A are A."""
    total = sum(sorted(max(v, 0) for v in values)[::-1])
    reached = 0.0
    tier_of: dict[float, str] = {}
    for value in sorted(values, reverse=True):
        tier = "A" if reached < shares.A * total else "B" if reached < shares.B * total else "C"
        tier_of.setdefault(value, tier if value > 0 else "C")
        reached += max(value, 0)
    return [tier_of[value] for value in values]


@given(VALUES)
def test_tiers_are_what_going_through_the_customers_gives(values: list[float]) -> None:
    assert fit_tiers(values, SHARES).assign(values).tolist() == _tiers_by_hand(values, SHARES)


@given(VALUES)
def test_one_customer_alone_gets_the_tier_of_the_whole_base(values: list[float]) -> None:
    tiers = fit_tiers(values, SHARES)
    stored = Tiers.from_json(json.loads(json.dumps(tiers.to_json())))
    assert tiers.assign(values).tolist() == [stored.assign([value])[0] for value in values]
    assert tiers.rank(values).tolist() == [stored.rank([value])[0] for value in values]


@given(VALUES, st.floats(0.05, 0.9), st.floats(0.01, 0.1))
def test_the_shares_are_reached_and_not_without_the_last(values: list[float], a: float, more: float) -> None:
    values = [round(value, 2) for value in values]
    tiers = fit_tiers(values, TierCuts(A=a, B=a + more)).assign(values)
    positive = np.maximum(values, 0)
    total = positive.sum()
    for names, share in (("A", a), ("AB", a + more)):
        chosen = np.isin(tiers, list(names))
        assert positive[chosen].sum() >= share * total * (1 - 1e-9)
        if chosen.any():
            least = positive[chosen].min()
            assert positive[chosen & (positive > least)].sum() < share * total * (1 + 1e-9)


def test_order_of_rows_does_not_matter() -> None:
    values = np.random.default_rng(3).lognormal(3, 1.5, 2_000)
    assert fit_tiers(values, SHARES).cuts == fit_tiers(values[::-1], SHARES).cuts


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [-5.0, 0.0]])
def test_without_value_everyone_is_c(values: list[float]) -> None:
    tiers = Tiers.from_json(json.loads(json.dumps(fit_tiers(values, SHARES).to_json())))
    assert tiers.assign([*values, 1e9, np.nan]).tolist() == ["C"] * (len(values) + 2)


def test_b_may_take_all_that_brings_something() -> None:
    tiers = fit_tiers([5, 4, 1e-9, 0, -2], TierCuts(A=0.5, B=1.0))
    assert tiers.assign([5, 4, 1e-9, 0, -2]).tolist() == ["A", "B", "B", "C", "C"]


def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="2 value"):
        fit_tiers([1, np.nan, np.inf], SHARES)


def test_ample_sellers_have_their_own_tiers() -> None:
    rng = np.random.default_rng(5)
    small, large = rng.lognormal(1, 1, 400), rng.lognormal(6, 1, 400)
    sellers = ["small"] * 400 + ["large"] * 400
    tiers = fit_tiers([*small, *large], SHARES, sellers)
    assert tiers.seller_cuts["small"] == fit_tiers(small, SHARES).cuts
    together = tiers.assign([*small, *large], sellers)
    assert together[:400].tolist() == fit_tiers(small, SHARES).assign(small).tolist()
    assert tiers.assign([float(small[7])], ["small"])[0] == together[7]


def test_thin_sellers_borrow_the_more_the_fewer_customers_they_have() -> None:
    rng = np.random.default_rng(5)
    base = rng.lognormal(3, 1, 5_000)
    distance = []
    for customers in (0, 1, 20, 60, AMPLE_CUSTOMERS - 1, AMPLE_CUSTOMERS):
        values = np.full(customers, 1_000.0)
        sellers = ["thin"] * customers + ["main"] * len(base)
        tiers = fit_tiers([*values, *base], SHARES, sellers)
        cut = tiers.seller_cuts.get("thin", tiers.cuts)
        distance.append(np.log(cut[0] / tiers.cuts[0]) / np.log(1_000 / tiers.cuts[0]))
    assert distance == pytest.approx([0, 0.01, 0.2, 0.6, 0.99, 1])


def test_a_seller_never_seen_and_one_without_value_have_the_cuts_of_the_base() -> None:
    tiers = fit_tiers([80, 15, 5, 0], SHARES, ["a", "a", "a", "b"])
    assert tiers.seller_cuts["b"] == tiers.cuts
    assert tiers.assign([80, 80, 80], ["b", "z", None]).tolist() == ["A"] * 3
    with pytest.raises(ValueError, match="1 sellers for 2 values"):
        fit_tiers([1, 2], SHARES, ["a"])


def test_golden_share() -> None:
    values = np.random.default_rng(1).lognormal(3, 1.5, 10_000)
    golden = compute_golden_share(fit_tiers(values, SHARES).assign(values), values)
    assert golden.value == pytest.approx(0.8, abs=0.001)
    assert 0.1 < golden.customers < 0.4
    nobody = compute_golden_share(np.array([], dtype=str), [])
    assert (nobody.customers, nobody.value) == (0, 0)
