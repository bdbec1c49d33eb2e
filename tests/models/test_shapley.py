from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from features.timeline import FloatArray
from models.shapley import build_coalitions, mix, share_out, weigh_coalitions


def figure(inputs: FloatArray) -> FloatArray:
    a, b, c, _ = np.moveaxis(inputs, -1, 0)
    found: FloatArray = np.exp(a) * b + np.maximum(c, a)
    return found


def share_all(worth: FloatArray) -> FloatArray:
    """Return the shares of the inputs in a figure of shape (coalitions, customers)."""
    shares = np.empty((worth.shape[1], 4))
    for own, each in zip(shares, worth.T, strict=True):
        share_out(weigh_coalitions(4), np.ascontiguousarray(each), own)
    return shares


def test_shares_are_means_over_all_orders() -> None:
    rng = np.random.default_rng(0)
    own, reference = rng.normal(size=(5, 4)), rng.normal(size=4)
    found = share_all(figure(mix(own, reference)))
    for row in range(5):
        gains = np.zeros(4)
        for order in permutations(range(4)):
            at = reference.copy()
            for i in order:
                before = figure(at)
                at[i] = own[row, i]
                gains[i] += (figure(at) - before) / 24
        assert found[row] == pytest.approx(gains)


def test_shares_add_up_and_what_does_not_matter_has_none() -> None:
    own, reference = np.random.default_rng(1).normal(size=(7, 4)), np.zeros(4)
    found = share_all(figure(mix(own, reference)))
    assert found.sum(axis=1) == pytest.approx(figure(own) - figure(reference))
    assert found[:, 3] == pytest.approx(0, abs=1e-12)


def test_coalitions_go_from_none_to_all() -> None:
    found = build_coalitions(3)
    assert found.shape == (8, 3)
    assert not found[0].any()
    assert found[-1].all()
