"""How figures are written for people."""

from __future__ import annotations

import json
import math
import re

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "line"), count(12345, "line"), count(2, "currency", "currencies")
    ('1 line', '12,345 lines', '2 currencies')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def percent(share: float) -> str:
    """Return a share as per cent, with as many digits as it takes to tell it from 0 and from 100.

    Examples
    --------
    >>> percent(0.1234), percent(0.0004), percent(0.97251), percent(1.0), percent(0.0)
    ('12 %', '0.04 %', '97.3 %', '100 %', '0 %')
    >>> percent(math.nan)  # a share of nothing
    'an unknown share'
    """
    if not math.isfinite(share):
        return "an unknown share"
    edge = round(min(share, 1 - share), 12)  # sums of tenths are not quite tenths
    if edge <= 0 or edge >= 0.1:
        return f"{100 * share:.0f} %"
    return f"{100 * share:.{min(6, max(1, -math.floor(math.log10(100 * edge))))}f} %"


def money(amount: float, currency: str = "") -> str:
    """Return an amount with as many digits as matter.

    Examples
    --------
    >>> money(1234.5, "GBP"), money(-0.456, "GBP"), money(12_345_678, "EUR"), money(1e12)
    ('1,234 GBP', '-0.46 GBP', '12.3 million EUR', '1,000 billion')
    """
    size = abs(amount)
    if size >= 1e9:
        text = f"{amount / 1e9:,.3g} billion" if size < 1e12 else f"{amount / 1e9:,.0f} billion"
    elif size >= 1e6:
        text = f"{amount / 1e6:.3g} million"
    else:
        text = f"{amount:,.0f}" if size >= 100 else f"{amount:,.2f}"
    return f"{text} {currency}".rstrip()


def toml_key(name: str) -> str:
    """Return a column's name as a key of the config.

    Examples
    --------
    >>> toml_key("opt_in"), toml_key("newsletter ok")
    ('opt_in', '"newsletter ok"')
    """
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name)
