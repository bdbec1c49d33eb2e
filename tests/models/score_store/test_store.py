from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.errors import ConfigError
from models.candidates import Wanted, choose_candidates
from models.errors import StoreError
from models.score_store.publication import Publication
from models.score_store.query import FILTERS, SORTS, CustomerQuery
from models.score_store.store import ScoreStore
from tests.models.score_store.bases import AS_OF, PUBLISHED, build_scores, postgres_schema

SCORES = build_scores()


def publish(store: ScoreStore, scores: pl.DataFrame = SCORES, **more: Any) -> Publication:
    return store.publish(scores, **{"project": "shop", "currency": "EUR", "published_at": PUBLISHED, **more})


def read_all(store: ScoreStore, query: CustomerQuery) -> list[dict[str, Any]]:
    page, rows = store.list(query), []
    while True:
        rows += page.customers
        if page.next_cursor is None:
            assert page.total == len(rows)
            return rows
        page = store.list(replace(query, cursor=page.next_cursor))


def test_before_the_first_publication_there_is_nothing_and_no_error(store: ScoreStore) -> None:
    assert store.current() is None
    assert store.previous() is None
    assert store.get("c00000001") == []
    assert store.detail("c00000001") is None
    assert not store.is_ready()
    store.ping()
    with pytest.raises(StoreError, match="nothing is published yet; run: uptier score --publish"):
        store.list(CustomerQuery())


def test_what_is_read_is_what_was_published(store: ScoreStore) -> None:
    starts = {"value": 12.5, "churn": 40.0, "upgrade": 3.0}
    published = publish(store, starts=starts, overview={"months": [1, 2]})

    assert store.current() == published
    assert store.is_ready()
    assert published.model_dump(exclude={"summary"}) == {
        "number": 1,
        "published_at": PUBLISHED,
        "project": "shop",
        "currency": "EUR",
        "model_version": "3",
        "as_of": AS_OF,
        "horizon_days": 90,
        "customers": 500,
        "by_seller": False,
        "columns": tuple(SCORES.columns),
        "starts": starts,
        "overview": {"months": [1, 2]},
    }
    for wanted in SCORES.sample(20, seed=1).to_dicts():
        assert store.get(wanted["customer_id"]) == [wanted]
        assert [*store.get(wanted["customer_id"])[0]] == SCORES.columns


def test_another_process_reads_the_same(uri: str, store: ScoreStore) -> None:
    published = publish(store)

    other = ScoreStore(uri)

    assert other.current() == published
    assert other.list(CustomerQuery()) == store.list(CustomerQuery())
    other.dispose()


@pytest.mark.parametrize("unknown", ["nobody", "", "a\0b", "\ud800", "'; DROP TABLE x; --", "c" * 10_000])
def test_an_unknown_customer_is_no_error(store: ScoreStore, unknown: str) -> None:
    publish(store)
    assert store.get(unknown) == []
    assert store.detail(unknown) is None


def test_ids_of_any_text_are_found(store: ScoreStore) -> None:
    ids = ["=1+1", 'a"b', "a,b\nc", "", "ключ", " spaces ", "NULL", "\\N", "\\."]
    scores = SCORES.head(len(ids)).with_columns(customer_id=pl.Series(ids), action=pl.Series(ids))
    publish(store, scores)
    assert [store.get(each)[0]["action"] for each in ids] == ids


def test_details_are_read_by_customer(store: ScoreStore) -> None:
    details = pl.DataFrame({"customer_id": ["c00000001"], "detail": [json.dumps({"timeline": [1, None]})]})
    publish(store, details=details)
    assert store.detail("c00000001") == {"timeline": [1, None]}
    assert store.detail("c00000002") is None


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_in_every_order_are_the_sorted_list(sqlite: ScoreStore, sort: str, descending: bool) -> None:
    rows = read_all(sqlite, CustomerQuery(sort=sort, descending=descending, limit=170))

    wanted = SCORES.sort(sort, "customer_id", descending=[descending, False], nulls_last=True)
    assert [row["customer_id"] for row in rows] == wanted["customer_id"].to_list()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScoreStore]:
    store = ScoreStore(tmp_path_factory.mktemp("store") / "scores.sqlite")
    publish(store)
    yield store
    store.dispose()


@pytest.mark.parametrize("name", [name for name in FILTERS if name in SCORES.columns])
def test_filters_keep_who_fits(sqlite: ScoreStore, name: str) -> None:
    for value in [*SCORES[name].drop_nulls().unique(), "nobody has this"]:
        rows = read_all(sqlite, CustomerQuery(**{name: value}, limit=7, sort="customer_id", descending=False))
        assert [row["customer_id"] for row in rows] == SCORES.filter(pl.col(name) == value)[
            "customer_id"
        ].to_list()


def test_filters_and_bounds_together(store: ScoreStore) -> None:
    publish(store)
    query = CustomerQuery(
        tier="A", min_churn_probability=0.3, max_upgrade_probability=0.2, min_expected_value=100, limit=13
    )
    wanted = SCORES.filter(
        pl.col("tier") == "A",
        pl.col("churn_probability") >= 0.3,
        pl.col("upgrade_probability") <= 0.2,
        pl.col("expected_value") >= 100,
    ).sort("expected_value", descending=True)
    rows = read_all(store, query)
    assert rows == wanted.to_dicts()
    assert [row for batch in store.stream(query, batch=10) for row in batch] == rows


def test_a_column_that_was_not_published_finds_nobody(store: ScoreStore) -> None:
    publish(store, SCORES.drop("region", "reasons", "next_order_date"))
    assert store.list(CustomerQuery(region="north")).customers == []
    assert store.list(CustomerQuery(sort="next_order_date", limit=3)).total == 500
    with pytest.raises(ConfigError, match="no column 'region'"):
        store.candidates(Wanted(region="north"))


def test_a_list_that_is_being_paged_stays_as_it_was(store: ScoreStore) -> None:
    publish(store)
    query = CustomerQuery(limit=300)
    first = store.list(query)
    publish(store, build_scores(400, seed=2))

    second = store.list(replace(query, cursor=first.next_cursor))

    assert second.publication.number == 1
    assert len({row["customer_id"] for row in first.customers + second.customers}) == 500
    assert store.list(query).publication.number == 2


def test_a_cursor_of_a_dropped_publication_says_so(store: ScoreStore) -> None:
    publish(store)
    cursor = store.list(CustomerQuery()).next_cursor
    publish(store)
    publish(store)
    other = ScoreStore(store.uri)
    for reader in (store, other):
        with pytest.raises(ConfigError, match="publication 1 is no longer kept; begin without a cursor"):
            reader.list(CustomerQuery(cursor=cursor))
    other.dispose()


@pytest.mark.parametrize("cursor", ["", "x", "é", "MS4yLg", "A" * 5000])
def test_a_cursor_that_is_none_says_so(sqlite: ScoreStore, cursor: str) -> None:
    with pytest.raises(ConfigError, match="is none that a page ended with"):
        sqlite.list(CustomerQuery(cursor=cursor))


def test_a_cursor_of_another_query_says_so(sqlite: ScoreStore) -> None:
    cursor = sqlite.list(CustomerQuery()).next_cursor
    with pytest.raises(ConfigError, match="belongs to another query"):
        sqlite.list(CustomerQuery(tier="A", cursor=cursor))
    assert sqlite.list(CustomerQuery(limit=5, cursor=cursor)).customers, "the page may become smaller"


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(limit=0),
        Wanted(limit=17),
        Wanted(budget=50, cost_per_contact=1.5),
        Wanted(region="north", channel="phone", not_contacted_days=30),
        Wanted(segment="volume", min_probability=0.1),
        Wanted(region="nowhere"),
    ],
)
def test_candidates_are_those_that_the_command_chooses(store: ScoreStore, wanted: Wanted) -> None:
    publish(store)
    found, expected = store.candidates(wanted), choose_candidates(SCORES, wanted)
    assert found.customers.equals(expected.customers)
    assert found.summary == expected.summary


def test_who_says_no_is_never_a_candidate(store: ScoreStore) -> None:
    publish(store)
    assert SCORES.filter(~pl.col("consent")).height > 0
    assert store.candidates(Wanted()).customers["consent"].min() is not False


def test_best_customers_by_seller(store: ScoreStore) -> None:
    scores = build_scores(sellers=3).with_columns(pl.col("best_customer_score").round(0))
    publish(store, scores)
    wanted = scores.sort("best_customer_score", "expected_value", descending=True)
    assert store.best(limit=5) == wanted.head(5).to_dicts()
    assert store.best("s1", 9) == wanted.filter(seller_id="s1").head(9).to_dicts()
    assert store.best("nobody", 9) == []


def test_with_sellers_a_customer_has_a_row_at_each(store: ScoreStore) -> None:
    scores = pl.concat(
        [build_scores(50, seed=seed, sellers=1).with_columns(seller_id=pl.lit(f"s{seed}")) for seed in (2, 1)]
    )
    published = publish(store, scores)
    assert published.by_seller
    assert [row["seller_id"] for row in store.get("c00000007")] == ["s1", "s2"]
    assert store.list(CustomerQuery(seller_id="s2", limit=3)).total == 50
    moves = publish(store, scores.with_columns(tier=pl.lit("A"))).summary.tier_moves
    assert sum(move.customers for move in moves) == 100


def test_an_empty_base_can_be_published(store: ScoreStore) -> None:
    published = publish(store, SCORES.clear())
    assert (published.customers, published.as_of) == (0, PUBLISHED)
    assert store.list(CustomerQuery()).customers == []
    assert store.list(CustomerQuery(tier="A")).total == 0
    assert store.candidates(Wanted()).customers.is_empty()
    assert store.best() == []
    assert publish(store).summary.tier_moves


def test_only_two_publications_are_kept(store: ScoreStore) -> None:
    for seed in range(4):
        publish(store, build_scores(20, seed=seed))
    current, previous = store.current(), store.previous()
    assert current is not None
    assert previous is not None
    assert (current.number, previous.number) == (4, 3)
    with store.database.reading() as connection:
        numbers = {name.rsplit("_", 1)[1] for name in store.database.list_tables(connection)}
    assert numbers == {"3", "4", "publications"}


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        (SCORES.drop("tier", "priority"), "no column 'priority', 'tier'"),
        (pl.concat([SCORES, SCORES.head(1)]), "hold 'c00000000' more than once"),
        (SCORES.head(1).with_columns(customer_id=pl.lit(None, pl.String)), "without customer_id"),
        (pl.concat([SCORES, build_scores(510, model_version="4").tail(10)]), "several models or moments"),
    ],
)
def test_scores_that_cannot_be_published_are_refused(
    store: ScoreStore, scores: pl.DataFrame, says: str
) -> None:
    publish(store)
    with pytest.raises(ConfigError, match=says):
        publish(store, scores)
    published = store.current()
    assert published is not None
    assert published.number == 1


def test_another_project_does_not_overwrite(store: ScoreStore) -> None:
    publish(store)
    with pytest.raises(
        ConfigError, match="holds the scores of project 'shop'; give 'bakery' a store of its own"
    ):
        publish(store, project="bakery")


@pytest.mark.parametrize("uri", ["mysql://a:secret@b/c", "postgresql://me:secret@[/x", "scores", "sqlite://"])
def test_what_is_no_database_is_refused_without_its_password(uri: str) -> None:
    with pytest.raises(ConfigError, match="is no database") as caught:
        ScoreStore(uri)
    assert "secret" not in str(caught.value)


def test_a_database_that_is_down_is_one_line_without_a_password() -> None:
    store = ScoreStore("postgresql://me:secret@127.0.0.1:1/none")
    assert not store.is_ready()
    for ask in (store.current, store.ping, lambda: publish(store)):
        with pytest.raises(StoreError, match="can't be reached; is it up") as caught:
            ask()
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_wrong_password_or_database_is_told() -> None:
    with postgres_schema():
        store = ScoreStore("postgresql://nobody_we_know:secret@127.0.0.1:5432/test")
        with pytest.raises(StoreError, match=r"user or password|no longer|does not exist") as caught:
            store.current()
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "scores.sqlite").write_text("this is no database, but long enough to look like a file" * 20)
    with pytest.raises(StoreError, match="is not a database, or is damaged"):
        ScoreStore(tmp_path / "scores.sqlite").current()


def test_moments_come_back_in_utc(store: ScoreStore) -> None:
    zone = dt.timezone(dt.timedelta(hours=5))
    publish(store, published_at=PUBLISHED.astimezone(zone))
    assert store.get("c00000001")[0]["as_of"] == AS_OF
    assert store.get("c00000001")[0]["as_of"].utcoffset() == dt.timedelta(0)
