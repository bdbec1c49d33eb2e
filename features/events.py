"""The kinds of events the product knows; a business may send others, counted under their own name."""

from __future__ import annotations

KINDS = (
    "visit",
    "search",
    "cart",
    "abandon",
    "email_sent",
    "email_open",
    "email_click",
    "support",
    "complaint",
    "review",
    "referral",
    "share",
    "survey",
    "loyalty",
)
"""Event kinds with a meaning of their own."""

SCORED = ("review", "survey")
"""Kinds whose `value` is a score."""
