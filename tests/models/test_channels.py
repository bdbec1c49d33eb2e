from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import DAY_US
from features.purchases import ANSWER_DAYS
from models.channels import Answers, count_contact_answers, count_email_answers, prefer_channels, tidy_channel

WINDOW = ANSWER_DAYS * DAY_US
CONTACT = st.tuples(st.integers(0, 3), st.integers(0, 4 * WINDOW), st.integers(-1, 2))
ORDER = st.tuples(st.integers(0, 3), st.integers(0, 4 * WINDOW))


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> list[np.ndarray]:
    return list(np.array(rows, dtype=np.int64).reshape(-1, width).T)


def _answers(reached: float, answered: float) -> Answers:
    return Answers(np.array([float(reached)]), np.array([float(answered)]))


@given(st.lists(CONTACT, max_size=30), st.lists(ORDER, max_size=30))
def test_answers_are_orders_soon_after_a_contact(
    contacts: list[tuple[int, int, int]], orders: list[tuple[int, int]]
) -> None:
    counted = count_contact_answers(*_columns(contacts, 3), *_columns(orders, 2), customers=4, channels=3)
    for channel, answers in enumerate(counted):
        for customer in range(4):
            mine = [time for who, time, which in contacts if (who, which) == (customer, channel)]
            answered = [
                any(who == customer and time < at <= time + WINDOW for who, at in orders) for time in mine
            ]
            assert answers.reached[customer] == len(mine)
            assert answers.answered[customer] == sum(answered)


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


def test_names_of_one_channel_are_added_up() -> None:
    answers = {"Email": _answers(5, 2), "e-mail": _answers(5, 2), "sms": _answers(5, 2)}
    assert prefer_channels(answers, ["sms"]) == ["e-mail"]
    assert [tidy_channel(name) for name in ("TEXT_MESSAGE", "Direct  mail", "x")] == ["sms", "post", "x"]


@pytest.mark.parametrize("customers", [0, 3])
def test_no_contacts_and_no_orders(customers: int) -> None:
    nothing = np.zeros(0, dtype=np.int64)
    counted = count_contact_answers(
        nothing, nothing, nothing, nothing, nothing, customers=customers, channels=1
    )
    assert counted[0].reached.tolist() == [0] * customers
    assert prefer_channels({"sms": counted[0]}, ["post"] * customers) == ["post"] * customers
