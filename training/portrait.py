"""Portrait: what a person reads of one customer, from what happened to what is predicted and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import polars as pl

from models.overview import CustomerDetail
from models.predictions import find_next_order
from models.reasons import LEAST
from models.sentences import say_effect, say_level, say_range
from models.trust import Trust
from training.customer_base import CustomerBase
from training.overview import build_details
from training.overview.orders import read_orders
from training.wording import count

REASONS = 5
_RECENT = 8
_HAPPENED = {
    "order": "order",
    "return": "return",
    "event": "event",
    "contact": "contacted",
    "held_out": "not contacted, on purpose",
}


@dataclass(frozen=True)
class Portrait:
    """One customer of a base.

    Attributes
    ----------
    scores : DataFrame
        A row, or with sellers one for each, with reasons.
    orders, value, first_day : int, float and date
        What was ordered in all, in money, and since when; None where nothing was.
    detail : CustomerDetail
    starts : mapping of str to float
        What reasons start from, `models.scorer.Scorer.starts`.
    currency : str
    trust : Trust
    """

    scores: pl.DataFrame
    orders: int
    value: float
    first_day: Any
    detail: CustomerDetail
    starts: Mapping[str, float]
    currency: str
    trust: Trust

    @classmethod
    def draw(cls, base: CustomerBase, customer: str) -> Self:
        """Score a customer, and read again what happened with this one.

        Raises
        ------
        DataError
            When there is no such customer.
        """
        scores = base.score(base.find(customer), reasons=REASONS)
        own = replace(base.source, tables=base.source.tables.of(customer))
        orders = read_orders(own, 1)
        told = build_details(own, orders)["detail"]
        return cls(
            scores,
            int(orders.frame["order"].sum()),
            float(orders.frame["value"].sum()),
            orders.placed["day"].min(),
            CustomerDetail.model_validate_json(told[0]) if len(told) else CustomerDetail(),
            base.scorer.starts(base.source.moment),
            base.currency,
            base.trust,
        )

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the scores as plain data, each with what happened last as `history`."""
        history = self.detail.model_dump(mode="json")
        rows: list[dict[str, Any]] = json.loads(self.scores.write_json())
        return [{**row, "history": history} for row in rows]

    def sentences(self) -> Iterator[str]:
        """Yield what a person reads, a line each."""
        rows = self.scores.to_dicts()
        for row in rows:
            yield self._say_who(row)
            if row is rows[0]:
                yield from self._say_history(row)
            yield from self._say_predictions(row)
            for target, told in row["reasons"].items():
                if told:
                    yield from (f"  {target}: {line}" for line in self._add_up(row, target))
            yield f"do: {row['action']} ({row['channel']})"

    def _say_who(self, row: Mapping[str, Any]) -> str:
        seller = f" at {row['seller_id']}" if row.get("seller_id") else ""
        evidence = row["evidence"].replace("_", " ")
        moment = f"as of {row['as_of']:%Y-%m-%d}, for {count(row['horizon_days'], 'day')}"
        return f"{row['customer_id']}{seller}, {moment}; {evidence}"

    def _say_history(self, row: Mapping[str, Any]) -> Iterator[str]:
        if self.first_day is None:
            yield "history: no order yet"
        else:
            sellers = " with all sellers" if len(self.scores) > 1 else ""
            trailing = self._money(float(self.scores["trailing_value"].sum()))
            yield (
                f"history: {count(self.orders, 'order')} since {self.first_day}{sellers},"
                f" {self._money(self.value)} together, of which {trailing} in the last"
                f" {count(row['horizon_days'], 'day')}"
            )
        timeline = self.detail.timeline
        happened = list(zip(timeline.day, timeline.kind, timeline.words, timeline.money, strict=True))
        for day, kind, words, money in reversed(happened[-_RECENT:]):
            amount = "" if money is None else f" of {self._money(abs(money))}"
            yield f"  {day}: {_HAPPENED[kind]}{amount}{f' ({words})' if words else ''}"

    def _say_predictions(self, row: Mapping[str, Any]) -> Iterator[str]:
        span, caution = say_range(row["value_p10"], row["value_p50"], row["value_p90"]), self.trust.caution
        yield f"value: {self._money(row['expected_value'])} on average, {span}{caution('value')}"
        yield f"tier {row['tier']} (now {row['current_tier']}), segment {row['segment']}"
        next_order = find_next_order(row)
        when = "not in sight" if next_order is None else f"around {next_order}"
        yield f"orders: {row['expected_orders']:.1f} expected; the next {when}"
        yield f"churn: {row['churn_probability']:.0%}{caution('churn')}"
        if row["upgrade_probability"] is not None:
            worth = self._money(row["upgrade_value"])
            yield f"upgrade: {row['upgrade_probability']:.1%}, which would bring {worth}{caution('upgrade')}"

    def _add_up(self, row: Mapping[str, Any], target: str) -> Iterator[str]:
        """Yield where a prediction starts, and what leads from there to what is predicted."""
        start = self.starts[target]
        end = row["expected_value"] if target == "value" else 100 * row[f"{target}_probability"]
        yield f"a typical customer: {say_level(start, target, self.currency)}"
        told = row["reasons"][target]
        yield from (reason["text"] for reason in told)
        rest = end - start - sum(reason["contribution"] for reason in told)
        if abs(rest) >= LEAST[target]:
            yield f"all other reasons: {say_effect(rest, target, self.currency)}"

    def _money(self, amount: float) -> str:
        return f"{self.currency} {amount:,.2f}"
