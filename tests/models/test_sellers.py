from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.sellers import AMPLE_CUSTOMERS, borrow, group_by_seller, look_up, number_people


def test_a_seller_borrows_the_less_the_more_customers_it_has() -> None:
    amounts = [borrow(1000.0, 10.0, customers) for customers in range(0, AMPLE_CUSTOMERS + 1, 10)]
    assert amounts == sorted(amounts)
    assert (amounts[0], amounts[-1]) == (10.0, 1000.0)
    assert borrow(0.0, 10.0, 0) == 10.0


def test_values_are_grouped_by_seller_and_the_unknown_seller_has_no_name() -> None:
    found = group_by_seller(np.array([1.0, 2.0, 3.0]), ["b", None, "b"])
    assert {name: values.tolist() for name, values in found.items()} == {"": [2.0], "b": [1.0, 3.0]}
    with pytest.raises(ValueError, match="2 sellers for 3 values"):
        group_by_seller(np.zeros(3), ["a", "b"])


def test_an_unseen_seller_has_what_the_base_has() -> None:
    assert look_up({"a": 1.0, "": 2.0}, 9.0, ["a", None, "new"]) == [1.0, 2.0, 9.0]


def test_rows_of_one_customer_share_a_number() -> None:
    assert number_people(pl.Series(["a", "a", "b", "c", "c"])).tolist() == [0, 0, 1, 2, 2]
    assert number_people(pl.Series([], dtype=pl.String)).tolist() == []
