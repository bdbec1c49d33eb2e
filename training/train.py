"""Train: from a project's tables to a registered model, and the report on how far it may be trusted.

Check, read, fit, judge on the latest window whose future is known, bundle, record, pass the gate, promote.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import TrackingError
from models.model_index import ModelIndex, ModelVersion
from models.registry import Registry
from models.scorer import fit_scorer
from models.settings import Settings
from training.data_check import check_before_training
from training.evaluation.backtest import Backtest
from training.evaluation.gate import GateResult
from training.evaluation.report import save_report
from training.evaluation.results import Results
from training.fit import fit_predictor
from training.judging import Judgement, judge
from training.recording import describe_data, record_training
from training.rolling import count_snapshots, create_fitting
from training.source_history import check_newest, read_history
from training.summary import summarise
from training.tracking import Tracking
from training.training_record import DatasetRecord

logger = logging.getLogger(__name__)
Say = Callable[[str], None]
STEPS = (
    "checking the data",
    "reading the tables",
    "fitting the models",
    "judging them on the past",
    "recording",
    "deciding",
)


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes
    ----------
    version : ModelVersion
    promoted : bool
        Whether it is the champion now.
    judged : Judgement
    data : DatasetRecord
    customers, moments : int
        What was learned from.
    before : ModelVersion, optional
        The champion that it was to take over from, or else the newest model.
    champion : ModelVersion, optional
        The champion now.
    page : Path, optional
        The report; None when no past window is long enough to judge by.
    """

    version: ModelVersion
    promoted: bool
    judged: Judgement
    data: DatasetRecord
    customers: int
    moments: int
    before: ModelVersion | None = None
    champion: ModelVersion | None = None
    page: Path | None = None

    @property
    def gate(self) -> GateResult:
        """What the gate says."""
        return self.judged.gate

    @property
    def backtest(self) -> Backtest | None:
        """The window that it was judged on; None where the history is too short."""
        return self.judged.backtest

    @property
    def results(self) -> Results | None:
        """The figures of that window."""
        return self.judged.results

    @property
    def held_back(self) -> bool:
        """Whether another model goes on serving, or nothing of this one may be trusted.

        A model that the gate refused for falling short serves all the same where there is no champion.
        """
        return not self.promoted and not self.gate.passed and (self.gate.unfit or self.champion is not None)

    def sentences(self) -> list[str]:
        """Return what an analyst should know, in some ten lines."""
        return summarise(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome with stable keys, ready for JSON."""
        return {
            **self.version.model_dump(mode="json"),
            "promoted": self.promoted,
            "held_back": self.held_back,
            "gate": self.gate.to_dict(),
            "grades": None if self.results is None else self.results.grades.to_dict(),
            "summary": self.sentences(),
            "report": None if self.page is None else str(self.page),
        }


def train(
    settings: Settings,
    as_of: dt.datetime | None = None,
    *,
    promote: bool = True,
    force: bool = False,
    say: Say = lambda _: None,
) -> Trained:
    """Train a model on everything before a moment.

    Parameters
    ----------
    settings : Settings
    as_of : datetime, optional
        With a zone; nothing at or after it is used. By default the midnight after the newest line.
    promote : bool
        Make the model the champion when the gate lets it pass.
    force : bool
        Promote it in any case; that is recorded.
    say : callable
        Is told each of `STEPS` as it begins.

    Raises
    ------
    DataError
        When a table breaks the contract, or the newest line is more than a horizon old.
    """
    started, steps = time.monotonic(), iter(STEPS)
    say(next(steps))
    check_before_training(settings, as_of)
    say(next(steps))
    source = read_history(settings, as_of)
    check_newest(source, settings.target.horizon_days)
    tracking = Tracking(Registry.open(settings))
    index = _read_index(tracking.registry)
    say(next(steps))
    fitting, snapshots = create_fitting(settings, source), count_snapshots(settings)
    predictor = fit_predictor(fitting, snapshots=snapshots)
    say(next(steps))
    judged = judge(settings, source, predictor, tracking, index.champion, force=force and promote)
    scorer = fit_scorer(judged.predictor, source.history, settings.target, settings.dimensions.weights)
    say(next(steps))
    page = _save_page(settings, judged)
    version = record_training(tracking, settings, source, scorer, judged, page)
    say(next(steps))
    if promote and judged.gate.promoted:
        version = tracking.promote(version.version)
    champion = tracking.registry.read().champion
    warn_of_budget(time.monotonic() - started, settings.training.time_budget_s)
    return Trained(
        version=version,
        promoted=champion == version,
        judged=judged,
        data=describe_data(settings, source),
        customers=len(source.history),
        moments=len(fitting.choose_moments(snapshots, fitting.labelled_days)),
        before=index.champion or index.challenger,
        champion=champion,
        page=page,
    )


def warn_of_budget(seconds: float, budget: int) -> None:
    """Log a warning when a training took longer than it should, with the remedy."""
    if seconds > budget:
        logger.warning(
            "the training took %.0f s, training.time_budget_s is %d: a smaller training.snapshots is quicker,"
            " a larger budget keeps this quiet",
            seconds,
            budget,
        )


def _read_index(registry: Registry) -> ModelIndex:
    """Return what is registered, or what was last heard where the store is down: it may be back in time."""
    try:
        return registry.read()
    except TrackingError as error:
        logger.warning("%s; going on with what was last heard of it", error)
        return registry.read_cached()


def _save_page(settings: Settings, judged: Judgement) -> Path | None:
    if judged.backtest is None or judged.results is None:
        return None
    folder = settings.project.workspace / "reports"
    return save_report(judged.backtest, judged.results, folder, gate=judged.gate, name="training")
