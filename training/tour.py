"""The tour: what a publication says of a base, in the order in which a marketer asks."""

from __future__ import annotations

from models.candidates import Candidates, Wanted
from models.model_index import ModelVersion
from models.score_store.publication import Publication
from models.score_store.store import ScoreStore
from models.trust import Trust, say_meaning
from training.candidate_list import FIRST, describe_candidates, list_candidates
from training.wording import count, percent


def tell_tour(store: ScoreStore, version: ModelVersion, trust: Trust | None = None) -> list[str]:
    """Return the tour of what is published now: a line each, empty ones between the questions.

    Parameters
    ----------
    store : ScoreStore
        With a publication.
    version : ModelVersion
        The model that scored.
    trust : Trust, optional
        Its grades.

    Raises
    ------
    StoreError
        When nothing is published yet.
    """
    publication, trust = store.reader().publication, trust or Trust()
    chosen = store.candidates(Wanted(limit=FIRST))
    return [
        *_tell_base(publication, trust),
        "",
        *_tell_focus(publication),
        "",
        *_tell_candidates(chosen, publication.currency, trust),
        "",
        *_tell_trust(version, trust),
    ]


def _tell_base(publication: Publication, trust: Trust) -> list[str]:
    summary, money = publication.summary, publication.currency
    total = sum(group.expected_value for group in summary.tiers)
    golden = summary.golden
    customers, days = count(publication.customers, "customer"), count(publication.horizon_days, "day")
    segments = ", ".join(f"{group.customers:,} {group.name}" for group in summary.segments if group.customers)
    return [
        "How is the base doing?",
        f"  {customers}, as of {publication.as_of:%Y-%m-%d}: {money} {total:,.0f} is"
        f" expected of them within {days}{trust.caution('value')}.",
        f"  Golden customers: {golden.expected.customers:.0%} of all who ever ordered are to bring"
        f" {golden.expected.value:.0%} of it; in the {days} before,"
        f" {golden.current.customers:.0%} brought {golden.current.value:.0%}.",
        f"  Segments: {segments}.",
    ]


def _tell_focus(publication: Publication) -> list[str]:
    focus = publication.summary.focus
    return [
        f"What to look after first? {focus.choice.capitalize()}.",
        *(f"  {each}" for each in focus.grounds),
    ]


def _tell_candidates(chosen: Candidates, currency: str, trust: Trust) -> list[str]:
    lines = [f"Whom to contact next? The first {len(chosen.customers)} of {chosen.summary.eligible:,}:"]
    lines += list_candidates(chosen, currency, FIRST)
    return [*lines, f"  Contacting them: {describe_candidates(chosen, currency, trust)}."]


def _tell_trust(version: ModelVersion, trust: Trust) -> list[str]:
    grade = version.about.get("grade") or "none yet"
    names = {
        "value.norm_gini": "normalised Gini of value",
        "churn.auc": "AUC of churn",
        "upgrade.auc": "AUC of upgrades",
    }
    figures = [
        f"{words} {figure:.3f}"
        for name, words in names.items()
        if (figure := version.figures.get(name)) is not None
    ]
    bias = version.figures.get("value.bias")
    total = (
        [] if bias is None else [f"total {percent(abs(bias))} {'above' if bias > 0 else 'below'} what came"]
    )
    lines = [f"May it be trusted? Its grade is {grade} (docs/grades.md says what that means)."]
    if trust.letters:
        lines.append(f"  {say_meaning(trust.letters)}")
    return (
        [*lines, f"  On customers' futures it had not seen: {', '.join(figures + total)}."]
        if figures
        else lines
    )
