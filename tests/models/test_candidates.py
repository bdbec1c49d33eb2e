from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ConfigError
from models.candidates import Candidates, Wanted, choose_candidates


def _scores(rows: int = 400, seed: int = 2) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "customer_id": [f"c{i:05}" for i in range(rows)],
            "upgrade_probability": np.where(rng.random(rows) < 0.2, np.nan, rng.beta(1, 6, rows)),
            "upgrade_value": rng.gamma(2, 100, rows).round(2),
            "seller_id": rng.choice(["s1", "s2"], rows),
            "region": rng.choice(["north", "south"], rows),
            "channel": rng.choice(["e-mail", "phone"], rows),
            "segment": rng.choice(["volume", "occasional", "new"], rows),
            "days_since_last_contact": np.where(rng.random(rows) < 0.3, np.nan, rng.uniform(0, 200, rows)),
            "consent": np.array(["yes", "no", None], dtype=object)[rng.integers(0, 3, rows)],
        }
    )
    return frame.with_columns(pl.col("upgrade_probability", "days_since_last_contact").fill_nan(None))


SCORES = _scores()


def _choose(**wanted: Any) -> Candidates:
    return choose_candidates(SCORES, Wanted(**wanted))


def test_everyone_who_may_be_contacted_by_falling_priority() -> None:
    found = _choose()
    priorities = found.customers["priority"]
    assert priorities.to_list() == sorted(priorities, reverse=True)
    expected = SCORES.filter(
        pl.col("upgrade_probability").is_not_null(),
        pl.col("consent").is_null() | (pl.col("consent") == "yes"),
    )
    assert set(found.customers["customer_id"]) == set(expected["customer_id"])
    assert found.summary.contacts == found.summary.eligible == len(expected)
    assert found.summary.cost is None


def test_who_says_no_is_never_on_the_list() -> None:
    refused = set(SCORES.filter(pl.col("consent") == "no")["customer_id"])
    assert refused
    assert not refused & set(_choose().customers["customer_id"])


@pytest.mark.parametrize("name", ["seller_id", "region", "channel", "segment"])
def test_filters(name: str) -> None:
    value = SCORES[name][0]
    found = _choose(**{name: value})
    assert set(found.customers[name]) == {value}
    assert found.summary.eligible == _choose().customers[name].to_list().count(value)


def test_least_probability_and_days_without_contact() -> None:
    found = _choose(min_probability=0.2, not_contacted_days=30).customers
    assert found["upgrade_probability"].min() >= 0.2  # type: ignore[operator]
    days = found["days_since_last_contact"]
    assert days.null_count() > 0, "who was never contacted may be"
    assert days.min() >= 30  # type: ignore[operator]


def test_a_budget_buys_the_first_by_priority_and_says_what_they_bring() -> None:
    everyone, found = _choose(), _choose(budget=50, cost_per_contact=1.5)
    assert found.customers.equals(everyone.customers.head(33))
    summary = found.summary
    assert (summary.eligible, summary.contacts, summary.cost) == (everyone.summary.contacts, 33, 49.5)
    probability = found.customers["upgrade_probability"].to_numpy()
    assert summary.expected_upgrades == pytest.approx(probability.sum())
    assert summary.in_vain == pytest.approx((1 - probability).sum())
    assert summary.expected_value == pytest.approx(
        (probability * found.customers["upgrade_value"].to_numpy()).sum()
    )


MONEY = st.decimals("0.01", 10_000, places=2).map(float)


@given(MONEY | st.just(0.0), MONEY, st.none() | st.integers(0, 500))
def test_the_budget_is_never_exceeded_and_never_left_over(
    budget: float, cost: float, limit: int | None
) -> None:
    found = _choose(budget=budget, cost_per_contact=cost, limit=limit)
    spent, contacts = Decimal(str(cost)) * len(found.customers), len(found.customers)
    assert spent <= Decimal(str(budget))
    assert found.summary.cost == float(spent)
    assert contacts <= (contacts if limit is None else limit)
    could_be_one_more = contacts < found.summary.eligible and contacts != limit
    assert not could_be_one_more or spent + Decimal(str(cost)) > Decimal(str(budget))


@given(st.floats(0, 1e12), st.floats(1e-9, 1e9))
def test_no_amounts_exceed_it(budget: float, cost: float) -> None:
    most = Wanted(budget=budget, cost_per_contact=cost).most
    assert most is not None
    assert most * Decimal(str(cost)) <= Decimal(str(budget))


def test_three_dimes_buy_three_contacts() -> None:
    assert Wanted(budget=0.3, cost_per_contact=0.1).most == 3


def test_the_order_of_rows_does_not_matter_and_equals_are_ordered_by_id() -> None:
    equal = SCORES.with_columns(
        upgrade_probability=pl.lit(0.5), upgrade_value=pl.lit(10.0), consent=pl.lit("yes")
    )
    found = choose_candidates(equal.sample(fraction=1, shuffle=True, seed=1), Wanted(limit=9)).customers
    assert found["customer_id"].to_list() == sorted(SCORES["customer_id"])[:9]
    shuffled = choose_candidates(SCORES.sample(fraction=1, shuffle=True, seed=3))
    assert shuffled.customers.equals(_choose().customers)


def test_an_upgrade_that_brings_nothing_is_no_candidate() -> None:
    scores = pl.DataFrame(
        {
            "customer_id": list("abcd"),
            "upgrade_probability": [0.5, 0.0, 0.5, None],
            "upgrade_value": [0.0, 9.0, -1.0, 9.0],
        }
    )
    found = choose_candidates(scores)
    assert found.customers.is_empty()
    assert (found.summary.contacts, found.summary.expected_value, found.summary.in_vain) == (0, 0, 0)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"min_probability": 20}, "min_probability is 20, expected 0 to 1"),
        ({"min_probability": float("nan")}, "min_probability is nan"),
        ({"budget": 100}, "budget needs cost_per_contact: what one contact costs"),
        ({"budget": -1, "cost_per_contact": 1}, "budget is -1, expected 0 or more"),
        ({"budget": 1, "cost_per_contact": 0}, "cost_per_contact is 0, expected more than 0"),
        ({"limit": -3}, "limit is -3, expected 0 or more"),
        ({"segment": "volumes"}, "unknown segment 'volumes'; did you mean 'volume'?"),
        ({"segment": "xyz"}, "unknown segment 'xyz'; there are lapsed, volume, new, occasional"),
        (
            {"segment": "valued"},
            "segment 'valued': who is valued already is no candidate; there are lapsed, volume, new",
        ),
    ],
)
def test_wishes_that_make_no_sense_are_refused(wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Wanted(**wanted)
    assert str(caught.value).startswith(message)


def test_a_filter_on_what_the_scores_do_not_hold_is_refused() -> None:
    with pytest.raises(ConfigError, match="the scores have no column 'region', found customer_id"):
        choose_candidates(SCORES.drop("region"), Wanted(region="north"))
    with pytest.raises(ConfigError, match="'upgrade_probability', 'upgrade_value'"):
        choose_candidates(SCORES.select("customer_id"))
