from __future__ import annotations

import datetime as dt
import statistics
from typing import Any

import polars as pl
import pytest

from features.tables import Tables
from models.overview import Overview
from tests.training.overview.oracle import days_of, find_orders, local_day, sum_value
from tests.training.overview.small_base import AS_OF, HORIZON, SmallBase, build_base, build_small_base
from training.overview import build_overview

ZONE = "Europe/Berlin"
END = dt.date(2023, 9, 16)  # Berlin's day has begun at AS_OF: midnight UTC is two hours into it
FIRST = dt.date(2022, 1, 10)


@pytest.fixture(scope="module")
def base() -> SmallBase:
    return build_small_base()


@pytest.fixture(scope="module")
def overview(base: SmallBase) -> Overview:
    return build_overview(base.source, base.scores)


@pytest.fixture(scope="module")
def lines(base: SmallBase) -> list[dict[str, Any]]:
    return base.lines


def test_the_document_survives_json_and_is_small(overview: Overview) -> None:
    text = overview.model_dump_json()
    assert Overview.model_validate_json(text) == overview
    assert len(text) < 300_000


def test_days_are_the_businesses(overview: Overview, lines: list[dict[str, Any]]) -> None:
    assert overview.first_day == min(local_day(row, ZONE) for row in lines)
    assert overview.end_day == END


def test_months_add_up_orders_customers_and_value(overview: Overview, lines: list[dict[str, Any]]) -> None:
    placed = find_orders(lines, ZONE)
    first = {customer: days[0] for customer, days in days_of(placed).items()}
    for total in overview.months:

        def within(day: dt.date, month: dt.date = total.month) -> bool:
            return (day.year, day.month) == (month.year, month.month)

        orders = [key for key, day in placed.items() if within(day)]
        value = sum(row["amount"] for row in lines if within(local_day(row, ZONE)))
        assert total.orders == len(orders)
        assert total.customers == len({customer for customer, _ in orders})
        assert total.new_customers == sum(within(day) for day in first.values())
        assert total.value == pytest.approx(value, abs=0.01)
    assert [total.complete for total in overview.months] == [False, *([True] * 19), False]


def test_golden_share_is_measured_with_todays_cut_at_every_month(
    overview: Overview, lines: list[dict[str, Any]], base: SmallBase
) -> None:
    cut = base.scores.filter(pl.col("current_tier") == "A")["trailing_value"].min()
    assert isinstance(cut, float)
    days = days_of(find_orders(lines, ZONE))
    for point in overview.golden:
        value = sum_value(lines, ZONE, point.day - dt.timedelta(days=HORIZON), point.day)
        golden = {customer for customer, worth in value.items() if worth >= cut - 1e-6}
        known = sum(each[0] < point.day for each in days.values())
        assert (point.known, point.golden) == (known, len(golden))
        assert point.customer_share == pytest.approx(len(golden) / known)
        brought = sum(value[customer] for customer in golden)
        assert point.value_share == pytest.approx(brought / sum(max(each, 0) for each in value.values()))
    assert overview.golden[-1].day == END
    assert overview.golden[0].day == dt.date(2022, 5, 1)


def test_concentration_is_the_share_of_the_best(overview: Overview, lines: list[dict[str, Any]]) -> None:
    value = sum_value(lines, ZONE, END - dt.timedelta(days=HORIZON), END)
    best = sorted((worth for worth in value.values() if worth > 0), reverse=True)
    assert overview.concentration.customers == len(best)
    part = len(best) / 5
    fifth = (sum(best[: int(part)]) + (part - int(part)) * best[int(part)]) / sum(best)
    assert overview.concentration.value_shares[20] == pytest.approx(fifth, abs=1e-4)
    assert overview.concentration.value_shares[0] == 0
    assert overview.concentration.value_shares[-1] == 1


def test_scatter_counts_every_customer_that_ordered(overview: Overview, lines: list[dict[str, Any]]) -> None:
    start = END - dt.timedelta(days=HORIZON)
    days = days_of(find_orders(lines, ZONE))
    orders = {customer: sum(start <= day < END for day in each) for customer, each in days.items()}
    active = {customer for customer, count in orders.items() if count}
    value = sum_value(lines, ZONE, start, END)
    assert overview.scatter.of == len(active) == sum(overview.scatter.counts.values())
    shown = sorted(zip(overview.scatter.orders, overview.scatter.value, strict=True))
    assert shown == sorted((orders[customer], round(value[customer], 2)) for customer in active)
    assert set(overview.scatter.group) <= {"valued", "between", "volume", "other"}


def test_season_covers_every_day_once(overview: Overview, lines: list[dict[str, Any]]) -> None:
    assert sum(cell.days for cell in overview.season) == (END - overview.first_day).days
    assert sum(cell.value for cell in overview.season) == pytest.approx(sum(row["amount"] for row in lines))
    march_fridays = next(cell for cell in overview.season if (cell.month, cell.weekday) == (3, 5))
    days = [local_day(row, ZONE) for row in lines]
    hits = [
        row["amount"] for row, day in zip(lines, days, strict=True) if day.month == 3 and day.weekday() == 4
    ]
    assert march_fridays.value == pytest.approx(sum(hits), abs=0.01)
    assert march_fridays.days == 9


def test_channels_and_regions_hold_the_last_year(overview: Overview, lines: list[dict[str, Any]]) -> None:
    recent = [row for row in lines if local_day(row, ZONE) >= END - dt.timedelta(days=365)]
    for column, parts in (("channel", overview.channels), ("region", overview.regions)):
        if column not in lines[0]:
            assert parts == ()
            continue
        sums = {row[column]: 0.0 for row in recent}
        for row in recent:
            sums[row[column]] += row["amount"]
        assert {part.name: part.value for part in parts} == pytest.approx(sums, abs=0.01)
    assert overview.channels


def test_a_campaign_counts_what_came_after_it_and_measures_against_the_held_out(
    overview: Overview, lines: list[dict[str, Any]], base: SmallBase
) -> None:
    contacts = base.source.tables.contacts
    assert contacts is not None
    rows = contacts.collect().to_dicts()
    days = days_of(find_orders(lines, ZONE))
    campaign = overview.campaigns[2]
    mine = [row for row in rows if row["campaign_id"] == campaign.campaign_id]
    value: dict[bool, list[float]] = {True: [], False: []}
    orders = 0
    for row in mine:
        start = local_day(row, ZONE)
        end = start + dt.timedelta(days=overview.after_days)
        spent = sum(
            line["amount"]
            for line in lines
            if line["customer_id"] == row["customer_id"] and start <= local_day(line, ZONE) < end
        )
        value[row["treated"]].append(spent)
        orders += row["treated"] and sum(start <= day < end for day in days.get(row["customer_id"], ()))
    assert (campaign.customers, campaign.held_out) == (len(value[True]), len(value[False]))
    assert campaign.orders == orders
    assert campaign.value == pytest.approx(sum(value[True]), abs=0.01)
    assert campaign.cost == pytest.approx(sum(row["cost"] for row in mine if row["treated"]), abs=0.01)
    assert campaign.difference is not None
    assert campaign.difference.per_customer == pytest.approx(
        statistics.mean(value[True]) - statistics.mean(value[False]), abs=1e-3
    )
    error = sum(statistics.variance(arm) / len(arm) for arm in value.values()) ** 0.5
    assert campaign.difference.high - campaign.difference.low == pytest.approx(2 * 1.959964 * error, abs=1e-3)
    assert campaign.complete
    assert not overview.campaigns[0].complete or overview.campaigns[0].last_day <= END - dt.timedelta(days=30)


def test_cohorts_follow_new_customers_through_complete_months(
    overview: Overview, lines: list[dict[str, Any]]
) -> None:
    days = days_of(find_orders(lines, ZONE))
    assert overview.cohorts[-1].month == dt.date(2023, 8, 1)
    for cohort in overview.cohorts:
        members = [each for each in days.values() if each[0].replace(day=1) == cohort.month]
        assert cohort.customers == len(members)
        for ahead, active in enumerate(cohort.active, 1):
            at = cohort.month.year * 12 + cohort.month.month - 1 + ahead
            assert active == sum(any(d.year * 12 + d.month - 1 == at for d in each) for each in members)


def test_repeat_rate_waits_until_a_horizon_has_passed(
    overview: Overview, lines: list[dict[str, Any]]
) -> None:
    days = days_of(find_orders(lines, ZONE))
    horizon = dt.timedelta(days=HORIZON)
    observed = [each for each in days.values() if each[0] < END - horizon]
    assert overview.repeat.customers == len(days) == overview.known
    assert overview.repeat.repeaters == sum(len(each) > 1 for each in days.values())
    assert overview.repeat.observed == len(observed)
    assert overview.repeat.returned == sum(
        len(each) > 1 and each[1] - each[0] <= horizon for each in observed
    )


def test_events_tell_of_mails_referrals_and_carts(
    overview: Overview, lines: list[dict[str, Any]], base: SmallBase
) -> None:
    assert base.source.tables.events is not None
    events = base.source.tables.events.collect().to_dicts()
    recent = [row for row in events if local_day(row, ZONE) >= END - dt.timedelta(days=365)]
    assert overview.messages is not None
    assert overview.messages.opened == sum(row["kind"] == "email_open" for row in recent)
    since = END - dt.timedelta(days=HORIZON)
    now = [row for row in events if row["kind"] in {"referral", "share"} and local_day(row, ZONE) >= since]
    assert overview.referrals is not None
    assert (overview.referrals.now, overview.referrals.customers) == (
        len(now),
        len({row["customer_id"] for row in now}),
    )
    days = days_of(find_orders(lines, ZONE))
    carts = {
        (row["customer_id"], local_day(row, ZONE)) for row in recent if row["kind"] in {"cart", "abandon"}
    }
    settled = {(customer, day) for customer, day in carts if day < END - dt.timedelta(days=7)}
    left = [
        (customer, day)
        for customer, day in settled
        if not any(day <= each <= day + dt.timedelta(days=7) for each in days.get(customer, ()))
    ]
    assert overview.carts is not None
    assert (overview.carts.carts, overview.carts.abandoned) == (len(settled), len(left))


def test_transactions_alone_are_enough(base: SmallBase) -> None:
    bare = base.source.tables.transactions.select("customer_id", "timestamp", "amount")
    alone = build_base(Tables(bare))
    overview = build_overview(alone.source, alone.scores)
    assert not overview.regions
    assert not overview.channels
    assert not overview.campaigns
    assert (overview.messages, overview.referrals, overview.carts) == (None, None, None)
    assert overview.end_day == AS_OF.date()
    assert overview.months


def test_one_line_is_a_base_too() -> None:
    one = pl.LazyFrame(
        {"customer_id": ["<b>'אב\u202e😀"], "timestamp": [AS_OF - dt.timedelta(days=1)], "amount": [5.0]}
    )
    only = build_base(Tables(one.with_columns(pl.col("timestamp").dt.convert_time_zone("UTC"))))
    overview = build_overview(only.source, only.scores)
    assert overview.known == 1
    assert overview.months[0].orders == 1
    assert overview.cohorts == ()
    assert len(overview.golden) == 1


def test_with_sellers_a_row_is_a_customer_at_a_seller() -> None:
    sellers = build_small_base(by_seller=True)
    overview = build_overview(sellers.source, sellers.scores)
    now = overview.golden[-1]
    pairs = sellers.scores.filter(pl.col("current_tier") == "A")
    assert now.golden == len(pairs)
    assert overview.scatter.of == sum(overview.scatter.counts.values())
    assert (
        overview.known
        == build_small_base()
        .source.tables.transactions.filter(pl.col("amount") > 0)
        .select(pl.col("customer_id").n_unique())
        .collect()
        .item()
    )


def test_regions_are_filled_from_the_customers(base: SmallBase) -> None:
    homes = base.scores.with_columns(region=pl.lit("north"))
    parts = build_overview(base.source, homes).regions
    if "region" not in base.source.tables.transactions.collect_schema().names():
        assert [part.name for part in parts] == ["north"]


def test_margin_deducts_the_cost_of_a_line(base: SmallBase) -> None:
    lines = base.source.tables.transactions.with_columns(cost=pl.col("amount") * 0.25)
    margin = build_base(Tables(lines), margin=True)
    plain = build_base(Tables(lines))
    ours = sum(month.value for month in build_overview(margin.source, margin.scores).months)
    full = sum(month.value for month in build_overview(plain.source, plain.scores).months)
    assert ours == pytest.approx(0.75 * full, rel=1e-6)


def test_choices_are_what_scores_hold_the_most_frequent_first_and_a_text_too_long_is_none(
    base: SmallBase,
) -> None:
    channels = [
        ["e-mail", "phone", "e-mail", "x" * 500, None][number % 5] for number in range(len(base.scores))
    ]
    told = base.scores.with_columns(channel=pl.Series(channels))
    assert build_overview(base.source, told).choices.channel == ("e-mail", "phone")
    assert set(build_overview(base.source, base.scores).choices.segment) <= {"valued", "volume", "occasional"}
