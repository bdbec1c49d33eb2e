"""Findings about money: zeros, extremes, returns, costs, currencies that do not belong together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import polars as pl

from training.check.findings import Finding
from training.check.reading_rules import SMALLEST_AMOUNT
from training.check.table_profile import TableProfile
from training.wording import count, money, percent

_RETURNS_TO_WARN = 0.3
_ZEROS_TO_WARN = 0.05
_TAIL = 5.0
"""An extreme amount lies this many times as far above the median as the 95th percentile does, in orders of
magnitude: about eight standard deviations of a log-normal."""

_LEAST_TAIL = math.log(2)
_LEAST_LINES = 100
_SCALE_RATIO = 40.0
"""Ratio of typical amounts between regions that speaks for two currencies or units."""


def check_amounts(profile: TableProfile, currency: str) -> Iterator[Finding]:
    """Report zero and extreme amounts, and the share of returns."""
    lines, amount = profile.lines, profile.columns.get("amount")
    if lines is None or not profile.good or amount is None:
        return
    if not lines["bought"].any():
        yield _describe_nothing(float(lines["amount"].to_numpy().max()))
        return
    zeros = amount.zeros or 0
    if zeros:
        severity = Finding.warning if zeros > _ZEROS_TO_WARN * profile.good else Finding.note
        text = f"{count(zeros, 'line')} ({percent(zeros / profile.good)}) with amount 0"
        advice = "they count as lines but not as activity; gifts and samples are fine"
        yield severity("transactions", "amount", "zero_amounts", text, advice, zeros)
    yield from _check_extremes(lines["amount"], currency)
    yield _describe_returns(
        profile, amount.negatives or 0, amount.sum_positive or 0.0, amount.sum_negative or 0.0
    )


def _describe_nothing(largest: float) -> Finding:
    text, advice = "no line has an amount above 0", "check the sign: purchases are positive"
    if largest > 0:
        text = f"the largest amount is {largest:g}, and amounts count from {SMALLEST_AMOUNT:.4f} on"
        advice = "check the unit"
    text += ", so that no customer was ever active"
    return Finding.error("transactions", "amount", "nothing_bought", text, advice)


def _check_extremes(amount: pl.Series, currency: str) -> Iterator[Finding]:
    size = amount.abs()
    positive = size.filter(size > 0)
    median, high = positive.median(), positive.quantile(0.95)
    if not isinstance(median, float) or high is None or len(positive) < _LEAST_LINES:
        return
    limit = median * math.exp(_TAIL * max(math.log(high / median), _LEAST_TAIL))
    extreme = positive.filter(positive > limit)
    if len(extreme):
        largest = float(extreme.to_numpy().max())
        share = float(extreme.sum()) / float(positive.sum())
        text = (
            f"{count(len(extreme), 'line')} beyond {money(limit, currency)}, "
            f"up to {money(largest, currency)}; the median is {money(median, currency)}; "
            f"together {percent(share)} of all money"
        )
        advice = "check for wrong units and typing errors; a cancelled order should be there with both signs"
        yield Finding.warning("transactions", "amount", "extreme_amounts", text, advice, len(extreme))


def _describe_returns(profile: TableProfile, returns: int, bought: float, returned: float) -> Finding:
    if not returns:
        text, advice = (
            "no returns: no amount is below 0",
            "if there are returns, bring them as lines with negative amounts",
        )
        return Finding.note("transactions", "amount", "no_returns", text, advice, 0)
    of_lines, of_value = returns / profile.good, -returned / bought
    text = f"returns are {percent(of_lines)} of the lines and take back {percent(of_value)} of the value"
    if max(of_lines, of_value) < _RETURNS_TO_WARN:
        return Finding.note("transactions", "amount", "return_share", text, "", returns)
    advice = "that is much; check that negative amounts are returns and not payments"
    return Finding.warning("transactions", "amount", "return_share", text, advice, returns)


def check_value(profile: TableProfile, *, margin: bool, by_seller: bool) -> Iterator[Finding]:
    """Report columns that the target needs and that are not there."""
    if margin and "cost" not in profile.columns:
        text, advice = (
            'target.value is "margin", but there is no cost',
            'map cost, or set target.value = "amount"',
        )
        yield Finding.error("transactions", "cost", "cost_needed", text, advice)
    if by_seller and "seller_id" not in profile.columns:
        text, advice = (
            "target.by_seller is set, but there is no seller_id",
            "map seller_id, or set target.by_seller = false",
        )
        yield Finding.error("transactions", "seller_id", "seller_needed", text, advice)


def check_currencies(table: str, currencies: Mapping[str, int], expected: str) -> Iterator[Finding]:
    """Report a currency column with several values, or with another one than the project's."""
    if len(currencies) > 1:
        listed = ", ".join(
            f"{name} ({count(number, 'row')})" for name, number in list(currencies.items())[:5]
        )
        text = f"{count(len(currencies), 'currency', 'currencies')}: {listed}"
        advice = f"amounts are added up as they are; convert them to {expected} with an expression"
        yield Finding.warning(table, "currency", "mixed_currencies", text, advice, len(currencies))
    elif currencies and next(iter(currencies)).upper() != expected:
        text = f"says {next(iter(currencies))}, the project says {expected}"
        yield Finding.warning(
            table, "currency", "other_currency", text, "correct project.currency in the config"
        )


def check_scales(scales: Mapping[str, tuple[int, float]]) -> Iterator[Finding]:
    """Report regions whose typical amount is of another order of magnitude than the rest's."""
    typical = {region: logs / number for region, (number, logs) in scales.items() if number >= _LEAST_LINES}
    if len(typical) < 2:
        return
    weights = sorted((value, scales[region][0]) for region, value in typical.items())
    middle = _weighted_median(weights)
    for region, value in sorted(typical.items(), key=lambda item: -abs(item[1] - middle)):
        ratio = math.exp(abs(value - middle))
        if ratio >= _SCALE_RATIO:
            less_or_more = "less" if value < middle else "more"
            text = (
                f'amounts in region "{region}" are typically {ratio:,.0f} times {less_or_more} than elsewhere'
            )
            advice = "another currency or unit? convert it with an expression"
            yield Finding.warning("transactions", "region", "mixed_scales", text, advice, scales[region][0])


def _weighted_median(weighted: list[tuple[float, int]]) -> float:
    half, seen = sum(number for _, number in weighted) / 2, 0
    for value, number in weighted:
        seen += number
        if seen >= half:
            return value
    return weighted[-1][0]
