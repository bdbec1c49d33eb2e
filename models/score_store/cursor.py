"""The cursor between pages: which publication, which query, how far."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, replace

from features.errors import ConfigError
from models.score_store.query import CustomerQuery

_FORM = re.compile(r"(\d{1,18})\.(\d{1,18})\.([0-9a-f]{12})")


@dataclass(frozen=True)
class Cursor:
    """Where a page ended.

    Attributes
    ----------
    number : int
        Of the publication.
    start : int
        Position in the order at which the next page begins.
    query : str
        Digest of the query but for limit and cursor.
    """

    number: int
    start: int
    query: str

    def encode(self) -> str:
        """Return the text that travels.

        Examples
        --------
        >>> Cursor.decode(Cursor(3, 200, "0123456789ab").encode()).start
        200
        """
        text = f"{self.number}.{self.start}.{self.query}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Return the cursor of a text.

        Raises
        ------
        ConfigError
            When it is none.
        """
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        except ValueError:
            plain = ""
        found = _FORM.fullmatch(plain)
        if found is None:
            raise ConfigError(f"cursor {text[:40]!r} is none that a page ended with; begin without a cursor")
        return cls(int(found[1]), int(found[2]), found[3])


def digest_query(query: CustomerQuery) -> str:
    """Return what tells a query from others, whatever its page."""
    plain = replace(query, limit=1, cursor=None)
    return hashlib.blake2b(repr(plain).encode(errors="surrogatepass"), digest_size=6).hexdigest()
