"""Levels: what the coming horizon brings in total, by what past horizons brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.catalogue import Catalogue
from features.clock import DAY_US
from models.examples import Examples
from models.level import Level, Ratio, forecast_level
from models.process import Process
from training.fitting import Fitting

_YEAR_DAYS = 365


@dataclass(frozen=True)
class Levels:
    """The level of value, and of the number of customers who order."""

    value: Level
    activity: Level


def forecast_levels(
    fitting: Fitting, catalogue: Catalogue, process: Process, examples: Sequence[Examples]
) -> Levels:
    """Forecast both levels from the examples, the latest first, and from the same season a year before."""
    horizon = fitting.target.horizon_days
    year_ago = fitting.as_of - _YEAR_DAYS * DAY_US
    before = None
    if horizon <= _YEAR_DAYS and (year_ago - fitting.first) / DAY_US >= horizon / 2:
        before = fitting.read_examples(catalogue, process, year_ago)

    def forecast(name: str) -> Level:
        recent = [_compare(fitting, each, name) for each in examples]
        return forecast_level(recent, None if before is None else _compare(fitting, before, name), horizon)

    return Levels(forecast("value"), forecast("active"))


def _compare(fitting: Fitting, each: Examples, name: str) -> Ratio:
    age = (each.features.as_of - fitting.first) / DAY_US
    expected = each.expectation() if name == "value" else each.process("active")
    return Ratio(float(getattr(each, name).sum()), float(expected.sum()), age)
