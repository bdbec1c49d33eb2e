"""The list of upgrade candidates: chosen among the base, written for a CRM, told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from models.candidates import Candidates, Wanted, check_known, choose_candidates
from models.csv_export import CANDIDATE_COLUMNS, round_frame
from models.trust import Trust
from training.customer_base import CustomerBase
from training.reach import REACH, add_reach
from training.score import REASONS, write_scores
from training.wording import count

FIRST = 5
"""Candidates that are named in print."""

_POSITION = "position"


def choose_from_base(base: CustomerBase, wanted: Wanted) -> Candidates:
    """Choose upgrade candidates among the base: those whose consent is refused are never among them.

    Reasons are sought for those chosen only. The action and its channel go by the strongest reason, so that
    who wants one channel has everybody explained who fits else.

    Raises
    ------
    ConfigError
        When a filter asks for what no customer has; says what there is.
    """
    scores = add_reach(base.score(reasons=0), base.source).with_row_index(_POSITION)
    by_channel = wanted.channel is not None
    first = replace(wanted, channel=None, limit=None, budget=None) if by_channel else wanted
    check_known(scores, wanted, base.scorer.playbook.channels)
    chosen = choose_candidates(scores, first)
    fitting = chosen.customers.sort(_POSITION)
    explained = base.score(fitting[_POSITION].to_numpy().astype(np.int64), reasons=REASONS)
    told = explained.hstack(fitting.select(REACH))
    if by_channel:
        return choose_candidates(told, wanted)
    again = choose_candidates(told, wanted)
    return Candidates(again.customers, replace(again.summary, eligible=chosen.summary.eligible))


def write_candidates(chosen: Candidates, output: str) -> str:
    """Write the list, rounded and ready for a CRM: `models.csv_export.CANDIDATE_COLUMNS`, as far as known.

    Parameters
    ----------
    chosen : Candidates
    output : str
        As in `training.score.write_scores`.
    """
    there = [name for name in CANDIDATE_COLUMNS if name in chosen.customers.columns]
    return write_scores(round_frame(chosen.customers.select(there)), output)


def list_candidates(chosen: Candidates, currency: str, most: int) -> Iterator[str]:
    """Yield who the first candidates are, why, and what to do: three lines each."""
    for row in chosen.customers.head(most).to_dicts():
        seller = f" at {row['seller_id']}" if row.get("seller_id") else ""
        told = (row.get("reasons") or {}).get("upgrade") or []
        worth, gap = (f"{currency} {row[name]:,.0f}" for name in ("upgrade_value", "upgrade_gap"))
        chance = f"{row['upgrade_probability']:.0%} to become valued, worth {worth}; {gap} short of it so far"
        yield f"  {row['customer_id']}{seller}: {chance}"
        yield f"    why: {told[0]['text'] if told else 'no single reason stands out'}"
        yield f"    do:  {row['action']} ({row['channel']})"


def describe_candidates(chosen: Candidates, currency: str, trust: Trust | None = None) -> str:
    """Return in one sentence who the candidates are and how many of them are expected to upgrade."""
    bought = chosen.summary
    if not bought.eligible:
        return "nobody fits what was asked for; the list is empty"
    if not bought.contacts:
        fitting = count(bought.eligible, "customer fits", "customers fit")
        return f"{fitting}, but limit or budget allow no contact; the list is empty"
    return (
        f"{bought.contacts:,} of {count(bought.eligible, 'customer')}; expected among them, contacted or not:"
        f" {bought.expected_upgrades:,.1f} upgrades worth {currency} {bought.expected_value:,.0f},"
        f" {bought.in_vain:,.1f} without an upgrade{(trust or Trust()).caution('value', 'upgrade')}"
    )
