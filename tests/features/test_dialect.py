from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from features.dialect import Dialect, learn_dialect
from features.errors import ConfigError
from tests.features.bases import Base, differing, moment

AS_OF = moment(2024, 6, 1)


def test_a_dialect_travels_as_json(synthetic: Base) -> None:
    values = ("category:Garden", "review")
    dialect = learn_dialect(
        synthetic.tables, timezone="Europe/Berlin", margin=True, by_seller=True, values=values
    )

    assert Dialect.from_json(json.loads(json.dumps(dialect.to_json()))) == dialect
    assert Dialect.from_json(Dialect().to_json()) == Dialect()


def test_a_dialect_that_travelled_reads_the_same(synthetic: Base) -> None:
    back = replace(synthetic)
    object.__setattr__(
        back, "dialect", Dialect.from_json(json.loads(json.dumps(synthetic.dialect.to_json())))
    )

    before, after = synthetic.read(AS_OF, 90), back.read(AS_OF, 90)
    assert before.names == after.names
    assert differing(before.names, before.matrix, after.matrix) == []


def test_it_knows_tables_columns_and_kinds(synthetic: Base) -> None:
    dialect = synthetic.dialect

    for need in (
        "transactions",
        "transactions.cost",
        "events",
        "events:visit",
        "events:store tour",
        "contacts.cost",
    ):
        assert dialect.feeds(need), need
    for need in ("transactions.colour", "events:nap", "orders", "values"):
        assert not dialect.feeds(need), need
    assert replace(dialect, values=("channel:app",)).feeds("values")


def test_nothing_is_learned_from_what_comes_later(synthetic: Base) -> None:
    assert synthetic.events is not None
    late = pl.col("timestamp") >= AS_OF
    assert synthetic.contacts is not None
    told = pl.when(late).then(pl.lit("late"))
    events = synthetic.events.with_columns(kind=told.otherwise("kind"))
    contacts = synthetic.contacts.with_columns(channel=told.otherwise("channel"))
    learned = learn_dialect(replace(synthetic, events=events, contacts=contacts).tables, until=AS_OF)

    assert learned == learn_dialect(synthetic.tables, until=AS_OF)
    assert "late" not in learned.vocabulary.kinds
    assert set(learned.vocabulary.channels) == {"email", "phone", "sms"}


@pytest.mark.parametrize(("wanted", "column"), [("margin", "cost"), ("by_seller", "seller_id")])
def test_a_column_that_the_target_needs(synthetic: Base, wanted: str, column: str) -> None:
    tables = Base(synthetic.transactions.drop(column)).tables
    with pytest.raises(ConfigError, match=f"transactions: column '{column}' is missing"):
        learn_dialect(tables, **{wanted: True})  # type: ignore[arg-type]


def test_values_by_column() -> None:
    dialect = Dialect(values=("category:A", "category:B:C", "review", "channel:app"))

    assert dialect.values_of("category") == {"A", "B:C"}
    assert dialect.values_of("channel") == {"app"}
    assert dialect.values_of("product_id") == frozenset()
