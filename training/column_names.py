"""Names of columns, as people write them in any way."""

from __future__ import annotations

import re
import unicodedata


def normalise(name: str) -> str:
    """Return a column's name in lower-case letters and digits only.

    Examples
    --------
    >>> normalise("Customer ID"), normalise("Menge (Stück)"), normalise("Total_Référence")
    ('customerid', 'mengestuck', 'totalreference')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())
