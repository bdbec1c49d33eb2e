"""The channel a customer answers to, from what they did after being addressed through each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.clock import DAY_US
from features.compiled import compiled
from features.history import History
from features.purchases import ANSWER_DAYS, TOTALS
from features.timeline import FloatArray, IntArray
from models.examples import Situation

EMAIL = "e-mail"

_OPEN = 0.5  # an e-mail opened is half an answer, one clicked is a whole one
_PRIOR = 2.0  # contacts without an answer that every channel is charged with: one lucky answer is no habit
_EMAILS = {
    "email_sent": "emails_sent_ever",
    "email_open": "emails_opened_ever",
    "email_click": "emails_clicked_ever",
}
_ORDERS = TOTALS.index("orders")
_WINDOW = ANSWER_DAYS * DAY_US
_SAME = {
    "email": EMAIL,
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
    "onlineshop": "web",
    "correo": "post",
    "courriel": EMAIL,
    "correo electrónico": EMAIL,
    "brief": "post",
    "courrier": "post",
    "lettre": "post",
    "carta": "post",
    "lettera": "post",
    "posta": "post",
    "telefon": "phone",
    "anruf": "phone",
    "téléphone": "phone",
    "appel": "phone",
    "teléfono": "phone",
    "llamada": "phone",
    "telefono": "phone",
    "telefone": "phone",
    "telefoon": "phone",
    "filiale": "shop",
    "laden": "shop",
    "magasin": "shop",
    "boutique": "shop",
    "tienda": "shop",
    "negozio": "shop",
    "loja": "shop",
    "winkel": "shop",
}
"""What others call the channels of the built-in playbook, in a few languages."""


@dataclass(frozen=True)
class Answers:
    """How often customers were addressed through a channel, and how often they answered.

    Attributes
    ----------
    reached, answered : float64 array, shape (customers,)
    """

    reached: FloatArray
    answered: FloatArray

    def __add__(self, other: Answers) -> Answers:
        """Return both together."""
        return Answers(self.reached + other.reached, self.answered + other.answered)

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


def count_answers(history: History, situation: Situation, channels: Sequence[str]) -> dict[str, Answers]:
    """Count what customers were addressed through, and what they answered, before a moment.

    Parameters
    ----------
    history : History
    situation : Situation
        What is known of the customers at the moment.
    channels : sequence of str
        Those that the business has; others are not counted.

    Returns
    -------
    dict of str to Answers
        By channel; empty where nobody was ever addressed.
    """
    found = [*_count_contacts(history, situation), *_count_emails(history, situation)]
    if not found:
        return {}
    together: dict[str, Answers] = {}
    known = {tidy_channel(channel): channel for channel in channels}
    for text, answers in found:
        name = known.get(tidy_channel(text))
        if name is not None:
            together[name] = together[name] + answers if name in together else answers
    return together


def prefer_channels(answers: Mapping[str, Answers], otherwise: Sequence[str]) -> list[str]:
    """Return the channel to reach each customer by.

    It is the one they answered to most often for each contact, and the playbook's where they never answered.

    Parameters
    ----------
    answers : mapping of str to Answers
        By channel.
    otherwise : sequence of str, shape (customers,)
        The playbook's channels. Between channels that are answered equally often, this one wins, then the
        first by name.

    Examples
    --------
    >>> sms = Answers(np.array([4.0, 4.0]), np.array([3.0, 0.0]))
    >>> prefer_channels({"sms": sms}, ["e-mail", "e-mail"])
    ['sms', 'e-mail']
    """
    if not answers:
        return list(otherwise)
    names = np.array(sorted(answers), dtype=object)
    rates = np.stack([answers[name].rate for name in names])
    rates += 1e-12 * (names[:, None] == np.array(otherwise, dtype=object)) * (rates > 0)
    best = rates.argmax(axis=0)
    answered = rates.max(axis=0) > 0
    return [str(names[b]) if a else default for b, a, default in zip(best, answered, otherwise, strict=True)]


def _count_contacts(history: History, situation: Situation) -> list[tuple[str, Answers]]:
    """Count contacts by channel, and as answers those that an order followed within `ANSWER_DAYS`."""
    contacts, table = history.contacts, situation.features
    if contacts is None or not contacts.channels or not len(contacts.timeline.time):
        return []
    counts = np.zeros((2, len(contacts.channels), len(table.customers)))
    reached, orders = contacts.timeline, history.purchases.timeline
    _count(
        table.customers, table.as_of, reached.offsets, reached.time, reached.totals,
        orders.offsets, orders.time, orders.totals, counts,
    )  # fmt: skip
    return [(name, Answers(*counts[:, i])) for i, name in enumerate(contacts.channels)]


def _count_emails(history: History, situation: Situation) -> list[tuple[str, Answers]]:
    events = history.events
    if events is None or not len(events.timeline.time) or not any(kind in events.names for kind in _EMAILS):
        return []
    counts = (
        situation.column(name) if kind in events.names else np.zeros(len(situation))
        for kind, name in _EMAILS.items()
    )
    return [(EMAIL, count_email_answers(*counts))]


def count_email_answers(sent: npt.ArrayLike, opened: npt.ArrayLike, clicked: npt.ArrayLike) -> Answers:
    """Count e-mails sent, and as answers those clicked, and half of those only opened.

    Parameters
    ----------
    sent, opened, clicked : array-like of shape (customers,)
        Events of the kinds ``email_sent``, ``email_open`` and ``email_click``; NaN is none.
    """
    sent, opened, clicked = (np.nan_to_num(np.asarray(n, dtype=np.float64)) for n in (sent, opened, clicked))
    reached = np.maximum(sent, np.maximum(opened, clicked))
    return Answers(reached, clicked + _OPEN * np.maximum(opened - clicked, 0))


@compiled
def _count(
    customers: IntArray, as_of: int, offsets: IntArray, times: IntArray, totals: IntArray,
    order_offsets: IntArray, order_times: IntArray, orders: IntArray, counts: FloatArray,
) -> None:  # fmt: skip
    """Count the contacts of each customer before a moment, and those that an order followed in time.

    Walks backwards through both timelines, so that the order to come next is known at each contact.
    """
    channels = counts.shape[1]
    first_channel = totals.shape[1] - channels
    for i in range(len(customers)):
        who, next_order = customers[i], as_of + _WINDOW
        order = order_offsets[who + 1] - 1
        for row in range(offsets[who + 1] - 1, offsets[who] - 1, -1):
            if times[row] >= as_of:
                continue
            while order >= order_offsets[who] and order_times[order] > times[row]:
                before = orders[order - 1, _ORDERS] if order > order_offsets[who] else 0
                if order_times[order] < as_of and orders[order, _ORDERS] > before:
                    next_order = order_times[order]
                order -= 1
            answered = next_order < as_of and next_order - times[row] <= _WINDOW
            for channel in range(channels):
                column = first_channel + channel
                before = totals[row - 1, column] if row > offsets[who] else 0
                found = totals[row, column] - before
                counts[0, channel, i] += found
                if answered:
                    counts[1, channel, i] += found
