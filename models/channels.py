"""The channel a customer answers to, from what they did after being addressed through each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.clock import DAY_US
from features.compiled import compiled_with_memory
from features.purchases import ANSWER_DAYS
from features.timeline import FloatArray, IntArray

_OPEN = 0.5  # an e-mail opened is half an answer, one clicked is a whole one
_PRIOR = 2.0  # contacts without an answer that every channel is charged with: one lucky answer is no habit
_SAME = {
    "email": "e-mail",
    "mail": "post",
    "letter": "post",
    "direct mail": "post",
    "text": "sms",
    "text message": "sms",
    "call": "phone",
    "telephone": "phone",
    "store": "shop",
    "website": "web",
    "online": "web",
}


@dataclass(frozen=True)
class Answers:
    """How often customers were addressed through a channel, and how often they answered.

    Attributes
    ----------
    reached, answered : float64 array, shape (customers,)
    """

    reached: FloatArray
    answered: FloatArray

    @property
    def rate(self) -> FloatArray:
        """Share of contacts answered, drawn towards 0 where there were few."""
        rate: FloatArray = np.minimum(self.answered, self.reached) / (self.reached + _PRIOR)
        return rate


def tidy_channel(text: str) -> str:
    """Return a channel under the name that the built-in playbook uses.

    Examples
    --------
    >>> tidy_channel(" Email "), tidy_channel("WhatsApp")
    ('e-mail', 'whatsapp')
    """
    name = " ".join(text.lower().replace("_", " ").split())
    return _SAME.get(name, name)


def count_email_answers(sent: npt.ArrayLike, opened: npt.ArrayLike, clicked: npt.ArrayLike) -> Answers:
    """Count e-mails sent, and as answers those clicked, and half of those only opened.

    Parameters
    ----------
    sent, opened, clicked : array-like of shape (customers,)
        Events of the kinds ``email_sent``, ``email_open`` and ``email_click``; NaN where there is no table.
    """
    sent, opened, clicked = (np.nan_to_num(np.asarray(n, dtype=np.float64)) for n in (sent, opened, clicked))
    reached = np.maximum(sent, np.maximum(opened, clicked))
    return Answers(reached, clicked + _OPEN * np.maximum(opened - clicked, 0))


def count_contact_answers(
    contact_customer: IntArray,
    contact_time: IntArray,
    contact_channel: IntArray,
    order_customer: IntArray,
    order_time: IntArray,
    *,
    customers: int,
    channels: int,
) -> list[Answers]:
    """Count contacts by channel, and as answers those that an order followed within `ANSWER_DAYS`.

    Parameters
    ----------
    contact_customer, contact_time, contact_channel : int64 array, shape (contacts,)
        Position of the customer, microseconds since 1970 UTC, position of the channel (-1 is unknown and not
        counted). Those held out on purpose must be left out.
    order_customer, order_time : int64 array, shape (orders,)
        Position of the customer, and microseconds since 1970 UTC.
    customers, channels : int
        How many there are.

    Returns
    -------
    list of Answers, one for each channel
    """
    order = np.lexsort((order_time, order_customer))
    offsets = np.searchsorted(order_customer[order], np.arange(customers + 1))
    counts = np.zeros((2, channels, customers))
    window = ANSWER_DAYS * DAY_US
    _count(contact_customer, contact_time, contact_channel, order_time[order], offsets, window, counts)
    return [Answers(reached, answered) for reached, answered in zip(*counts, strict=True)]


def prefer_channels(answers: Mapping[str, Answers], otherwise: Sequence[str]) -> list[str]:
    """Return the channel to reach each customer by.

    It is the one they answered to most often for each contact, and the playbook's where they never answered.

    Parameters
    ----------
    answers : mapping of str to Answers
        By channel; where several names mean the same channel (`tidy_channel`), they are added up.
    otherwise : sequence of str, shape (customers,)
        The playbook's channels. Between channels that are answered equally often, this one wins, then the
        first by name.

    Examples
    --------
    >>> sms = Answers(np.array([4.0, 4.0]), np.array([3.0, 0.0]))
    >>> prefer_channels({"sms": sms}, ["e-mail", "e-mail"])
    ['sms', 'e-mail']
    """
    together = _add_up(answers)
    if not together:
        return list(otherwise)
    names = np.array(sorted(together), dtype=object)
    rates = np.stack([together[name].rate for name in names])
    rates += 1e-12 * (names[:, None] == np.array(otherwise, dtype=object)) * (rates > 0)
    best = rates.argmax(axis=0)
    answered = rates.max(axis=0) > 0
    return [str(names[b]) if a else default for b, a, default in zip(best, answered, otherwise, strict=True)]


def _add_up(answers: Mapping[str, Answers]) -> dict[str, Answers]:
    together: dict[str, Answers] = {}
    for name, each in answers.items():
        known = together.get(tidy_channel(name))
        together[tidy_channel(name)] = (
            Answers(known.reached + each.reached, known.answered + each.answered) if known else each
        )
    return together


@compiled_with_memory
def _count(customer, time, channel, order_time, offsets, window, counts):  # type: ignore[no-untyped-def]
    for i in range(len(customer)):
        who, which = customer[i], channel[i]
        if which < 0:
            continue
        counts[0, which, who] += 1
        times = order_time[offsets[who] : offsets[who + 1]]
        following = np.searchsorted(times, time[i], "right")
        if following < len(times) and times[following] - time[i] <= window:
            counts[1, which, who] += 1
