from __future__ import annotations

import datetime as dt
import json

import pytest
from pydantic import ValidationError

from models.overview import (
    Campaign,
    Choices,
    Cohort,
    Concentration,
    CustomerDetail,
    Difference,
    GoldenPoint,
    MonthTotals,
    Overview,
    Part,
    Repeat,
    Scatter,
    SeasonCell,
    Timeline,
)


def _campaign(difference: Difference | None, cost: float | None) -> Campaign:
    day = dt.date(2024, 3, 1)
    return Campaign(
        campaign_id="K1", offer=None, channels=(), first_day=day, last_day=day, complete=True, contacts=100,
        customers=100, held_out=50, cost=cost, sent=None, opened=None, clicked=None, orders=40, buyers=30,
        value=900.0, held_out_value=300.0, difference=difference,
    )  # fmt: skip


def test_a_return_is_told_only_where_a_held_out_group_measures_it() -> None:
    measured = _campaign(Difference(per_customer=3.0, low=1.0, high=5.0), 100.0)
    assert measured.attributable
    assert measured.measured_value == 300.0
    assert measured.measured_return == 2.0
    assert _campaign(None, 100.0).measured_return is None
    assert not _campaign(None, 100.0).attributable
    assert _campaign(measured.difference, None).measured_return is None


def test_a_detail_takes_null_for_not_known() -> None:
    text = json.dumps(
        {"happenings": None, "timeline": None, "attributes": {"age": "45", "note": "", "job": None}}
    )
    detail = CustomerDetail.model_validate_json(text)
    assert detail.timeline == Timeline()
    assert detail.attributes == {"age": "45"}


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        CustomerDetail.model_validate_json('{"surprise": 1}')


def test_the_document_stays_small_whatever_the_base() -> None:
    text, day, money, many = "x" * 200, dt.date(2024, 3, 1), 1e9 / 3, 10**6
    campaign = _campaign(Difference(per_customer=money, low=-money, high=money), money)
    campaign = campaign.model_copy(update={"campaign_id": text, "offer": text, "channels": (text,) * 5})
    part = Part(name=text, parts=1, customers=many, orders=many, value=money)
    month = MonthTotals(
        month=day, complete=True, orders=many, customers=many, new_customers=many, value=money
    )
    golden = GoldenPoint(
        day=day, known=many, active=many, golden=many, customer_share=1 / 3, value_share=1 / 3
    )
    orders, value, group = [1234] * 1500, [123456.78] * 1500, ["between"] * 1500
    scatter = Scatter(of=many, orders=tuple(orders), value=tuple(value), group=tuple(group))
    overview = Overview(
        first_day=day, end_day=day, horizon_days=90, recent_days=365, after_days=30, known=many, scored=many,
        months=(month,) * 60,
        golden=(golden,) * 25,
        concentration=Concentration(customers=many, value=money, value_shares=(0.1234,) * 101),
        scatter=scatter,
        season=(SeasonCell(month=12, weekday=7, days=99, orders=many, value=money),) * 84,
        regions=(part,) * 13,
        channels=(part,) * 13,
        campaigns=(campaign,) * 30,
        campaigns_in_all=many,
        cohorts=(Cohort(month=day, customers=many, active=(many,) * 17, begins_with_data=False),) * 18,
        repeat=Repeat(customers=many, repeaters=many, observed=many, returned=many),
        choices=Choices(seller_id=("x" * 100,) * 200, region=("x" * 100,) * 200),
    )  # fmt: skip
    assert len(overview.model_dump_json()) < 300_000
