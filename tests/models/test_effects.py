from __future__ import annotations

import json

import numpy as np
import pytest

from models.effects import Effects, fit_effects

ROWS = 4_000
RNG = np.random.default_rng(3)
CATEGORY = RNG.integers(0, 3, ROWS).astype(np.float64)
FIGURE = np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.normal(50, 20, ROWS))
TABLE = np.column_stack([CATEGORY, FIGURE])
PEOPLE = np.arange(ROWS)
RISE = np.array([0.0, 0.7, 1.4])[CATEGORY.astype(int)]
VALUE = RNG.gamma(0.5, 2.0, ROWS) * np.exp(RISE)


def test_it_finds_what_an_attribute_adds() -> None:
    effects, oof = fit_effects(TABLE, VALUE / VALUE.mean(), PEOPLE, "value")
    assert effects is not None
    parts = effects.parts(TABLE)
    steps = [parts[code == CATEGORY, 0].mean() for code in range(3)]
    assert np.diff(steps) == pytest.approx([0.7, 0.7], abs=0.25)
    assert np.corrcoef(oof, RISE)[0, 1] > 0.9


def test_it_finds_what_an_attribute_adds_to_a_chance() -> None:
    happened = (RNG.random(ROWS) < 1 / (1 + np.exp(1.5 - RISE))).astype(np.float64)
    effects, _ = fit_effects(TABLE, happened, PEOPLE, "active")
    assert effects is not None
    steps = [effects.parts(TABLE)[code == CATEGORY, 0].mean() for code in range(3)]
    assert np.diff(steps) == pytest.approx([0.7, 0.7], abs=0.3)


def test_attributes_that_tell_nothing_have_no_effect() -> None:
    table = np.column_stack([RNG.permutation(CATEGORY), RNG.permutation(FIGURE)])
    for target, kind in ((VALUE / VALUE.mean(), "value"), ((VALUE > 1).astype(np.float64), "active")):
        effects, oof = fit_effects(table, target, PEOPLE, "value" if kind == "value" else "active")
        assert effects is None
        assert not oof.any()


@pytest.mark.parametrize(
    "target", [np.zeros(ROWS), np.ones(ROWS), np.where(PEOPLE == 5, 1.0, 0.0)], ids=["none", "all", "one"]
)
def test_a_target_without_two_sides_has_no_effect(target: np.ndarray) -> None:
    assert fit_effects(TABLE, target, PEOPLE, "active")[0] is None
    assert fit_effects(TABLE[:, :0], VALUE, PEOPLE, "value")[0] is None


def test_it_comes_back_from_json_and_meets_values_never_seen() -> None:
    effects, _ = fit_effects(TABLE, VALUE / VALUE.mean(), PEOPLE, "value")
    assert effects is not None
    restored = Effects.from_json(json.loads(json.dumps(effects.to_json())))
    odd = np.array([[np.nan, np.nan], [9.0, -1e9], [-1.0, 1e300]])
    assert np.array_equal(restored.parts(odd), effects.parts(odd))
    assert np.isfinite(effects.parts(odd)).all()
