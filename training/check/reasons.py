"""Which of the known reasons a rejected row's words are, and of which column."""

from __future__ import annotations

import re

from features.rows import REASONS

_FORMS = {
    code: re.compile(
        re.escape(words).replace(r"\{column\}", r"(?P<column>\w+)") + r"(?P<found>: '.*')?", re.S
    )
    for code, words in REASONS.items()
}


def parse_reason(text: str) -> tuple[str, str]:
    """Return the code of a reason, a key of `REASONS`, and the column; both empty where none fits.

    Examples
    --------
    >>> parse_reason("timestamp does not parse: '31/02/2011'")
    ('unparsable', 'timestamp')
    """
    for code, form in _FORMS.items():
        if found := form.fullmatch(text):
            return code, found.groupdict().get("column") or ""
    return "", ""
