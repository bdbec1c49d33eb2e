"""Summing a publication up, beside the one before."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from models.score_store.focus import choose_focus
from models.score_store.summary import GONE, NEW, TIERS, Golden, GoldenShare, Group, Move, Summary
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
        `customer_id` (and `seller_id`) and `tier` of the previous publication.
    """
    return Summary(
        golden=Golden(
            current=_share_of_a(scores, "current_tier", "trailing_value"),
            expected=_share_of_a(scores, "tier", "expected_value"),
        ),
        previous_golden=None if before is None else before.golden,
        tiers=_group(scores, "tier", TIERS),
        current_tiers=_group(scores, "current_tier", TIERS),
        segments=_group(scores, "segment", SEGMENTS),
        moves=() if standing is None else _count_moves(scores, standing),
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


def _count_moves(scores: pl.DataFrame, standing: pl.DataFrame) -> tuple[Move, ...]:
    """Return who went from which tier to which; with sellers a customer moves at each."""
    keys = [name for name in ("customer_id", "seller_id") if name in scores.columns]
    if not set(keys) <= set(standing.columns):
        return ()
    before = standing.select(*keys, pl.col("tier").alias("before"))
    now = scores.select(*keys, pl.col("tier").alias("now"))
    both = now.join(before, on=keys, how="full", coalesce=True, nulls_equal=True)
    moved = both.group_by(pl.col("before").fill_null(NEW), pl.col("now").fill_null(GONE)).len()
    return tuple(
        Move(before=tier, now=to, customers=count)
        for tier, to, count in moved.sort("before", "now").iter_rows()
    )
