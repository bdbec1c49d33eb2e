"""Overview: what the pages about a whole base show, computed when scores are published, never on request."""

from __future__ import annotations

from models.overview.base import (
    Cohort,
    Concentration,
    GoldenPoint,
    MonthTotals,
    Repeat,
    Scatter,
)
from models.overview.detail import CustomerDetail, Favourite, MonthsOfOne, Timeline
from models.overview.market import (
    Campaign,
    Carts,
    Difference,
    Messages,
    Part,
    Referrals,
    SeasonCell,
)
from models.overview.model_report import ModelReport
from models.overview.overview import Choices, Overview

__all__ = [
    "Campaign",
    "Carts",
    "Choices",
    "Cohort",
    "Concentration",
    "CustomerDetail",
    "Difference",
    "Favourite",
    "GoldenPoint",
    "Messages",
    "ModelReport",
    "MonthTotals",
    "MonthsOfOne",
    "Overview",
    "Part",
    "Referrals",
    "Repeat",
    "Scatter",
    "SeasonCell",
    "Timeline",
]
