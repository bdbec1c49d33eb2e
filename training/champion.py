"""The champion on a window: what it would have said of customers whose future neither model has seen.

A champion that was trained on a moment after the window's has learned from what it would be judged by. It is
compared through its *rehearsal*: the model of the same recipe that was fitted a horizon earlier, when it was
judged itself, and kept beside it. It is as much older than its champion as the challenger's own rehearsal is
than the challenger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat

import numpy as np

from features.clock import to_microseconds
from features.history import History
from features.timeline import IntArray
from models.bundle import Bundle
from models.errors import BundleError, TrackingError
from models.model_index import ModelVersion
from models.predictor import Predictor
from models.scorer import Scorer
from models.settings import Settings
from training.evaluation.backtest import Window
from training.evaluation.predicted import Predicted
from training.rolling import predict_window
from training.source_history import SourceHistory, read_history, to_moment
from training.tracking import Tracking

CHAMPION = "champion"
"""Name of the champion's rung."""


@dataclass(frozen=True)
class Comparison:
    """The champion's predictions of a window.

    Attributes
    ----------
    how : str
        Which comparison is made, or why none is, in a sentence.
    predicted : Predicted, optional
        Of the window's customers in their order; None when it can't be compared.
    objection : str
        Why a champion that can't be compared is to stay; empty where that alone is no reason.
    """

    how: str
    predicted: Predicted | None = None
    objection: str = ""


def compare_champion(
    tracking: Tracking,
    champion: ModelVersion | None,
    settings: Settings,
    source: SourceHistory,
    window: Window,
) -> Comparison:
    """Return what the champion says of a window that it has not learned from.

    Parameters
    ----------
    tracking : Tracking
    champion : ModelVersion, optional
    settings : Settings
    source : SourceHistory
    window : Window
    """
    if champion is None:
        return Comparison("There is no champion to compare with.")
    moment = to_microseconds(window.as_of)
    name = f"The champion, version {champion.version},"
    if _is_newer(champion, source.as_of):
        newer = f"{name} was trained as of {champion.about['as_of'][:10]}, later than this model."
        return Comparison(newer, objection=f"{newer} Nothing shows that an older one is better.")
    try:
        predictor, how = _choose(tracking, champion, moment)
        if predictor is None:
            return Comparison(f"{name} {how}")
        other = _find_other_target(predictor, settings)
        if other:
            return Comparison(f"{name} {other}, so the two can't be compared.")
        return Comparison(f"{name} {how}", _predict(predictor, settings, source, window, moment))
    except (BundleError, TrackingError) as error:
        return Comparison(f"{name} can't be compared: {error}.")


def _is_newer(champion: ModelVersion, as_of: datetime) -> bool:
    known = champion.about.get("as_of")
    trained = datetime.fromisoformat(known) if known else as_of
    return (trained if trained.tzinfo else trained.replace(tzinfo=UTC)) > as_of


def _choose(tracking: Tracking, champion: ModelVersion, moment: int) -> tuple[Predictor | None, str]:
    """Return the champion or its rehearsal, whichever has not seen the window, and say which."""
    itself = _read(tracking.registry.load(champion))
    if itself.as_of <= moment:
        return itself, f"was trained as of {_say(itself.as_of)}, before the window: it is compared itself."
    kept = tracking.load_rehearsal(champion)
    if kept is None:
        return None, "has learned from the window and kept no rehearsal, so the two can't be compared."
    rehearsal = _read(kept)
    if rehearsal.as_of > moment:
        return None, "was judged on a later window, so the two can't be compared."
    return rehearsal, (
        "has learned from the window, so the model is compared that was fitted by its recipe "
        f"as of {_say(rehearsal.as_of)}."
    )


def _read(bundle: Bundle) -> Predictor:
    return Scorer.from_bundle(bundle).predictor


def _find_other_target(predictor: Predictor, settings: Settings) -> str:
    """Say what the champion predicts instead of what this project asks for; nothing if it is the same."""
    target, dialect = settings.target, predictor.dialect
    if predictor.horizon_days != target.horizon_days:
        return f"predicts {predictor.horizon_days} days and not {target.horizon_days}"
    if dialect.margin != (target.value == "margin"):
        return "predicts another kind of value"
    if dialect.by_seller != target.by_seller:
        return "does not tell sellers apart alike"
    return ""


def _predict(
    predictor: Predictor, settings: Settings, source: SourceHistory, window: Window, moment: int
) -> Predicted:
    """Score the window as the champion reads rows: its dialect may know other columns and categories."""
    customers = window.labels.customers
    if predictor.dialect == source.dialect:
        return predict_window(predictor, predictor.read(source.history, moment, customers), window.labels)
    history = read_history(settings, source.as_of, predictor.dialect).history
    theirs = _find_places(source.history, history)[customers]  # both ascend, so that these do
    return predict_window(predictor, predictor.read(history, moment, theirs), window.labels)


def _find_places(history: History, other: History) -> IntArray:
    """Return where each customer of a history is in another one of the same tables; -1 for nowhere."""
    place = {key: number for number, key in enumerate(_list_keys(other))}
    return np.array([place.get(key, -1) for key in _list_keys(history)])


def _list_keys(history: History) -> Iterator[tuple[str, str | None]]:
    sellers = repeat(None, len(history)) if history.sellers is None else history.sellers
    return zip(history.ids, sellers, strict=True)


def _say(moment: int) -> str:
    return f"{to_moment(moment):%Y-%m-%d}"
