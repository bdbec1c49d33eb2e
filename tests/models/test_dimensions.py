from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from features.families import FAMILIES
from features.timeline import FloatArray
from models.dimensions import SIGNALS, Dimensions, fit_dimensions
from models.settings import DIMENSIONS

CATALOGUE = {
    feature.name: feature
    for family in FAMILIES
    for reading in family.readings
    for feature in reading.features
}
NAMES = tuple(CATALOGUE)


@pytest.fixture(scope="module")
def base() -> FloatArray:
    rng = np.random.default_rng(11)
    matrix = np.round(rng.gamma(0.5, 3, (3_000, len(NAMES)))).astype(np.float32)
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    return matrix.astype(np.float64)


def test_signals_are_features_of_their_dimension_and_every_dimension_has_some() -> None:
    for signal in SIGNALS:
        assert CATALOGUE[signal.feature].dimension == signal.dimension, signal.feature
    assert {signal.dimension for signal in SIGNALS} == set(DIMENSIONS)
    assert len({signal.feature for signal in SIGNALS}) == len(SIGNALS)


def test_dimensions_spread_over_the_base(base: FloatArray) -> None:
    scores = fit_dimensions(base, NAMES).score(base, NAMES)
    assert list(scores) == [*DIMENSIONS, "best_customer_score"]
    for name in DIMENSIONS:
        deciles = np.quantile(scores[name], [0.1, 0.5, 0.9])
        assert deciles == pytest.approx([10, 50, 90], abs=4), name
        assert scores[name].min() >= 0
        assert scores[name].max() <= 100


def test_who_is_beyond_the_base_gets_no_less_than_0_and_no_more_than_100(base: FloatArray) -> None:
    dimensions = fit_dimensions(base, NAMES)
    for figure in (-1e9, -1.0, 1e9):
        for score in dimensions.score(np.full((1, len(NAMES)), figure), NAMES).values():
            assert 0 <= score[0] <= 100


def test_one_customer_alone_scores_as_in_the_whole_base(base: FloatArray) -> None:
    dimensions = fit_dimensions(base, NAMES, {"loyalty": 3, "advocacy": 0.5})
    stored = Dimensions.from_json(json.loads(json.dumps(dimensions.to_json())))
    together = dimensions.score(base, NAMES)
    for i in range(50):
        alone = stored.score(base[i : i + 1], NAMES)
        assert {name: float(score[0]) for name, score in alone.items()} == {
            name: float(score[i]) for name, score in together.items()
        }


def test_a_better_customer_is_never_ranked_lower(base: FloatArray) -> None:
    dimensions = fit_dimensions(base, NAMES)
    rows = np.nan_to_num(base[:200])
    before = dimensions.score(rows, NAMES)
    for signal in SIGNALS:
        better = rows.copy()
        better[:, NAMES.index(signal.feature)] += -5 if signal.falling else 5
        after = dimensions.score(better, NAMES)
        assert (after[signal.dimension] >= before[signal.dimension] - 1e-9).all(), signal.feature


def test_a_dimension_that_no_table_feeds_is_null_and_the_score_does_without(base: FloatArray) -> None:
    kept = [i for i, name in enumerate(NAMES) if CATALOGUE[name].needs == "transactions"]
    names = tuple(NAMES[i] for i in kept)
    scores = fit_dimensions(base[:, kept], names).score(base[:, kept], names)
    fed = {"loyalty", "profitability", "growth_potential"}
    for name in DIMENSIONS:
        assert np.isnan(scores[name]).all() == (name not in fed), name
    assert scores["best_customer_score"] == pytest.approx(
        np.mean([scores[name] for name in sorted(fed)], axis=0)
    )


def test_who_shows_nothing_has_0_however_many_they_are(base: FloatArray) -> None:
    rare = base.copy()
    rows = [NAMES.index(signal.feature) for signal in SIGNALS if signal.dimension == "advocacy"]
    rare[:, rows] = 0
    rare[:30, rows] = np.arange(1, 31)[:, None]
    advocacy = fit_dimensions(rare, NAMES).score(rare, NAMES)["advocacy"]
    assert advocacy[30:].max() == 0
    assert (np.diff(advocacy[:30]) >= 0).all()
    assert advocacy[29] == 100


def test_events_of_a_business_s_own_kinds_are_engagement() -> None:
    counts = np.arange(100.0)[:, None]
    scores = fit_dimensions(counts, ["event_tasting_h1"]).score(counts, ["event_tasting_h1"])
    assert scores["engagement"][[0, -1]].tolist() == [0, 100]
    assert np.isnan(scores["loyalty"]).all()


def test_weights_of_the_score(base: FloatArray) -> None:
    only = {name: float(name == "engagement") for name in DIMENSIONS}
    scores = fit_dimensions(base, NAMES, only).score(base, NAMES)  # type: ignore[arg-type]
    assert scores["best_customer_score"] == pytest.approx(scores["engagement"])
    none = fit_dimensions(base, NAMES, dict.fromkeys(DIMENSIONS, 0.0)).score(base, NAMES)  # type: ignore[arg-type]
    assert np.isnan(none["best_customer_score"]).all()


def test_a_customer_of_whom_nothing_is_known_gets_finite_scores(base: FloatArray) -> None:
    unknown = np.full((1, len(NAMES)), np.nan)
    scores = pl.DataFrame(fit_dimensions(base, NAMES).score(unknown, NAMES)).row(0, named=True)
    assert all(0 <= score <= 100 for score in scores.values())
    assert scores["loyalty"] < 5


def test_a_base_of_equals_or_of_one_stands_in_the_middle() -> None:
    for customers in (1, 40):
        equal = np.ones((customers, len(NAMES)))
        scores = fit_dimensions(equal, NAMES).score(equal, NAMES)
        assert {float(score) for column in scores.values() for score in column} == {50.0}


def test_a_missing_feature_is_named(base: FloatArray) -> None:
    dimensions = fit_dimensions(base, NAMES)
    with pytest.raises(ValueError, match="features are missing: orders_h4"):
        dimensions.score(base[:, 1:], [name if name != "orders_h4" else "other" for name in NAMES[1:]])
