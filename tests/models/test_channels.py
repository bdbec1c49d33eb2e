from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.attributes import Vocabulary
from features.catalogue import FeatureTable
from features.clock import EPOCH
from features.dialect import Dialect
from features.history import History
from features.purchases import ANSWER_DAYS
from features.request_history import CustomerRows, build_history_of_rows
from models.channels import Answers, count_answers, count_email_answers, prefer_channels, tidy_channel
from models.examples import Situation

CHANNELS = ("Email", "sms", "e-mail")
CONTACT = st.tuples(st.integers(0, 2), st.integers(2, 60), st.sampled_from((*CHANNELS, "fax", None)))
ORDER = st.tuples(st.integers(0, 2), st.integers(2, 60), st.sampled_from((10, -5)))
COUNTS = ("emails_sent_ever", "emails_opened_ever", "emails_clicked_ever")


def _read(history: History, day: int) -> Situation:
    """Return what is known on a day: the counts of e-mails, which are all that channels ask for."""
    customers = np.arange(len(history))
    counts = np.array([[4, 2, 1]] * len(history), dtype=np.float32)
    table = FeatureTable(customers, day * 86_400_000_000, COUNTS, counts)
    return Situation(table, 30.0, 30, np.zeros(len(history)), 0.0)


def _build(rows: Sequence[CustomerRows], kinds: tuple[str, ...] = ()) -> History:
    columns = {"transactions": ("amount",), "contacts": ("channel",), "events": ("kind",)}
    return build_history_of_rows(
        rows, Dialect(vocabulary=Vocabulary(kinds=kinds, channels=CHANNELS), columns=columns)
    )


def _on(day: int) -> dt.datetime:
    return EPOCH + dt.timedelta(days=day)


def _answers(reached: float, answered: float) -> Answers:
    return Answers(np.array([float(reached)]), np.array([float(answered)]))


@given(st.lists(CONTACT, max_size=30), st.lists(ORDER, max_size=20), st.integers(2, 70))
def test_answers_are_orders_soon_after_a_contact(
    contacts: list[tuple[int, int, str | None]], orders: list[tuple[int, int, int]], now: int
) -> None:
    rows = [
        CustomerRows(
            str(one),
            transactions=[{"timestamp": _on(d), "amount": a} for who, d, a in orders if who == one],
            contacts=[{"timestamp": _on(d), "channel": c} for who, d, c in contacts if who == one],
        )
        for one in range(3)
    ]
    history = _build(rows)
    counted = count_answers(history, _read(history, now), ["SMS", "e-mail", "post"])
    assert set(counted) == ({"e-mail", "SMS"} if contacts else set())
    for channel, answers in counted.items():
        for customer in range(3):
            mine = [
                day
                for who, day, name in contacts
                if who == customer
                and day < now
                and name in CHANNELS
                and tidy_channel(name) == tidy_channel(channel)
            ]
            answered = [
                any(who == customer and day < at <= day + ANSWER_DAYS and at < now and amount > 0
                    for who, at, amount in orders)
                for day in mine
            ]  # fmt: skip
            assert answers.reached[customer] == len(mine)
            assert answers.answered[customer] == sum(answered)


def test_emails_that_events_tell_of_count_too() -> None:
    opened = {"timestamp": _on(3), "kind": "email_open"}
    history = _build([CustomerRows("1", events=[opened])], ("email_sent", "email_open", "email_click"))
    answers = count_answers(history, _read(history, 9), ["e-mail"])["e-mail"]
    assert (answers.reached.tolist(), answers.answered.tolist()) == ([4], [1.5])
    assert count_answers(history, _read(history, 9), ["phone"]) == {}


def test_emails_opened_count_half_and_clicked_whole() -> None:
    answers = count_email_answers([10, 0, np.nan, 3], [4, 2, np.nan, 0], [1, 0, np.nan, 2])
    assert answers.reached.tolist() == [10, 2, 0, 3]
    assert answers.answered.tolist() == [2.5, 1, 0, 2]


def test_the_channel_answered_to_most_often_wins() -> None:
    answers = {"sms": _answers(10, 2), "phone": _answers(10, 6), "e-mail": _answers(40, 10)}
    assert prefer_channels(answers, ["post"]) == ["phone"]


def test_one_lucky_answer_is_no_habit() -> None:
    answers = {"sms": _answers(1, 1), "e-mail": _answers(10, 8)}
    assert prefer_channels(answers, ["post"]) == ["e-mail"]


def test_who_never_answered_is_reached_as_the_playbook_says() -> None:
    assert prefer_channels({"sms": _answers(9, 0)}, ["post"]) == ["post"]
    assert prefer_channels({}, ["post", "app"]) == ["post", "app"]


def test_between_equals_the_playbook_decides_then_the_name() -> None:
    answers = {name: _answers(4, 2) for name in ("sms", "phone", "app")}
    assert prefer_channels(answers, ["sms"]) == ["sms"]
    assert prefer_channels(answers, ["post"]) == ["app"]


def test_channels_are_known_by_several_names() -> None:
    assert [tidy_channel(name) for name in ("TEXT_MESSAGE", "Direct  mail", "x")] == ["sms", "post", "x"]


@pytest.mark.parametrize("customers", [0, 3])
def test_no_contacts_and_no_orders(customers: int) -> None:
    history = _build([CustomerRows(str(one)) for one in range(customers)])
    assert count_answers(history, _read(history, 9), ["e-mail"]) == {}
