"""Summing a publication up, beside the one before."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from models.score_store.focus import choose_focus
from models.score_store.summary import ABSENT, TIERS, Golden, GoldenShare, Group, Move, Summary
from models.segments import NO_ORDER, SEGMENTS
from models.tiers import compute_golden_share


def summarise(
    scores: pl.DataFrame, currency: str, before: Summary | None = None, standing: pl.DataFrame | None = None
) -> Summary:
    """Return what scores come to.

    Parameters
    ----------
    scores : DataFrame
        One row a customer, as they are published.
    currency : str
        ISO 4217 code for sentences.
    before : Summary, optional
        Of the previous publication.
    standing : DataFrame, optional
        `customer_id` (and `seller_id`), `tier` and `segment` of the previous publication.
    """
    both = None if standing is None else _join(scores, standing)
    return Summary(
        golden=Golden(
            current=_share_of_a(scores, "current_tier", "trailing_value"),
            expected=_share_of_a(scores, "tier", "expected_value"),
        ),
        previous_golden=None if before is None else before.golden,
        tiers=_group(scores, "tier", TIERS),
        current_tiers=_group(scores, "current_tier", TIERS),
        segments=_group(scores, "segment", SEGMENTS),
        tier_moves=() if both is None else _count_moves(both, "tier"),
        segment_moves=() if both is None else _count_moves(both, "segment"),
        focus=choose_focus(scores, currency),
    )


def _share_of_a(scores: pl.DataFrame, tier: str, value: str) -> GoldenShare:
    known = scores.filter(~pl.col("evidence").cast(pl.String).is_in(NO_ORDER))
    found = compute_golden_share(known[tier].to_numpy(), known[value])
    return GoldenShare(customers=found.customers, value=found.value)


def _group(scores: pl.DataFrame, by: str, names: Sequence[str]) -> tuple[Group, ...]:
    figures = scores.group_by(by).agg(pl.len(), pl.col("expected_value", "trailing_value").sum())
    found = {name: (count, expected, trailing) for name, count, expected, trailing in figures.iter_rows()}
    groups = []
    for name in names:
        count, expected, trailing = found.get(name, (0, 0.0, 0.0))
        share = count / len(scores) if len(scores) else 0.0
        groups.append(
            Group(name=name, customers=count, share=share, expected_value=expected, trailing_value=trailing)
        )
    return tuple(groups)


def _join(scores: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame | None:
    """Return where everybody is beside where they were; None where sellers were not told apart before."""
    keys = [name for name in ("customer_id", "seller_id") if name in scores.columns]
    if not set(keys) <= set(standing.columns):
        return None
    now, before = (each.select(*keys, "tier", "segment") for each in (scores, standing))
    return now.join(before, on=keys, how="full", coalesce=True, nulls_equal=True, suffix="_before")


def _count_moves(both: pl.DataFrame, group: str) -> tuple[Move, ...]:
    """Return who went from which tier or segment to which; with sellers a customer moves at each."""
    before, now = (pl.col(name).cast(pl.String).fill_null(ABSENT) for name in (f"{group}_before", group))
    moved = both.group_by(f"{group}_before", group).len().select(before, now, "len")
    return tuple(
        Move(before=origin, now=to, customers=count) for origin, to, count in moved.sort(pl.all()).iter_rows()
    )
