"""Synthetic businesses: one seed gives the same bytes, and what is said to be true shows in the data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import ConfigError
from features.tables import REASON, SCHEMAS, TableConfig, scan_rows
from training.synthetic import (
    TABLES,
    RowGroupWriter,
    SyntheticConfig,
    SyntheticTables,
    build_block,
    build_tables,
    draw_future_values,
    truth,
    upgrade_probability,
    write_tables,
)
from training.synthetic_business.purchases import CHANNELS, OPENING_HOURS

CONFIG = SyntheticConfig(customers=16_000, days=500, block_customers=4_000, response_mean=0.6, seed=11)
AS_OF = date(2023, 12, 1)
HORIZON_DAYS = 90
SMALL = SyntheticConfig(customers=250, days=120, block_customers=100)
TOLERATED_ERRORS = 4.0  # standard errors


@pytest.fixture(scope="module")
def tables() -> SyntheticTables:
    return build_tables(CONFIG)


@pytest.fixture(scope="module")
def outcome(tables: SyntheticTables) -> pl.DataFrame:
    """The truth at AS_OF beside what happened within the horizon."""
    future = tables.transactions.filter(
        pl.col("timestamp") >= AS_OF, pl.col("timestamp") < AS_OF + timedelta(days=HORIZON_DAYS)
    )
    happened = future.group_by("customer_id").agg(
        orders=pl.col("order_id").filter(pl.col("amount") > 0).n_unique(),
        value=pl.col("amount").sum(),
        margin=(pl.col("amount") - pl.col("cost")).sum(),
    )
    known = truth(CONFIG, AS_OF, HORIZON_DAYS).join(
        happened, on="customer_id", how="left", maintain_order="left"
    )
    return known.with_columns(pl.col("orders", "value", "margin").fill_null(0)).with_columns(
        churned=(pl.col("orders") == 0).cast(pl.Float64)
    )


def assert_unbiased(happened: pl.Series, expected: pl.Series) -> None:
    error = (happened - expected).to_numpy()
    bound = TOLERATED_ERRORS * error.std(ddof=1) / np.sqrt(len(error)) + 1e-9
    assert abs(error.mean()) <= bound, f"{error.mean():.4f} exceeds {bound:.4f}, n = {len(error)}"


def test_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again = write_tables(tmp_path / "a", SMALL), write_tables(tmp_path / "b", SMALL)
    other = write_tables(
        tmp_path / "c", SyntheticConfig(customers=250, days=120, block_customers=100, seed=8)
    )
    for name in TABLES:
        assert getattr(first, name).read_bytes() == getattr(again, name).read_bytes()
        assert getattr(first, name).read_bytes() != getattr(other, name).read_bytes()


def test_files_hold_what_is_built_in_memory(tmp_path: Path) -> None:
    written, built = write_tables(tmp_path, SMALL), build_tables(SMALL)
    for name in TABLES:
        assert pl.read_parquet(getattr(written, name)).equals(getattr(built, name))
        assert written.rows[name] == getattr(built, name).height


def test_blocks_do_not_depend_on_what_was_drawn_before_them() -> None:
    whole = build_tables(SMALL)
    blocks = {block: build_block(SMALL, block) for block in (2, 0, 1)}
    for name in TABLES:
        assert pl.concat([getattr(blocks[block], name) for block in range(3)]).equals(getattr(whole, name))


def test_more_customers_leave_the_first_ones_as_they_are() -> None:
    longer = build_tables(SyntheticConfig(customers=300, days=120, block_customers=100))
    first = SMALL.block_customers * 2
    shorter = build_tables(SMALL)
    assert longer.truth.head(first).equals(shorter.truth.head(first))


def test_row_groups_have_one_size_whatever_is_appended(tmp_path: Path) -> None:
    frames = [pl.DataFrame({"x": np.arange(rows)}) for rows in (3, 0, 25, 1)]
    with RowGroupWriter(tmp_path / "x.parquet", row_group_rows=10) as writer:
        for frame in frames:
            writer.write(frame)
    metadata = pq.ParquetFile(tmp_path / "x.parquet").metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [10, 10, 9]
    assert pl.read_parquet(tmp_path / "x.parquet").equals(pl.concat(frames))


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_every_known_column_is_there_and_no_row_is_rejected(name: str, tmp_path: Path) -> None:
    written = write_tables(tmp_path, SMALL)
    path: Path = getattr(written, name)
    rows = scan_rows(name, TableConfig(source=str(path))).collect()
    assert set(SCHEMAS[name].names) <= set(pl.read_parquet_schema(path))
    assert rows[REASON].null_count() == rows.height == written.rows[name]


def test_ids_fit_between_the_tables(tables: SyntheticTables) -> None:
    ids = tables.customers["customer_id"]
    assert ids.n_unique() == CONFIG.customers
    assert ids.equals(tables.truth["customer_id"])
    for frame in (tables.transactions, tables.events, tables.contacts):
        assert frame["customer_id"].is_in(ids.implode()).all()
    never = CONFIG.customers - tables.transactions["customer_id"].n_unique()
    assert 0.05 < never / CONFIG.customers < 0.3
    assert not tables.transactions.is_duplicated().any()


def test_money_is_whole_cents_and_discounts_lower_it(tables: SyntheticTables) -> None:
    lines = tables.transactions
    for name in ("amount", "discount", "cost"):
        cents = lines[name].to_numpy() * 100
        assert np.abs(cents - np.rint(cents)).max() < 1e-6
    gross = lines["amount"] + lines["discount"]
    share = (lines["discount"] / gross).round(6)
    assert set(share.unique()) == {0.0, 0.1, 0.2, 0.3}
    prices = (gross / lines["quantity"]).round(6)
    assert lines.select("product_id", price=prices).unique().height == lines["product_id"].n_unique()


def test_an_order_is_one_visit_and_a_return_one_of_its_own(tables: SyntheticTables) -> None:
    orders = tables.transactions.group_by("order_id").agg(
        pl.col("customer_id", "timestamp", "channel", "seller_id", "region").n_unique(),
        signs=pl.col("amount").sign().n_unique(),
    )
    single = orders.select(pl.exclude("order_id").max()).row(0)
    assert set(single) == {1}
    lines_per_order = tables.transactions.height / orders.height
    assert 2.2 < lines_per_order < CONFIG.lines_per_order


def test_shops_are_open_when_something_is_bought(tables: SyntheticTables) -> None:
    hours = tables.transactions.group_by("channel").agg(
        first=pl.col("timestamp").dt.hour().min(), last=pl.col("timestamp").dt.hour().max()
    )
    for channel, first, last in hours.iter_rows():
        opens, _, closes = OPENING_HOURS[CHANNELS.index(channel)]
        assert opens <= first <= last < closes


def test_all_rows_lie_within_the_history_in_order_of_time_by_block(tables: SyntheticTables) -> None:
    last = CONFIG.start + timedelta(days=CONFIG.days - 1)
    for frame in (tables.transactions, tables.events, tables.contacts):
        assert frame["timestamp"].dt.date().is_between(CONFIG.start, last).all()
    block = build_block(SMALL, 1)
    assert block.transactions["timestamp"].is_sorted()
    assert block.events["timestamp"].is_sorted()


def test_what_customers_return_they_bought_before(tables: SyntheticTables) -> None:
    lines = tables.transactions
    back = lines.filter(pl.col("amount") < 0).with_columns(-pl.col("amount", "quantity", "cost", "discount"))
    key = ["customer_id", "product_id", "amount", "quantity"]
    pairs = back.join(lines.filter(pl.col("amount") > 0), on=key, suffix="_bought")
    days = (pairs["timestamp"].dt.date() - pairs["timestamp_bought"].dt.date()).dt.total_days()
    matched = pairs.filter(days.is_between(2, CONFIG.return_within_days))
    assert matched["order_id"].n_unique() == back["order_id"].n_unique()


def test_returned_share_of_lines_is_the_rate(tables: SyntheticTables) -> None:
    back = (tables.transactions["amount"] < 0).to_numpy()
    assert back.sum() / (~back).sum() == pytest.approx(CONFIG.returns_rate, rel=0.1)


def test_season_and_weekdays_show_in_the_orders(tables: SyntheticTables) -> None:
    config = SyntheticConfig(
        customers=6_000, days=365, founding_share=1, lifetime_days=1e9, season_amplitude=0.5, contact_share=0
    )
    orders = (
        build_tables(config)
        .transactions.filter(pl.col("amount") > 0)
        .unique("order_id")["timestamp"]
        .dt.date()
    )
    counts = orders.value_counts().sort("timestamp")["count"].to_numpy()
    expected = config.season_by_day(config.days) * counts.sum() / config.season_by_day(config.days).sum()
    chi_square_per_day = np.mean((counts - expected) ** 2 / expected)
    assert 0.7 < chi_square_per_day < 1.3


def test_more_of_the_same_customers_sign_up_over_time(tables: SyntheticTables) -> None:
    signup = tables.customers["signup_date"]
    assert (signup < CONFIG.start).mean() == pytest.approx(CONFIG.founding_share, abs=0.02)
    later = tables.customers.filter(signup >= CONFIG.start)["signup_date"].dt.truncate("3mo").value_counts()
    whole_quarters = later.sort("signup_date")["count"].to_numpy()[:5]
    assert whole_quarters.min() > 0.85 * whole_quarters.max()


def test_attributes_tell_of_rate_and_spend_and_some_are_missing(tables: SyntheticTables) -> None:
    known = tables.customers.join(tables.truth, on="customer_id")
    rate = dict(known.group_by("acquisition_channel").agg(pl.col("rate_per_day").mean()).iter_rows())
    assert rate["referral"] > rate["organic"] > rate["social"]
    assert known.select(pl.corr("income", "price_quality", method="spearman")).item() > 0.3
    for name in ("age", "income", "gender", "occupation"):
        assert known[name].null_count() / known.height == pytest.approx(CONFIG.missing_share, abs=0.02)


def test_orders_value_margin_and_churn_by_decile_are_as_true(outcome: pl.DataFrame) -> None:
    for expected, happened in (
        ("expected_orders", "orders"),
        ("expected_value", "value"),
        ("expected_margin", "margin"),
        ("churn_probability", "churned"),
    ):
        decile = (outcome[expected].rank("ordinal") * 10 // (outcome.height + 1)).alias("decile")
        for part in outcome.with_columns(decile).partition_by("decile"):
            assert_unbiased(part[happened], part[expected])


def test_rate_alone_orders_the_customers(outcome: pl.DataFrame) -> None:
    alive = outcome.filter("alive")
    decile = (alive["rate_per_day"].rank("ordinal") * 10 // (alive.height + 1)).alias("decile")
    for part in alive.with_columns(decile).partition_by("decile"):
        assert_unbiased(part["orders"], part["expected_orders"])


def test_what_was_seen_before_tells_no_more_than_the_truth(
    tables: SyntheticTables, outcome: pl.DataFrame
) -> None:
    seen = tables.events.filter(pl.col("timestamp") < AS_OF)
    bought = tables.transactions.filter(pl.col("timestamp") < AS_OF, pl.col("amount") > 0)
    groups = [
        seen.filter(pl.col("kind") == kind)["customer_id"]
        for kind in ("complaint", "email_open", "visit", "cart")
    ]
    recent = pl.col("timestamp") >= AS_OF - timedelta(days=7)
    groups += [
        seen.filter(recent)["customer_id"],
        bought.filter(recent)["customer_id"],
        bought["customer_id"],
    ]
    for group in groups:
        part = outcome.filter(pl.col("customer_id").is_in(group.unique().implode()))
        assert part.height > 100
        assert_unbiased(part["churned"], part["churn_probability"])
        assert_unbiased(part["orders"], part["expected_orders"])


def test_who_has_left_orders_no_more(outcome: pl.DataFrame) -> None:
    left = outcome.filter(~pl.col("alive"))
    assert left.height > 1_000
    assert left["orders"].sum() == 0
    assert left["churn_probability"].min() == left["churn_probability"].max() == 1
    assert left["expected_orders"].max() == 0


def test_uplift_shows_between_treated_and_held_out(tables: SyntheticTables) -> None:
    measured, expected, variance = 0.0, 0.0, 0.0
    for campaign in range(2, CONFIG.campaigns):
        day = CONFIG.start + timedelta(days=CONFIG.campaign_day(campaign))
        window = timedelta(days=CONFIG.response_days + 1)
        orders = (
            tables.transactions.filter(
                pl.col("timestamp") >= day, pl.col("timestamp") < day + window, pl.col("amount") > 0
            )
            .group_by("customer_id")
            .agg(orders=pl.col("order_id").n_unique())
        )
        sent = tables.contacts.filter(pl.col("campaign_id") == f"K{campaign + 1:03d}")
        reached = (
            sent.join(orders, on="customer_id", how="left")
            .join(truth(CONFIG, day, window.days), on="customer_id")
            .with_columns(pl.col("orders").fill_null(0))
        )
        treated, held_out = reached.filter("treated"), reached.filter(~pl.col("treated"))
        assert held_out.height / reached.height == pytest.approx(CONFIG.holdout_share, abs=0.03)
        with_it, without = treated["orders"].to_numpy(), held_out["orders"].to_numpy()
        measured += with_it.mean() - without.mean()
        expected += reached["uplift_orders"].to_numpy().mean()
        variance += with_it.var() / len(with_it) + without.var() / len(without)
    assert abs(measured - expected) < TOLERATED_ERRORS * np.sqrt(variance)
    assert measured > TOLERATED_ERRORS * np.sqrt(variance), "the uplift should be visible"


def test_only_consenting_customers_are_contacted(tables: SyntheticTables) -> None:
    consent = tables.customers.filter("email_consent")["customer_id"]
    assert tables.contacts["customer_id"].is_in(consent.implode()).all()
    assert tables.contacts.filter(~pl.col("treated"))["cost"].sum() == 0
    sent = tables.events.filter(pl.col("kind") == "email_sent")
    held_out = tables.contacts.filter(~pl.col("treated"))
    assert sent.join(held_out, on=["customer_id", "campaign_id"]).is_empty()


def test_drawn_futures_agree_with_the_exact_figures() -> None:
    as_of, draws = date(2023, 12, 15), 150
    every_day = {"contact_share": 1.0, "response_mean": 1.0, "campaign_every_days": 20, "response_days": 20}
    returning, keeping = (
        SyntheticConfig(customers=600, days=400, returns_rate=rate, **every_day)  # type: ignore[arg-type]
        for rate in (0.2, 0.0)
    )
    known, values = truth(returning, as_of, 60), draw_future_values(returning, as_of, 60, draws)
    assert values["customer_id"].equals(known["customer_id"])
    sample = values["value"].to_numpy()
    error = sample.mean(axis=1) - known["expected_value"].to_numpy()
    assert abs(error.sum()) < TOLERATED_ERRORS * np.sqrt((sample.var(axis=1) / draws).sum())
    # Without returns, the share of futures with any value is the chance of an order.
    reached = upgrade_probability(draw_future_values(keeping, as_of, 60, draws), 0.01)["upgrade_probability"]
    gap = reached.to_numpy() - (1 - truth(keeping, as_of, 60)["churn_probability"].to_numpy())
    standard_error = 0.5 / np.sqrt(draws)
    assert abs(gap.mean()) < TOLERATED_ERRORS * standard_error / np.sqrt(len(gap))
    assert np.abs(gap).max() < (TOLERATED_ERRORS + 1) * standard_error


def test_a_moment_with_a_zone_is_the_same_moment() -> None:
    known = truth(SMALL, date(2023, 3, 1), 30)
    assert truth(SMALL, datetime(2023, 3, 1, tzinfo=UTC), 30).equals(known)


@pytest.mark.parametrize(
    "as_of",
    [date(2023, 1, 1), date(2030, 1, 1), datetime(2023, 3, 1, 12, tzinfo=UTC)],
    ids=["start", "late", "noon"],
)
def test_truth_refuses_other_moments_than_midnights_of_the_history(as_of: date) -> None:
    with pytest.raises(ConfigError, match="expected a midnight"):
        truth(SMALL, as_of, 30)


def test_wrong_parameters_are_all_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        SyntheticConfig(customers=0, returns_rate=1.5, weekday_factors=(1.0,))
    assert all(name in str(refused.value) for name in ("customers", "returns_rate", "weekday_factors"))
    with pytest.raises(ConfigError, match="must not overlap"):
        SyntheticConfig(response_days=50, campaign_every_days=45)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    customers=st.sampled_from([1, 2, 37]),
    days=st.sampled_from([1, 2, 46, 200]),
    orders_per_year=st.sampled_from([0.0, 5.0, 400.0]),
    returns_rate=st.sampled_from([0.0, 0.5]),
    contact_share=st.sampled_from([0.0, 1.0]),
    lifetime_days=st.sampled_from([1.0, 1e9]),
    products_per_category=st.sampled_from([1, 3]),
    block_customers=st.sampled_from([1, 10, 1_000]),
)
def test_any_size_has_the_same_columns_and_finite_truth(**parameters: float) -> None:
    config = SyntheticConfig(**parameters)  # type: ignore[arg-type]
    made, usual = build_tables(config), build_block(SMALL, 0)
    for name in TABLES:
        assert getattr(made, name).schema == getattr(usual, name).schema
    assert made.customers.height == config.customers
    if not config.returns_rate:
        assert (made.transactions["amount"] > 0).all()
    known = truth(config, config.start + timedelta(days=config.days), 30)
    assert known["churn_probability"].is_between(0, 1).all()
    assert known.select(pl.col(pl.Float64).is_finite().all()).row(0) == (True,) * 7
