"""Communication: how the customer answers when addressed."""

from __future__ import annotations

from features.declarations import Family
from features.figures import Figure, Known

COMMUNICATION = Family("communication", "communication", needs="contacts")

COMMUNICATION.totals("events:email_sent", "emails_sent", "e-mails", "{value} sent {window}")
COMMUNICATION.totals("events:email_open", "emails_opened", "e-mails", "{value} opened {window}")
COMMUNICATION.totals("events:email_click", "emails_clicked", "e-mails", "{value} clicked {window}")
COMMUNICATION.totals("contacts:contacts", "contacts", "contacts", "{value} by us {window}")
COMMUNICATION.totals(
    "contacts:contacts.sum",
    "contact_cost",
    "money",
    "{value} spent on contacts {window}",
    needs="contacts.cost",
)
COMMUNICATION.totals(
    "answered",
    "answers",
    "orders",
    "{value} within 14 days after a contact {window}",
    theme="orders after a contact",
)


@COMMUNICATION.feature(
    "open_rate_ever",
    "share",
    "{value} of e-mails opened so far",
    needs="events:email_open",
    theme="emails opened",
)
def _(known: Known) -> Figure:
    return known.sum("events:email_open") / known.sum("events:email_sent")


@COMMUNICATION.feature(
    "open_rate_h1",
    "share",
    "{value} of e-mails opened in the last {days} days",
    needs="events:email_open",
    horizons=1,
    theme="emails opened",
)
def _(known: Known) -> Figure:
    return known.sum("events:email_open", "h1") / known.sum("events:email_sent", "h1")


@COMMUNICATION.feature(
    "click_rate_ever",
    "share",
    "{value} of e-mails clicked so far",
    needs="events:email_click",
    theme="emails clicked",
)
def _(known: Known) -> Figure:
    return known.sum("events:email_click") / known.sum("events:email_sent")


@COMMUNICATION.feature(
    "days_since_last_contact",
    "days",
    "{value} since we last made contact",
    changeable=False,
    theme="time since the last contact",
)
def _(known: Known) -> Figure:
    return known.days_since("contacts")


@COMMUNICATION.feature(
    "answer_rate",
    "share",
    "{value} order days for each contact that came within 14 days of one",
    theme="orders after a contact",
)
def _(known: Known) -> Figure:
    return known.sum("answered") / known.sum("contacts:contacts")


@COMMUNICATION.feature(
    "answered_share",
    "share",
    "{value} of order days follow a contact within 14 days",
    theme="orders after a contact",
)
def _(known: Known) -> Figure:
    return known.sum("answered") / known.sum("order_days")
