"""Upgrade candidates: whom do I contact next, and what does a budget buy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from features.errors import ConfigError
from models.candidates import Wanted
from models.csv_export import CANDIDATE_COLUMNS, round_rows
from models.overview import Choices
from models.score_store.publication import Publication
from models.score_store.store import ScoreStore
from serving.answers import answer_csv, get_published
from serving.console.candidate_list import Shown, show_candidates
from serving.console.overview_page import read_overview
from serving.console.pages import find_publication, is_part, read_form_texts, render_empty, render_published
from serving.console.remembered import Remembered
from serving.console.route import ConsoleRoute
from serving.console.session import check_reader

ROWS = 50
_MOST_ROWS = 500
_CONTACTS = 100
"""Contacts that the budget pays for before one is chosen."""

router = APIRouter(route_class=ConsoleRoute)


@dataclass(frozen=True)
class Filled:
    """The form as it was filled in, all as text; but for the percentage its names are the API's."""

    seller_id: str = ""
    region: str = ""
    segment: str = ""
    channel: str = ""
    min_percent: str = ""
    not_contacted_days: str = ""
    cost_per_contact: str = "1"
    budget: str = ""

    def read(self) -> Wanted:
        """Return what is wanted.

        Raises
        ------
        ConfigError
            When a field holds no number where one is expected, or one out of its range.
        """
        texts = read_form_texts(vars(self))
        names = ("min_percent", "not_contacted_days", "cost_per_contact", "budget")
        numbers = {name: _read_number(name, texts.pop(name)) for name in names if name in texts}
        least = numbers.pop("min_percent", 0.0) / 100
        return Wanted(min_probability=least, **texts, **numbers)  # type: ignore[arg-type]

    def link(self) -> str:
        """Return the form as the query of an address; empty fields are left out."""
        return urlencode(read_form_texts(vars(self)))


def read_form(
    seller_id: str = "",
    region: str = "",
    segment: str = "",
    channel: str = "",
    min_percent: str = "",
    not_contacted_days: str = "",
    cost_per_contact: str = "1",
    budget: str = "",
) -> Filled:
    """Return the form that an address holds."""
    return Filled(
        seller_id, region, segment, channel, min_percent, not_contacted_days, cost_per_contact, budget
    )


Form = Annotated[Filled, Depends(read_form)]


@router.get("/candidates", dependencies=[Depends(check_reader)])
def show_page(
    request: Request, form: Form, rows: Annotated[int, Query(ge=1, le=_MOST_ROWS)] = ROWS
) -> Response:
    """Show the list, or the part of the page below the form."""
    publication = find_publication(request)
    if publication is None:
        return render_empty(request)
    trouble, found = "", None
    try:
        publication, found = get_published(request).read(lambda store: _find(store, form, rows))
    except ConfigError as error:
        trouble = str(error)
    return render_published(
        request,
        "candidates_part.html" if is_part(request) else "candidates.html",
        publication,
        form=found.form if found else form,
        shown=found and found.shown,
        trouble=trouble,
        choices=CHOICES.get(request.app.state.store, publication),
        most=found.most if found else 100.0,
        more=min(rows + ROWS, _MOST_ROWS),
        chart=found and _draw(found, publication.currency),
        keep_slider=request.headers.get("hx-trigger-name") == "budget",
    )


@router.get("/candidates.csv", dependencies=[Depends(check_reader)])
def send_csv(request: Request, form: Form) -> Response:
    """Send the whole list as it is shown, with the columns of the API."""
    if find_publication(request) is None:
        return render_empty(request)
    wanted = form.read()
    publication, chosen = get_published(request).read(lambda store: store.choose(wanted))
    columns = [name for name in CANDIDATE_COLUMNS if name in publication.columns]
    return answer_csv(request, publication, "upgrade-candidates", map(round_rows, chosen.read()), columns)


@dataclass(frozen=True)
class _Found:
    """The candidates, and the form with the budget that was chosen for it if it had none."""

    form: Filled
    wanted: Wanted
    shown: Shown

    @property
    def most(self) -> float:
        """The budget at which the slider ends: enough for all who fit, or what was filled in."""
        enough = max(self.shown.summary.eligible, 1) * (self.wanted.cost_per_contact or 1.0)
        size = 10.0 ** math.floor(math.log10(enough))
        return max(math.ceil(enough / size * 10) / 10 * size, self.wanted.budget or 0.0)


def _find(store: ScoreStore, form: Filled, rows: int) -> _Found:
    wanted = form.read()
    if wanted.budget is None and wanted.cost_per_contact is not None:
        form = replace(form, budget=f"{wanted.cost_per_contact * _CONTACTS:.10g}")
        wanted = form.read()
    return _Found(form, wanted, show_candidates(store, wanted, rows))


def _read_choices(publication: Publication) -> Choices:
    overview = read_overview(publication)
    return Choices() if overview is None else overview.choices


CHOICES = Remembered(_read_choices)
"""What the filters offer."""


def _draw(found: _Found, currency: str) -> Any:
    cost, curve = found.wanted.cost_per_contact, found.shown.curve
    if cost is None or len(curve) < 3:
        return None
    from serving.console.charts.candidate_charts import draw_budget  # noqa: PLC0415 - Altair takes half a second

    return draw_budget(curve, found.shown.summary.contacts, cost, currency)


def _read_number(name: str, text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"{name.replace('_', ' ')} is {text[:40]!r}, expected a number such as 2.50")
    return number
