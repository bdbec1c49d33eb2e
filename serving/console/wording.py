"""How figures are written on pages: money in the project's currency, counts, shares, days."""

from __future__ import annotations

import datetime as dt
import math
import re

SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "C$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "USD": "$",
}
"""Signs that are written before the amount; any other currency has its code there."""

_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"), 0),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_SHORT = ((1e9, "bn"), (1e6, "m"), (1e4, "k"))
_MINUS = "\N{MINUS SIGN}"
NOTHING = "–"
"""What stands for a figure that is not known."""


def money(amount: float | None, currency: str, *, signed: bool = False) -> str:
    r"""Return an amount in full, with the currency's own digits below a thousand and none above.

    Examples
    --------
    >>> money(1234.5, "USD"), money(-0.5, "GBP"), money(9.5, "JPY"), money(12, "CHF"), money(None, "EUR")
    ('$1,234', '−£0.50', '¥10', 'CHF\xa012.00', '–')
    >>> money(3, "EUR", signed=True)
    '+€3.00'
    """
    if amount is None or not math.isfinite(amount):
        return NOTHING
    digits = _DIGITS.get(currency, 2) if abs(amount) < 1000 else 0
    return _sign(amount, digits, signed=signed) + _unit(currency) + f"{abs(amount):,.{digits}f}"


def short_money(amount: float | None, currency: str) -> str:
    """Return an amount for a headline.

    Examples
    --------
    >>> short_money(1234567, "USD"), short_money(45600, "EUR"), short_money(950, "GBP")
    ('$1.23m', '€45.6k', '£950')
    """
    if amount is None or not math.isfinite(amount):
        return NOTHING
    size = abs(amount)
    if size >= 1e12:
        return _sign(amount, 0) + _unit(currency) + f"{size:.3g}"
    for least, letter in _SHORT:
        if size >= least:
            unit = 1e3 if letter == "k" else least
            scaled = size / unit
            digits = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
            return _sign(amount, 0) + _unit(currency) + f"{scaled:,.{digits}f}{letter}"
    return money(round(amount) if size >= 100 else amount, currency).removesuffix(".00")


def count(number: float | None, singular: str = "", plural: str | None = None) -> str:
    """Return a number, with its noun if there is one.

    Examples
    --------
    >>> count(1, "order"), count(12345, "order"), count(2, "customer has", "customers have"), count(2.25)
    ('1 order', '12,345 orders', '2 customers have', '2.2')
    >>> count(17.96, "upgrade"), count(0.04)
    ('18 upgrades', '0.04')
    """
    if number is None or not math.isfinite(number):
        return NOTHING
    whole = float(number).is_integer() or abs(number) >= 10
    text = f"{number:,.0f}" if whole else f"{number:,.1f}" if abs(number) >= 0.95 else f"{number:.2g}"
    return f"{text} {singular if number == 1 else plural or singular + 's'}" if singular else text


def percent(share: float | None) -> str:
    r"""Return a share as per cent, with a digit more where it is small or close to all.

    Examples
    --------
    >>> percent(0.356), percent(0.042), percent(0.997), percent(0.0004), percent(1), percent(0)
    ('36\xa0%', '4.2\xa0%', '99.7\xa0%', '0.04\xa0%', '100\xa0%', '0\xa0%')
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    edge = min(abs(share), abs(1 - share))
    if edge == 0 or edge >= 0.095:
        return f"{100 * share:,.0f}\N{NO-BREAK SPACE}%"
    if edge < 0.0001:
        return f"{'under 0.01' if share < 0.5 else 'over 99.99'}\N{NO-BREAK SPACE}%"
    return f"{100 * share:.{2 if edge < 0.00095 else 1}f}\N{NO-BREAK SPACE}%"


def sentence(text: str, currency: str) -> str:
    r"""Return a published sentence with its figures written as on pages.

    Examples
    --------
    >>> sentence("worth USD 591.59, 79% of the usual: -0.4 points", "USD")
    'worth $591.59, 79\xa0% of the usual: −0.4 points'
    >>> sentence("19 orders: USD +96.58; from -5 % to -1 %, 7.00 USD off", "USD")
    '19 orders: +$96.58; from −5\xa0% to −1\xa0%, $7.00 off'
    """
    if currency:
        unit, code = _unit(currency), re.escape(currency)
        text = re.sub(rf"\b{code} ([+-]?)(?=\d)", rf"\1{unit}", text)
        text = re.sub(rf"(\d[\d,.]*) {code}\b", rf"{unit}\1", text)
    return re.sub(r"(?<=[ (])-(?=\D?\d)", _MINUS, re.sub(r"(?<=\d) ?%", "\N{NO-BREAK SPACE}%", text))


def day(moment: dt.date | dt.datetime | None) -> str:
    """Return a calendar day.

    Examples
    --------
    >>> day(dt.date(2024, 3, 9))
    '9 Mar 2024'
    """
    return NOTHING if moment is None else f"{moment.day} {moment:%b %Y}"


def clean(name: str | None) -> str:
    """Return a name of the product's own as a person reads it.

    Examples
    --------
    >>> clean("growth_potential"), clean("volume")
    ('Growth potential', 'Volume')
    """
    words = (name or "").replace("_", " ")
    return words[:1].upper() + words[1:]


def _unit(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}" if currency else "")


def _sign(amount: float, digits: int, *, signed: bool = False) -> str:
    if round(amount, digits) < 0:
        return _MINUS
    return "+" if signed else ""
