"""JSON as it should be: no key twice, no NaN, no endless nesting; said in words where it is not."""

from __future__ import annotations

import json
from typing import Any

MOST_KEYS = 1_000
"""Keys that an object may have: what is wrong with each would be listed."""


class JsonError(ValueError):
    """The body is no JSON; `str()` says where and why."""


def read_json(body: bytes) -> Any:
    """Return the document in a body.

    Python's own reader is lenient: of a key that comes twice it takes the last one, and it knows NaN.

    Raises
    ------
    JsonError
        When it is no JSON in UTF-8, or ambiguous.

    Examples
    --------
    >>> read_json(b'{"amount": 5, "amount": 6}')
    Traceback (most recent call last):
    serving.strict_json.JsonError: the key 'amount' comes twice in one object; send it once
    """
    try:
        return _DECODER.decode(body.decode())
    except JsonError:
        raise
    except UnicodeDecodeError as error:
        raise JsonError(f"byte {error.start} is not UTF-8; send the body in UTF-8") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"no JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise JsonError("nested too deeply; customers and their rows need five levels") from None
    except ValueError:  # Python reads no integer of more than some 4,000 digits
        raise JsonError("a number has too many digits") from None


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_KEYS:
        raise JsonError(f"an object has {len(pairs):,} keys, expected at most {MOST_KEYS:,}")
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"the key {twice[:100]!r} comes twice in one object; send it once")
    return found


def _refuse(constant: str) -> float:
    raise JsonError(f"{constant} is no JSON; send null, or leave the key out")


_DECODER = json.JSONDecoder(object_pairs_hook=_build_object, parse_constant=_refuse)
