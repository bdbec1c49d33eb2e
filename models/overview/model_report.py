"""What a page about the model shows: its backtest's report, which the bundle keeps as the document `report`.

The names are those that `training.evaluation.report.build_content` writes; whatever else it writes is left.
"""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Figure(_Read):
    """A figure with its standard error; null where it can't be told."""

    figure: float | None = None
    standard_error: float | None = None


class Rung(_Read):
    """A rung of the ladder in words."""

    words: str


class TargetGrade(_Read):
    """A letter, null where there was too little to judge by, and what keeps it from a better one."""

    letter: str | None = None
    reasons: tuple[str, ...] = ()


class Grades(_Read):
    """The grades of value, churn and upgrade, and the overall one."""

    overall: str
    targets: dict[str, TargetGrade] = {}


class PastWindow(_Read):
    """A moment of the past that the model was asked at, and what came; totals are money."""

    as_of: dt.datetime
    horizon_days: int
    customers: int
    actual_total: float
    predicted_total: float


class GroupFigures(_Read):
    """Figures of one group of customers, by rung and name."""

    grouping: str
    group: str
    rows: int
    share: float | None = None
    figures: dict[str, dict[str, Figure]] = {}

    def get(self, rung: str, name: str) -> Figure:
        """Return a rung's figure; an empty one where there is none."""
        return self.figures.get(rung, {}).get(name, Figure())


class Tenth(_Read):
    """A tenth of the customers, 1 with the highest predictions: mean prediction, what came, its error."""

    place: int
    customers: int
    predicted: float
    actual: float
    error: float | None = None


class Driver(_Read):
    """A feature with its share of what moves the predictions."""

    words: str
    share: float


class ModelReport(_Read):
    """How far a model may be trusted.

    Attributes
    ----------
    verdict : tuple of str
        In sentences, the most important first.
    grades : Grades
    served : str
        The rung that serves.
    rungs : dict of str to Rung
    figures : dict of str to dict of str to Figure
        By rung and name, the mean over windows.
    windows : tuple of PastWindow
    slices : tuple of GroupFigures
    tenths : dict of str to tuple of Tenth
        By target.
    importance : tuple of Driver
    notes : tuple of str
    """

    verdict: tuple[str, ...] = ()
    grades: Grades
    served: str
    rungs: dict[str, Rung] = {}
    figures: dict[str, dict[str, Figure]] = {}
    windows: tuple[PastWindow, ...] = ()
    slices: tuple[GroupFigures, ...] = ()
    tenths: dict[str, tuple[Tenth, ...]] = {}
    importance: tuple[Driver, ...] = ()
    notes: tuple[str, ...] = ()

    def name(self, rung: str) -> str:
        """Return what a person reads for a rung."""
        return self.rungs[rung].words if rung in self.rungs else rung.replace("_", " ")
