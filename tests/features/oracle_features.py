"""What each feature is, as a question to the oracle's `Past`; family after family."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from tests.features.oracle import HORIZONS, RECENT, Answer, Past, compare, per, total

ORACLE: dict[str, Answer] = {}


def over(windows: tuple[str, ...], name: str, answer: Callable[[Past, str], float | Decimal]) -> None:
    for window in windows:
        ORACLE[f"{name}_{window}"] = partial(_ask, answer, window)


def _ask(answer: Callable[[Past, str], float | Decimal], window: str, past: Past) -> float | Decimal:
    return answer(past, window)


def recent(**answers: Callable[[Past, str], float | Decimal]) -> None:
    for name, answer in answers.items():
        over(RECENT, name, answer)


# recency
ORACLE |= {
    "days_since_last_order": lambda p: p.last_order,
    "horizons_since_last_order": lambda p: p.last_order / p.horizon_days,
    "days_since_second_last_order_day": lambda p: p.day_from_last(2),
    "days_since_third_last_order_day": lambda p: p.day_from_last(3),
    "tenure_days": lambda p: p.tenure,
    "silent_share": lambda p: per(p.last_order, p.tenure),
    "days_since_last_return": lambda p: p.days_since(p.returns[-1]["timestamp"] if p.returns else None),
}

# frequency
over(tuple(HORIZONS), "orders", lambda p, w: p.n_orders(w))
recent(
    lines=lambda p, w: p.n_lines(w),
    order_days=lambda p, w: len(p.within(p.days, w)),
)
ORACLE |= {
    "orders_previous": lambda p: p.n_orders("h2") - p.n_orders("h1"),
    "orders_per_horizon": lambda p: p.usual(p.n_orders()),
    "lines_per_order": lambda p: per(p.n_lines(), p.n_orders()),
    "orders_share_h1": lambda p: per(p.n_orders("h1"), p.n_orders()),
    "orders_share_h2": lambda p: per(p.n_orders("h2"), p.n_orders()),
    "orders_per_order_day": lambda p: per(p.n_orders(), len(p.days)),
}

# spend
over(tuple(HORIZONS), "value", lambda p, w: p.value(p.within(p.lines, w)))
over(tuple(HORIZONS), "order_value", lambda p, w: per(p.gross(w), p.n_orders(w)))
ORACLE |= {
    "value_previous": lambda p: p.value(p.within(p.lines, "h2")) - p.value(p.within(p.lines, "h1")),
    "value_per_horizon": lambda p: p.usual(p.value(p.lines)),
    "value_share_h1": lambda p: per(p.value(p.within(p.lines, "h1")), p.value(p.lines)),
    "gross_ever": lambda p: p.gross(),
    "last_day_spend": lambda p: p.days[-1]["spent"] if p.days else math.nan,
    "largest_day_spend": lambda p: max((day["spent"] for day in p.days), default=math.nan),
    "largest_day_share": lambda p: per(max((day["spent"] for day in p.days), default=0), p.gross()),
    "order_value_log_mean": lambda p: per(math.fsum(p.logs), len(p.logs)),
    "order_value_log_sd": lambda p: (
        math.sqrt(math.fsum((x - math.fsum(p.logs) / len(p.logs)) ** 2 for x in p.logs) / len(p.logs))
        if len(p.logs) > 1
        else math.nan
    ),
}

# rhythm
ORACLE |= {
    "mean_gap_days": lambda p: p.mean_gap,
    "mean_gap_horizons": lambda p: p.mean_gap / p.horizon_days,
    "gap_sd_days": lambda p: p.gap_sd,
    "gap_variation": lambda p: per(p.gap_sd, p.mean_gap),
    "last_gap_days": lambda p: p.gaps[-1] if p.gaps else math.nan,
    "last_gap_ratio": lambda p: per(p.gaps[-1], p.mean_gap) if p.gaps else math.nan,
    "longest_gap_days": lambda p: max(p.gaps, default=math.nan),
    "overdue_ratio": lambda p: per(p.last_order, p.mean_gap),
    "overdue_longest_ratio": lambda p: per(p.last_order, max(p.gaps, default=math.nan)),
    "overdue_days": lambda p: p.last_order - p.mean_gap,
    "overdue_deviations": lambda p: (p.last_order - p.mean_gap) / (p.gap_sd + 1),
}

# trend
PAIRS = (("h1_4", "h1_2"), ("h1_2", "h1"), ("h1", "h2"), ("h2", "h4"))
TWICE = dict(PAIRS)
over(tuple(TWICE), "orders_trend", lambda p, w: compare(p.n_orders(w), p.n_orders(TWICE[w]) - p.n_orders(w)))
over(tuple(TWICE), "spending_trend", lambda p, w: compare(p.gross(w), p.gross(TWICE[w]) - p.gross(w)))
ORACLE |= {
    "orders_pace": lambda p: per(p.n_orders("h1"), p.usual(p.n_orders())),
    "spending_pace": lambda p: per(p.gross("h1"), p.usual(p.gross())),
    "order_value_trend": lambda p: per(per(p.gross("h1"), p.n_orders("h1")), per(p.gross(), p.n_orders())),
    "last_day_spend_ratio": lambda p: (
        per(p.days[-1]["spent"], p.gross() / len(p.days)) if p.days else math.nan
    ),
    "quantity_trend": lambda p: compare(p.quantity("h1"), p.usual(p.quantity())),
}

# breadth
recent(
    new_products=lambda p, w: p.firsts("product_id", w),
    new_categories=lambda p, w: p.firsts("category", w),
    quantity=lambda p, w: p.quantity(w),
)
ORACLE |= {
    "new_product_share_h1": lambda p: per(p.firsts("product_id", "h1"), p.n_chosen("h1")),
    "product_variety": lambda p: per(p.firsts("product_id"), p.n_chosen()),
    "new_products_per_order": lambda p: per(p.firsts("product_id"), p.n_orders()),
    "category_concentration": lambda p: per(
        sum(n**2 for name, n in Counter(row["category"] for row in p.chosen).items() if name is not None),
        p.n_chosen() ** 2,
    ),
    "channels_ever": lambda p: p.firsts("channel"),
    "sellers_ever": lambda p: p.firsts("seller_id"),
    "quantity_per_order": lambda p: per(p.quantity(), p.n_orders()),
    "quantity_per_line": lambda p: per(p.quantity(), p.n_chosen()),
    "newest_share": lambda p: per(p.firsts("product_id", "h1"), p.firsts("product_id")),
}

# price sensitivity
recent(discount=lambda p, w: p.off(w), discounted_lines=lambda p, w: p.discounted(w))
recent(
    discount_rate=lambda p, w: p.off_rate(w),
    discounted_line_share=lambda p, w: per(p.discounted(w), p.n_lines(w)),
)
ORACLE |= {
    "discount_rate_change": lambda p: p.off_rate("h1") - p.off_rate("ever"),
    "unit_price_ever": lambda p: per(p.gross(), p.quantity()),
    "unit_price_trend": lambda p: per(per(p.gross("h1"), p.quantity("h1")), per(p.gross(), p.quantity())),
}

# profitability
recent(
    cost=lambda p, w: total(p.within(p.lines, w), "cost"),
    returned=lambda p, w: p.returned(w),
    return_lines=lambda p, w: len(p.within(p.returns, w)),
    support_requests=lambda p, w: p.n_events("support", w),
    complaints=lambda p, w: p.n_events("complaint", w),
    margin=lambda p, w: p.margin(w),
    margin_rate=lambda p, w: per(p.margin(w), p.sales(w)),
    return_rate=lambda p, w: per(p.returned(w), p.gross(w)),
)
ORACLE["service_per_order"] = lambda p: per(p.any_of("support", "complaint"), p.n_orders())

# season
ORACLE |= {
    "value_year_ago": lambda p: p.after_a_year(p.value(p.year_ago(p.lines))),
    "orders_year_ago": lambda p: p.after_a_year(len(p.year_ago(p.orders))),
    "season_ahead_share": lambda p: p.after_a_year(per(len(p.year_ago(p.orders)), p.n_orders())),
    "season_strength": lambda p: per(math.hypot(*p.season), len(p.days)),
    "season_alignment": lambda p: p.alignment(),
    "weekend_share": lambda p: per(
        sum((day + 4) % 7 in {0, 6} for day in p.by_day), len(p.days)
    ),  # day 0: Thursday
}

# engagement
recent(
    visits=lambda p, w: p.n_events("visit", w),
    searches=lambda p, w: p.n_events("search", w),
    carts=lambda p, w: p.n_events("cart", w),
    abandoned_carts=lambda p, w: p.n_events("abandon", w),
    loyalty_actions=lambda p, w: p.n_events("loyalty", w),
)
ORACLE |= {
    "days_since_last_event": lambda p: p.days_since(p.events[-1]["timestamp"] if p.events else None),
    "abandon_rate": lambda p: per(p.n_events("abandon"), p.n_events("cart")),
    "visits_per_order": lambda p: per(p.n_events("visit"), p.n_orders()),
    "visits_share_h1": lambda p: per(p.n_events("visit", "h1"), p.n_events("visit")),
    "visits_pace": lambda p: per(p.n_events("visit", "h1"), p.usual(p.n_events("visit"))),
}

# communication
recent(
    emails_sent=lambda p, w: p.n_events("email_sent", w),
    emails_opened=lambda p, w: p.n_events("email_open", w),
    emails_clicked=lambda p, w: p.n_events("email_click", w),
    contacts=lambda p, w: len(p.within(p.contacts, w)),
    contact_cost=lambda p, w: total(p.within(p.contacts, w), "cost"),
    answers=lambda p, w: p.answers(w),
    open_rate=lambda p, w: per(p.n_events("email_open", w), p.n_events("email_sent", w)),
)
ORACLE |= {
    "click_rate_ever": lambda p: per(p.n_events("email_click"), p.n_events("email_sent")),
    "days_since_last_contact": lambda p: p.days_since(p.contacts[-1]["timestamp"] if p.contacts else None),
    "answer_rate": lambda p: per(p.answers(), len(p.contacts)),
    "answered_share": lambda p: per(p.answers(), len(p.days)),
}

# advocacy
for _kind in ("review", "referral", "share", "survey"):
    over(RECENT, f"{_kind}s", lambda p, w, kind=_kind: p.n_events(kind, w))  # type: ignore[misc]
ORACLE |= {
    "mean_review_score": lambda p: p.score("review"),
    "mean_survey_score": lambda p: p.score("survey"),
    "advocacy_per_order": lambda p: per(p.any_of("review", "referral", "share"), p.n_orders()),
}

# values
recent(
    values_lines=lambda p, w: p.fits(w),
    values_line_share=lambda p, w: per(p.fits(w), p.n_chosen(w)),
)


def answer_for(name: str) -> Answer:
    """Return how a feature is answered; attributes and own kinds of events are made of their names.

    Raises
    ------
    KeyError
        When nobody wrote down what the feature is.
    """
    if name in ORACLE:
        return ORACLE[name]
    if name.startswith("attribute_"):
        return lambda p: p.attribute(name.removeprefix("attribute_"))
    for window in RECENT:
        if name.startswith("values_event_") and name.endswith(f"_{window}"):
            return lambda p: p.n_events(name.removeprefix("values_event_").removesuffix(f"_{window}"), window)
        if name.startswith("event_") and name.endswith(f"_{window}"):
            return lambda p: p.n_events(name.removeprefix("event_").removesuffix(f"_{window}"), window)
    raise KeyError(name)
