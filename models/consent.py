"""Consent: which customers' attributes say that they don't want to be contacted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import polars as pl

from features.values import FALSE, TRUE

_GIVEN = re.compile(
    r"\b(consent(s|ed)?|opt(ed)? ?in|newsletters?|permission|subscribed|contactable"
    r"|accepts|allow(s|ed)|agree[ds]"
    r"|((e ?)?mails?|mailings?|sms|contact|phone|calls?|marketing|post) ok"
    r"|ok to (contact|(e ?)?mail|call|text)"
    r"|(werbe ?)?(einwilligung|zustimmung|erlaubnis)|eingewilligt|consentement|consentimiento|consentimento"
    r"|consenso|toestemming)\b"
)
_REFUSED = re.compile(
    r"\b(opt(ed)? ?out|unsubscribed?|suppressed"
    r"|(no|do not) (consent|contact|e ?mails?|calls?|mail|marketing|newsletter|phone|post|sms)"
    r"|werbe ?(sperre|widerspruch)|keine werbung|abgemeldet|desabonne|opposition)\b"
)
_BESIDE = frozenset({
    "has", "is", "may", "to", "for", "from", "customer", "contact", "contacting", "marketing", "ok",
    "given", "granted", "yes", "yn", "direct", "advertising", "promotions", "communications", "email",
    "emails", "e", "mail", "sms", "text", "phone", "call", "calls", "post", "push", "app", "web",
    "whatsapp", "gdpr", "flag", "status", "date", "at", "on", "werbung", "kunde", "kontakt", "telefon",
    "zur", "zu", "fur", "per", "dsgvo", "datum", "am", "rgpd", "client", "publicite", "cliente",
    "pubblicita", "publicidad", "de", "a", "la", "pour", "klant", "avg",
})  # fmt: skip
"""Words that may stand beside; any other, as in `consent_source`, makes it another attribute."""

_YES = (
    *TRUE, "on", "ok", "given", "granted", "accepted", "agreed", "opt in", "opted in", "in", "subscribed",
    "active", "j", "ja", "o", "oui", "s", "si", "sì", "sí", "sim", "tak", "erteilt", "angemeldet",
    "eingewilligt",
)  # fmt: skip
_NO = (
    *FALSE, "off", "never", "none", "not given", "declined", "denied", "refused", "rejected", "revoked",
    "withdrawn", "opt out", "opted out", "out", "unsubscribed", "inactive",
    "nein", "non", "nee", "não", "nao", "nie", "abgelehnt", "widerrufen", "abgemeldet", "gesperrt",
)  # fmt: skip
_SILENT = ("", "unknown", "unbekannt", "inconnu", "n/a", "na", "null", "nan", "-", "?")


def find_consent_columns(columns: Sequence[str]) -> dict[str, bool]:
    """Return the columns that tell of consent, known by the words of their names in several languages.

    Returns
    -------
    dict of str to bool
        True when the column's yes allows contact, false when it forbids it.

    Examples
    --------
    >>> find_consent_columns(["age", "Marketing-Consent", "optOut", "consent_source", "Einwilligung Werbung"])
    {'Marketing-Consent': True, 'optOut': False, 'Einwilligung Werbung': True}
    """
    found = {column: _tells(column) for column in columns}
    return {column: given for column, given in found.items() if given is not None}


def read_consent(customers: pl.DataFrame) -> pl.Series:
    """Return whether each customer may be contacted.

    A customer may not as soon as one column says no: a consent that is false, 0, "no" or the like, an opt-out
    that is true, 1, "yes" or the like. A text that is neither, such as "pending", is no consent either, nor
    does it lift an opt-out. A date says that it happened. What is missing, or says "unknown", says nothing,
    and who is not known to refuse may be contacted.

    Parameters
    ----------
    customers : DataFrame
        Attributes of one customer a row, among them those of `find_consent_columns`.

    Returns
    -------
    Series of bool, shape (customers,)
        ``consent``: null where no column says anything.

    Examples
    --------
    >>> read_consent(pl.DataFrame({"consent": ["yes", "No", None], "opt_out": [True, None, None]})).to_list()
    [False, False, None]
    """
    columns = find_consent_columns(customers.columns)
    if not columns:
        return pl.Series("consent", [None] * len(customers), dtype=pl.Boolean)
    answers = [
        read_answer(column, customers.schema[column], given=given) for column, given in columns.items()
    ]
    # A single no counts; min_horizontal passes over what is missing.
    return customers.select(pl.min_horizontal(answers).alias("consent"))["consent"]


def _tells(column: str) -> bool | None:
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode()
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower()
    name = re.sub(r"[^a-z]+", " ", words).strip()
    for pattern, given in ((_REFUSED, False), (_GIVEN, True)):
        if pattern.search(name):
            return given if _BESIDE.issuperset(pattern.sub("", name).split()) else None
    return None


def read_answer(column: str, dtype: pl.DataType, *, given: bool) -> pl.Expr:
    """Return whether a column allows to contact the customer; null where it says nothing.

    Parameters
    ----------
    column : str
    dtype : polars.DataType
    given : bool
        As `find_consent_columns` says: whether its yes allows contact.
    """
    value = pl.col(column)
    if dtype == pl.Boolean:
        return value if given else ~value
    if dtype.is_temporal():
        return pl.when(value.is_not_null()).then(pl.lit(given))
    if dtype.is_numeric():
        said = pl.when(value.cast(pl.Float64).is_nan()).then(None).otherwise(value.cast(pl.Float64) > 0)
        return said if given else ~said
    text = value.cast(pl.String).str.strip_chars().str.to_lowercase().str.replace_all("[_-]", " ")
    allows = text.is_in(_YES if given else _NO)
    return pl.when(text.is_not_null() & ~text.is_in(_SILENT)).then(allows)
