"""What is added up of purchases: the columns of running totals and marks, and their units."""

from __future__ import annotations

import numpy as np

from features.timeline import MONEY_UNIT

ANSWER_DAYS = 14
"""An order within so many days after a contact counts as an answer to it."""

TOTALS = (
    "orders", "value", "gross", "lines", "return_lines", "returned", "order_days", "order_log",
    "order_log_sq", "gap_sq", "season_cos", "season_sin", "weekend_days", "answered", "new_products",
    "new_categories", "category_squares", "new_channels", "new_sellers", "quantity", "discount",
    "discounted_lines", "cost", "values_lines",
)  # fmt: skip
"""Running totals, by column. `value` is the amount, or the margin; `gross` leaves returns out; logarithms are
of order values; gaps are in days; season is the direction of order days around the year."""

MARKS = (
    "first_bought", "last_bought", "last_returned", "day_start", "second_day_start", "third_day_start",
    "span_days", "last_gap_days", "longest_gap_days", "day_spend", "largest_day_spend",
)  # fmt: skip
"""Figures as they stand after a row, by column; `UNKNOWN` until there is one. The first six are times; a day
start is the first purchase of one of the latest three days with an order; a gap lies between two such
days."""

LOG_UNIT = 2.0**32
"""Logarithms and directions are counted in so many parts of one."""

_MONEY = ("value", "gross", "returned", "quantity", "discount", "cost")
_LOGS = ("order_log", "order_log_sq", "season_cos", "season_sin")

CORE, DETAILS = TOTALS[:3], TOTALS[3:]
"""Totals that are read over every window, and the others: each lie together in memory."""

UNITS = np.array([MONEY_UNIT if name in _MONEY else LOG_UNIT if name in _LOGS else 1.0 for name in TOTALS])
"""What each total is divided by to be in natural units."""
