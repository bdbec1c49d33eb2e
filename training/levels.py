"""Levels: what the coming horizon brings in total, by what past horizons brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.clock import DAY_US
from features.view import View
from models.examples import zero_unknown
from models.level import WHOLE_YEAR_DAYS, Level, Ratio, forecast_level
from models.process import STATISTICS, Past, Process, fit_process
from training.fitting import Fitting
from training.labels import build_labels

_YEAR_DAYS = 365
_LASTING = "BG/NBD"


@dataclass(frozen=True)
class Levels:
    """The level of value, and of the number of customers who order."""

    value: Level
    activity: Level


def forecast_levels(fitting: Fitting, process: Process, moments: Sequence[int]) -> Levels:
    """Forecast both levels from moments of the past, the latest first, and from the season a year before.

    A history shorter than two horizons has not shown how long customers last, and the process that ranks them
    best may give them up too soon: there the totals are what BG/NBD expects of the whole horizon, and by what
    the two differ is not known.
    """
    horizon, days = fitting.target.horizon_days, fitting.labelled_days
    year_ago = fitting.as_of - _YEAR_DAYS * DAY_US
    seasonal = days < WHOLE_YEAR_DAYS and horizon <= _YEAR_DAYS
    before = None
    if seasonal and (year_ago - fitting.first) / DAY_US >= horizon / 2:
        before = _compare(fitting, process, year_ago, horizon)
    lasting = _compare_lasting(fitting, process) if days < horizon else {}

    recent = [_compare(fitting, process, moment, days) for moment in moments]

    def forecast(name: str) -> Level:
        same_season = None if before is None else before[name]
        level = forecast_level([each[name] for each in recent], same_season, horizon, days)
        times = lasting.get(name, 1.0)
        log_sd = float(np.hypot(level.log_sd, np.log(times)))
        return replace(level, factor=level.factor * times, log_sd=log_sd)

    return Levels(forecast("value"), forecast("active"))


def _compare(fitting: Fitting, process: Process, moment: int, days: int) -> dict[str, Ratio]:
    """Return what some days after a moment brought in all, against what the process expected of them."""
    labels = build_labels(fitting.history, moment, days, fitting.target.valued_share, until=fitting.as_of)
    past = Past.read(View(fitting.history, moment, days, labels.customers))
    expected = dict(zip(STATISTICS, process.expect(past, moment, days), strict=True))
    age = (moment - fitting.first) / DAY_US
    came = {"value": labels.value, "active": ~labels.churned}
    return {
        name: Ratio(float(each.sum()), float(zero_unknown(expected[name]).sum()), age)
        for name, each in came.items()
    }


def _compare_lasting(fitting: Fitting, process: Process) -> dict[str, float]:
    """Return the totals that BG/NBD expects of the coming horizon, over those of a process, by feature."""
    horizon, as_of = fitting.target.horizon_days, fitting.as_of
    past = Past.read(View(fitting.history, as_of, horizon, fitting.known))
    lasting = fit_process(past, as_of, process.season, _LASTING, process.spend)
    totals = zip(*(each.expect(past, as_of, horizon).sum(axis=1) for each in (lasting, process)), strict=True)
    ratios = (Ratio(float(theirs), float(own), 0.0) for theirs, own in totals)
    return {name: float(np.exp(ratio.log)) for name, ratio in zip(STATISTICS, ratios, strict=True)}
