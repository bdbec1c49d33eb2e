"""Malformed bodies for `/predict`, made from a seed: the same ones every time."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

BODY: dict[str, Any] = {
    "as_of": "2024-06-01T00:00:00Z",
    "explain": True,
    "customers": [
        {
            "customer_id": "C1",
            "attributes": {"age": "35-44", "children": 2, "member": True},
            "transactions": [
                {"timestamp": "2024-05-01T10:00:00Z", "amount": 12.5, "order_id": "o1", "channel": "web"},
                {"timestamp": "2024-05-09T10:00:00Z", "amount": -3, "quantity": 1},
            ],
            "events": [{"timestamp": "2024-05-02T10:00:00Z", "kind": "visit", "value": 1.0}],
            "contacts": [{"timestamp": "2024-05-03T10:00:00Z", "campaign_id": "spring", "treated": True}],
        },
        {"customer_id": "C2"},
    ],
}

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 5, 1e308, -1e308, 1e-320, 2**63, -(2**70), 10**400, "", " ", "x" * 5_000,
    "0001-01-01", "9999-12-31T23:59:59-23:59", "2024-02-30", "NaN", "1e999", "\\u0000", "C\u0000", "a\nb",
    "\x1b[2J", "\u202e", "=cmd|'/c calc'!A1", "@SUM(1)", "<script>alert(1)</script>", "' OR 1=1 --", "\ud800",
    "\U0001f9ff", [], {}, [[]], [None], {"": None}, [1, "2", {}], {"a": {"b": {"c": 1}}},
)  # fmt: skip
"""What stands where something else should."""


def build_bodies(number: int, seed: int = 7) -> Iterator[bytes]:
    """Yield so many bodies that are wrong in one or more ways; some happen to be right."""
    dice = random.Random(seed)
    for _ in range(number):
        yield dice.choice(_WAYS)(dice)


def _replace(dice: random.Random) -> bytes:
    document = json.loads(json.dumps(BODY))
    for _ in range(dice.randint(1, 3)):
        places = list(_find_places(document))
        if not places:
            break
        holder, key = dice.choice(places)
        action = dice.random()
        if action < 0.15:
            del holder[key]
        elif action < 0.3 and isinstance(holder, dict):
            holder[dice.choice(["ammount", "", "customer_id", "\x00", "__proto__", "timestamp"])] = (
                holder.pop(key)
            )
        else:
            holder[key] = dice.choice(VALUES)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _find_places(node: Any) -> Iterator[tuple[Any, Any]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in pairs:
        yield node, key
        yield from _find_places(child)


def _cut(dice: random.Random) -> bytes:
    text = json.dumps(BODY).encode()
    return text[: dice.randrange(len(text))]


def _flip(dice: random.Random) -> bytes:
    text = bytearray(json.dumps(BODY).encode())
    for _ in range(dice.randint(1, 8)):
        text[dice.randrange(len(text))] = dice.randrange(256)
    return bytes(text)


def _repeat_key(dice: random.Random) -> bytes:
    text = json.dumps(BODY)
    name = dice.choice(["customers", "as_of", "amount", "customer_id", "kind", "age"])
    return text.replace(f'"{name}":', f'"{name}": null, "{name}":', 1).encode()


def _write_no_number(dice: random.Random) -> bytes:
    figure = dice.choice(
        ["NaN", "Infinity", "-Infinity", "1e999", "-1e400", "0x10", "01", "1_000", "9" * 5_000, ".5"]
    )
    return json.dumps(BODY).replace("12.5", figure).encode()


def _nest(dice: random.Random) -> bytes:
    depth = dice.choice([50, 900, 20_000])
    opening, closing = dice.choice([("[", "]"), ('{"a":', "}")])
    inner = opening * depth + "1" + closing * depth
    return json.dumps(BODY).replace('"35-44"', inner).encode() if dice.random() < 0.5 else inner.encode()


def _garble(dice: random.Random) -> bytes:
    return dice.choice(
        [
            b"",
            b"null",
            b"[]",
            b'"text"',
            b"{}",
            b"\xff\xfe{\x00}\x00",
            b"\xef\xbb\xbf{}",
            b'{"customers":[]}',
            b"{" * 9,
        ]
    ) + bytes(dice.randrange(256) for _ in range(dice.randint(0, 40)))


def _grow(dice: random.Random) -> bytes:
    many = dice.choice([1_001, 3_000])
    document: dict[str, Any] = {"customers": [{"customer_id": f"C{i}"} for i in range(many)]}
    if dice.random() < 0.5:
        document = {"customers": [{"customer_id": "C", "transactions": [0] * many}, *[7] * many]}
    return json.dumps(document).encode()


_WAYS: tuple[Callable[[random.Random], bytes], ...] = (
    *([_replace] * 6), _cut, _flip, _flip, _repeat_key, _write_no_number, _nest, _garble, _grow,
)  # fmt: skip
