from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import get_args

import numpy as np
import polars as pl
import pytest

from features.catalogue import Catalogue, Dimension, Family, Feature
from features.families import FAMILIES, create_catalogue
from features.schemas import SCHEMAS
from features.view import WINDOWS, View
from tests.features.bases import Base, differing, moment, read_online

AS_OF = moment(2024, 9, 1)
NUMBERS = [0.0, 1.0, 2.0, -1.0, -0.2, 0.4, 1e9, 123_456.789]


@pytest.fixture(scope="module")
def full(synthetic: Base) -> Base:
    return replace(synthetic, reading={"values": ("category:Garden", "review")})


@pytest.fixture(scope="module")
def features(full: Base) -> list[Feature]:
    return list(full.catalogue)


def column(base: Base, name: str, as_of: dt.datetime = AS_OF, horizon_days: int = 90) -> list[float]:
    table = base.read(as_of, horizon_days)
    return [float(value) for value in table.matrix[:, table.names.index(name)]]


def test_there_are_more_than_a_hundred_in_every_family(features: list[Feature]) -> None:
    assert len([f for f in features if f.family not in {"attributes", "own events"}]) >= 100
    assert {f.family for f in features} == {
        "recency", "frequency", "spend", "rhythm", "trend", "breadth", "price sensitivity", "profitability",
        "season", "engagement", "communication", "advocacy", "values", "attributes", "own events",
    }  # fmt: skip


def test_every_feature_is_declared_in_full(features: list[Feature]) -> None:
    names = [feature.name for feature in features]
    assert len(set(names)) == len(names)
    for feature in features:
        assert feature.dimension in get_args(Dimension), feature.name
        assert feature.words, feature.name
        assert "{value}" in feature.words, feature.name
        if "{days}" in feature.words:
            assert feature.horizons is not None, feature.name
            assert math.isfinite(feature.horizons), feature.name
    assert {feature.dimension for feature in features} == set(get_args(Dimension))


def test_a_theme_can_be_read_aloud(features: list[Feature]) -> None:
    for feature in features:
        assert feature.theme, feature.name
        assert "{" not in feature.theme, feature.name
        if feature.family not in {"attributes", "own events"}:
            assert "_" not in feature.theme, feature.name
    themes = {feature.theme for feature in features}
    assert {"orders", "value", "time since the last order", "regularity of orders"} <= themes


def test_what_features_need_exists(features: list[Feature]) -> None:
    for feature in features:
        table, _, kind = feature.needs.partition(":")
        table, _, name = table.partition(".")
        assert feature.needs == "values" or table in SCHEMAS, feature.name
        assert not name or name in SCHEMAS[table].names, feature.name
        assert not kind or table == "events", feature.name


def test_a_name_that_is_declared_twice_is_refused() -> None:
    family = Family("f", "loyalty")
    for _ in range(2):
        family.feature("twice", "", "{value}")(View.sum)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="declared twice: twice"):
        Catalogue([family])


@pytest.mark.parametrize("value", [math.nan, *NUMBERS])
def test_every_feature_can_be_said(features: list[Feature], value: float) -> None:
    for feature in features:
        text = feature.describe(value, 90, "EUR")
        assert "{" not in text, text
        assert "nan" not in text.split(), text
        assert "-0 " not in f"{text} ", text
        assert "-0%" not in text, text
        assert "  " not in text.strip(), text
        if math.isnan(value):
            assert "unknown" in text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("orders_h1", 3, "3 orders in the last 90 days"),
        ("orders_h1", 1, "1 order in the last 90 days"),
        ("orders_ever", 1234, "1,234 orders so far"),
        ("value_h1_4", 12.5, "worth EUR 12.50 in the last 22 days"),
        ("value_h1", -3.0, "worth EUR -3.00 in the last 90 days"),
        ("days_since_last_order", math.nan, "unknown since the last order"),
        ("discount_rate_ever", 0.126, "13% off the price so far"),
        ("overdue_ratio", 1.5, "last order 1.5 times the usual gap ago"),
        ("orders_trend_h1", -0.5, "orders in the last 90 days against the 90 days before: -0.5 (-1 to 1)"),
        ("searches_h1", 1, "1 search in the last 90 days"),
        ("new_categories_ever", 1, "1 category bought from for the first time so far"),
        ("lines_per_order", 2.4, "2.4 lines an order, on average"),
        ("overdue_days", -0.2, "-0.2 days past the usual gap"),
        ("orders_previous", -0.0, "0 orders in the 90 days before the last 90"),
    ],
)
def test_words(features: list[Feature], name: str, value: float, text: str) -> None:
    feature = next(each for each in features if each.name == name)
    assert feature.describe(value, 90, "EUR") == text


def test_own_words_may_hold_braces(synthetic: Base) -> None:
    """Names of attributes and kinds are the user's."""
    odd = "{days} {0} {"
    assert synthetic.customers is not None
    assert synthetic.events is not None
    base = replace(
        synthetic,
        customers=synthetic.customers.rename({"age": odd}),
        events=synthetic.events.with_columns(kind=pl.lit(odd)),
    )
    texts = {feature.name: feature.describe(3.0, 90, "EUR") for feature in base.catalogue}
    assert texts[f"attribute_{odd}"] == odd + ": 3"
    assert texts[f"event_{odd}_ever"] == f"3 events of kind {odd} so far"


def test_windows_follow_the_horizon() -> None:
    lines = pl.DataFrame(
        {
            "customer_id": "a",
            "timestamp": [AS_OF - dt.timedelta(days=day) for day in (20, 45, 300, 1400)],
            "amount": 1.0,
        }
    )
    base = Base(lines)
    names = [f"orders_{window.name}" for window in WINDOWS]
    assert [column(base, name, horizon_days=30)[0] for name in names] == [0, 0, 1, 2, 2, 4]
    assert [column(base, name, horizon_days=365)[0] for name in names] == [2, 2, 3, 3, 4, 4]


def test_a_window_begins_with_its_first_moment_and_ends_before_as_of() -> None:
    micro, horizon = dt.timedelta(microseconds=1), dt.timedelta(days=90)
    times = [AS_OF - horizon - micro, AS_OF - horizon, AS_OF - micro, AS_OF]
    ids = ["a", "b", "c", "d"]
    base = Base(pl.DataFrame({"customer_id": ids, "timestamp": times, "amount": [1.0] * 4}))
    assert column(base, "orders_h1") == [0, 1, 1, 0]
    assert column(base, "orders_ever") == [1, 1, 1, 0]


def test_only_nan_stands_for_what_is_not_known(full: Base) -> None:
    for as_of in (moment(2000, 1, 1), moment(2023, 1, 2), AS_OF, moment(2100, 1, 1)):
        assert not np.isinf(full.read(as_of, 90).matrix).any()


def test_no_feature_is_always_unknown(full: Base) -> None:
    table = full.read(AS_OF, 90)
    columns = zip(table.names, table.matrix.T, strict=True)
    assert [name for name, column in columns if np.isnan(column).all()] == []


def test_no_customers(full: Base) -> None:
    empty = replace(full, **{name: getattr(full, name).clear() for name in full.names})
    assert empty.read(AS_OF, 90).matrix.shape == (0, len(empty.catalogue.names))
    assert read_online([], full, AS_OF, 90).shape == (0, len(full.catalogue.names))
    none = full.catalogue.read(full.history, 0, 90, np.zeros(0, np.int64))
    assert none.to_frame(full.history).shape == (0, 1 + len(full.catalogue.names))


def test_one_customer_is_the_same_as_among_all(full: Base) -> None:
    who = full.history.ids[17]
    alone = replace(
        full, **{name: getattr(full, name).filter(pl.col("customer_id") == who) for name in full.names}
    )
    object.__setattr__(alone, "dialect", full.dialect)
    assert (
        differing(full.catalogue.names, alone.read(AS_OF, 90).matrix, full.read(AS_OF, 90).matrix[[17]]) == []
    )
    picked = full.catalogue.read(full.history, full.read(AS_OF, 90).as_of, 90, np.array([17])).matrix
    assert differing(full.catalogue.names, alone.read(AS_OF, 90).matrix, picked) == []


def test_customers_that_only_the_customers_table_knows(full: Base) -> None:
    gone = {name: getattr(full, name).clear() for name in ("transactions", "events", "contacts")}
    base = replace(full, **gone)
    object.__setattr__(base, "dialect", full.dialect)
    frame = base.read(AS_OF, 90).to_frame(base.history)
    assert len(frame) == 400
    assert frame["orders_ever"].unique().to_list() == [0]
    assert frame["days_since_last_order"].is_nan().all()
    assert frame["visits_ever"].unique().to_list() == [0]
    assert not frame["attribute_age"].is_nan().all()


def test_dates_yet_to_come_are_missing() -> None:
    days = [dt.date(2024, 8, 31), dt.date(2024, 9, 1), dt.date(2024, 9, 2), None]
    customers = pl.DataFrame({"customer_id": ["a", "b", "c", "d"], "signup": days})
    lines = pl.DataFrame({"customer_id": ["a"], "timestamp": [AS_OF], "amount": [1.0]})
    signup = column(Base(lines, customers), "attribute_signup")
    assert signup[0] == 1
    assert np.isnan(signup[1:]).all()


def test_features_that_nothing_feeds_are_left_out(full: Base) -> None:
    bare = Base(full.transactions.select("customer_id", "timestamp", "amount"))
    names = set(bare.catalogue.names)
    assert {"orders_h1", "value_ever", "returned_h1"} <= names
    assert not names & {"quantity_ever", "cost_ever", "visits_ever", "contacts_ever", "values_lines_ever"}
    assert not {feature.needs for feature in bare.catalogue} - {"transactions"}


def test_a_customer_of_a_seller_is_what_the_sellers_lines_say(full: Base) -> None:
    lines = full.transactions.drop_nulls("seller_id")
    by_seller = replace(full, transactions=lines, reading={"by_seller": True})
    table, history = by_seller.read(AS_OF, 90), by_seller.history
    assert history.sellers is not None
    for seller in lines["seller_id"].unique().sort().head(4):
        alone = replace(full, transactions=lines.filter(pl.col("seller_id") == seller))
        object.__setattr__(alone, "dialect", replace(by_seller.dialect, by_seller=False))
        here = np.flatnonzero((history.sellers == seller).fill_null(value=False).to_numpy())
        there = np.flatnonzero(alone.history.ids.is_in(history.ids[here].to_list()).to_numpy())
        assert alone.history.ids[there].to_list() == history.ids[here].to_list()
        assert differing(table.names, table.matrix[here], alone.read(AS_OF, 90).matrix[there]) == []


def test_a_model_brings_further_families(full: Base) -> None:
    family = Family("process", "loyalty")
    family.feature("lines_doubled", "lines", "{value}")(lambda view: 2 * view.sum("lines"))
    catalogue = create_catalogue(full.dialect, (family,))
    assert catalogue.names == (*full.catalogue.names, "lines_doubled")
    matrix = catalogue.read(full.history, full.read(AS_OF, 90).as_of, 90).matrix
    assert np.array_equal(matrix[:, -1], 2 * matrix[:, catalogue.names.index("lines_ever")])


def test_every_family_says_what_it_is() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES) == 13
    assert all(family.readings for family in FAMILIES)
