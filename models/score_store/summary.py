"""The summary of a publication: golden share, tiers, segments, moves between them, what to focus on."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

TIERS = ("A", "B", "C")
ABSENT = "absent"
"""Where a customer comes from who was not there, and goes to who is no longer there."""


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True)


class GoldenShare(_Figures):
    """What part of the known customers, those who ever ordered, is in tier A, and what part of the value.

    Attributes
    ----------
    customers, value : float
        0 to 1.
    """

    customers: float
    value: float


class Golden(_Figures):
    """The golden share, by what customers brought and by what is expected of them.

    Attributes
    ----------
    current : GoldenShare
        `current_tier` A: its share of customers, and of trailing value.
    expected : GoldenShare
        `tier` A: its share of customers, and of expected value.
    """

    current: GoldenShare
    expected: GoldenShare


class Group(_Figures):
    """A tier or a segment.

    Attributes
    ----------
    name : str
    customers : int
    share : float
        Of all customers, 0 to 1.
    expected_value, trailing_value : float
        Their sums, in money.
    """

    name: str
    customers: int
    share: float
    expected_value: float
    trailing_value: float


class Move(_Figures):
    """How many customers went from one tier or segment to another since the previous publication.

    Attributes
    ----------
    before : str
        A tier or segment, or ``absent`` for customers that were not there.
    now : str
        A tier or segment, or ``absent`` for customers that are no longer there.
    customers : int
    """

    before: str
    now: str
    customers: int


class Focus(_Figures):
    """Whom to look after first.

    Attributes
    ----------
    choice : str
        ``valued``, ``volume`` or ``both``; see `models.score_store.focus`.
    value_at_risk : float
        Money that valued customers are likely to stop bringing.
    upgrade_potential : float
        Money that upgrades of volume customers are likely to bring.
    grounds : tuple of str
        Why, in sentences with figures.
    """

    choice: Literal["valued", "volume", "both"]
    value_at_risk: float
    upgrade_potential: float
    grounds: tuple[str, ...]

    def sentences(self) -> tuple[str, ...]:
        """Return the choice and its grounds for people, a line each."""
        who = "valued and volume" if self.choice == "both" else self.choice
        return (f"focus on {who} customers:", *self.grounds)


class Summary(_Figures):
    """What a publication comes to.

    Attributes
    ----------
    golden : Golden
    previous_golden : Golden or None
        Of the previous publication.
    tiers, current_tiers, segments : tuple of Group
        Each known one, also when it is empty; tiers by `tier`, current_tiers by `current_tier`.
    tier_moves, segment_moves : tuple of Move
        Between tiers, and between segments, since the previous publication, those with customers only; empty
        for the first, and for what an older release published.
    focus : Focus
    """

    golden: Golden
    previous_golden: Golden | None
    tiers: tuple[Group, ...]
    current_tiers: tuple[Group, ...]
    segments: tuple[Group, ...]
    tier_moves: tuple[Move, ...] = ()
    segment_moves: tuple[Move, ...] = ()
    focus: Focus
